// SPDX-License-Identifier: GPL-2.0-only
/* gstage walk: show how a guest physical address is translated, level by level. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "commands/args.h"
#include "commands/commands.h"
#include "formats.h"
#include "number.h"
#include "output/json.h"
#include "output/output.h"
#include "tables/xlen.h"
#include "vms/vms.h"

struct arguments {
	struct args common;
	uint64_t gpa;
};

static const struct argp_option options[] = {
	ARGS_JSON,
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	if (key == ARGP_KEY_ARG && state->arg_num == 1 && !parse_number(arg, &args->gpa))
		argp_error(state, "'%s' is not an address: give a number such as 0x80000000", arg);
	return args_parser(key, arg, state);
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "VM GPA",
	.doc = "Show how a VM's G-stage translates one guest physical address: the PTE of each "
	       "level, decoded.\v"
	       "VM is PID-FD, as \"gstage vms\" lists it; PID, if that process has one VM; or NAME.  The "
	       "last line is the host physical address, or the level at which the walk ends.  This "
	       "command does not map anything: most addresses are mapped when the guest first "
	       "accesses them.\n"
	       "\n"
	       "Exit status: 0, also if the address is not mapped; 1 if it failed; 2 for wrong "
	       "usage.\n",
};

const char *const pte_kinds[] = { "none", "table", "leaf" };

/* More than any format has levels. */
#define STEPS_MAX 8

struct step {
	unsigned int level, index;
	uint64_t table, pte;
	struct pte_view view;
};

/* Return: the number of steps, or -1 if the text is not a walk. */
static int parse_steps(char *text, const struct xlen *xlen, struct step *steps)
{
	char *line, *save;
	int count = 0, end;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct step *s = &steps[count];

		if (line[0] == '#')
			continue;
		if (count == STEPS_MAX)
			return -1;
		end = 0;
		if (sscanf(line, "level %u index %u table %" SCNx64 " pte %" SCNx64 "%n", &s->level,
			   &s->index, &s->table, &s->pte, &end) != 4 ||
		    !end)
			return -1;
		xlen->decode(s->pte, s->level, &s->view);
		count++;
	}
	return count ? count : -1;
}

/* Does the walk end in a leaf? Then translate @gpa to *@pa. */
static bool translate(const struct step *last, uint64_t gpa, uint64_t *pa)
{
	if (last->view.kind != PTE_LEAF)
		return false;
	*pa = last->view.pa + (last->view.size ? gpa & (last->view.size - 1) : 0);
	return true;
}

static void print_table(const struct step *steps, int count, uint64_t gpa)
{
	const struct step *last = &steps[count - 1];
	char size[16];
	uint64_t pa;
	int i;

	printf("%5s %5s %-18s %-18s %-5s  %-15s  %-18s %s\n", "LEVEL", "INDEX", "TABLE", "PTE",
	       "KIND", "FLAGS", "PA", "SIZE");
	for (i = 0; i < count; i++) {
		const struct step *s = &steps[i];

		printf("%5u %5u 0x%016" PRIx64 " 0x%016" PRIx64 " %-5s  ", s->level, s->index,
		       s->table, s->pte, pte_kinds[s->view.kind]);
		if (s->view.kind == PTE_NONE)
			printf("%s", s->pte ? "V is not set" : "empty");
		else
			printf("%-15s  0x%016" PRIx64, s->view.flags, s->view.pa);
		if (s->view.size)
			printf(" %s", size_text(s->view.size, size));
		if (s->view.napot)
			printf(" napot");
		if (strcmp(s->view.pbmt, "none"))
			printf(" pbmt=%s", s->view.pbmt);
		if (s->view.reserved)
			printf(" reserved=0x%" PRIx64, s->view.reserved);
		putchar('\n');
	}
	if (translate(last, gpa, &pa))
		printf("gpa 0x%" PRIx64 " is pa 0x%" PRIx64 "\n", gpa, pa);
	else
		printf("gpa 0x%" PRIx64 " is not mapped: the walk ends at level %u\n", gpa,
		       last->level);
}

static struct json_object *step_json(const struct step *step)
{
	struct json_object *map = json_map(), *flags = json_list();
	const struct pte_view *v = &step->view;
	const char *flag;

	json_set(map, "level", json_number(step->level));
	json_set(map, "index", json_number(step->index));
	json_set(map, "table", json_hex(step->table));
	json_set(map, "pte", json_hex(step->pte));
	json_set(map, "kind", json_text(pte_kinds[v->kind]));
	for (flag = v->flags; *flag; flag++)
		if (*flag != '-' && *flag != ' ')
			json_append(flags, json_text((char[]){ *flag, '\0' }));
	json_set(map, "flags", flags);
	json_set(map, "pbmt", json_text(v->pbmt));
	json_set(map, "napot", json_truth(v->napot));
	json_set(map, "reserved", json_hex(v->reserved));
	json_set(map, "pa", v->kind == PTE_NONE ? NULL : json_hex(v->pa));
	json_set(map, "size", json_number(v->size));
	return map;
}

static void print_json(const struct vm *vm, const struct step *steps, int count, uint64_t gpa)
{
	struct json_object *document = json_document(), *map = json_map(), *walk = json_list();
	uint64_t pa;
	int i;

	json_set(map, "pid", json_number(vm->pid));
	json_set(map, "fd", json_number(vm->fd));
	json_set(map, "mode", json_text(vm->mode));
	json_set(document, "vm", map);
	json_set(document, "gpa", json_hex(gpa));
	json_set(document, "pa", translate(&steps[count - 1], gpa, &pa) ? json_hex(pa) : NULL);
	for (i = 0; i < count; i++)
		json_append(walk, step_json(&steps[i]));
	json_set(document, "walk", walk);
	json_print(stdout, document);
}

/* Ask the module for the walk. Return: 0 and *@text to free(), or the exit status. */
static int ask(const struct vm *vm, uint64_t gpa, char **text)
{
	const struct format *f = format_by_name(vm->mode);
	char question[32];
	int fd, ret, err;

	ret = vm_open(vm, VM_WALK_FILE, O_RDWR, &fd);
	if (ret)
		return ret;
	snprintf(question, sizeof(question), "0x%" PRIx64 "\n", gpa);
	err = write(fd, question, strlen(question)) < 0 ? errno : 0;
	if (!err)
		ret = vm_read(vm, fd, text);
	else if (err == ERANGE || err == EINVAL)
		ret = fail(STATUS_FAILED, "out-of-range", "Give a lower address.",
			   "gpa 0x%" PRIx64 " is beyond %s, which ends at 0x%" PRIx64, gpa,
			   vm->mode, f ? UINT64_C(1) << f->gpa_bits : 0);
	else
		ret = vm_fail_file(vm, VM_WALK_FILE, err);
	close(fd);
	return ret;
}

int cmd_walk(int argc, char **argv)
{
	struct arguments args = { .common.names = { "VM", "GPA" } };
	struct step steps[STEPS_MAX];
	const struct format *f;
	struct vm vm;
	char *text;
	int ret, count;

	ret = args_parse(&argp, argc, argv, &args.common);
	if (!ret)
		ret = vm_find(args.common.word[0], &vm);
	if (!ret)
		ret = ask(&vm, args.gpa, &text);
	if (ret)
		return ret;

	f = format_by_name(vm.mode);
	count = parse_steps(text, f && f->xlen == 32 ? &xlen_32 : &xlen_64, steps);
	free(text);
	if (count < 0)
		return fail(STATUS_FAILED, "bad-walk",
			    "Use the gstage of the same version as the module.",
			    "cannot parse " VM_WALK_FILE " of the VM %d-%d", vm.pid, vm.fd);
	if (args.common.json)
		print_json(&vm, steps, count, args.gpa);
	else
		print_table(steps, count, args.gpa);
	return output_done();
}
