// SPDX-License-Identifier: GPL-2.0-only
/* gstage dump: print what a VM's G-stage maps. */
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
#include "number.h"
#include "output/json.h"
#include "output/output.h"
#include "tables/dump.h"
#include "vms/vms.h"

struct arguments {
	struct args common;
	bool one;
	uint64_t gpa;
};

static const struct argp_option options[] = {
	{ "gpa", 'g', "GPA", 0, "Print only the run that maps this guest physical address", 0 },
	ARGS_JSON,
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	if (key != 'g')
		return args_parser(key, arg, state);
	args->one = true;
	if (!parse_number(arg, &args->gpa))
		argp_error(state, "'%s' is not an address: give a number such as 0x80000000", arg);
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "VM",
	.doc = "Dump what a VM's G-stage maps: a line for each run of adjacent leaves that have the "
	       "same attributes and map contiguous memory.\v"
	       "VM is PID-FD, as \"gstage vms\" lists it; PID, if that process has one VM; or NAME.  The "
	       "text is that of gstage_page_tables in debugfs; \"gstage check\" reads it, and JSON, "
	       "too.  The VM keeps running, so different lines may be from different moments.  If the "
	       "VM ends meanwhile, gstage reports an error: the text is incomplete then, and no JSON "
	       "is printed.\n"
	       "\n"
	       "Exit status: 0 on success; 1 if it failed or nothing is mapped at --gpa; 2 for wrong "
	       "usage.\n",
};

/** struct lines - a reader of lines, for files of any length */
struct lines {
	int fd;
	char *text;
	size_t start, len, size;
	int err;
};

/* Return: the next line without its newline. NULL at the end, or on errors with @l->err set. */
static char *next_line(struct lines *l)
{
	char *line, *end, *more;
	ssize_t got = 1;

	for (;;) {
		line = l->text + l->start;
		end = l->len ? memchr(line, '\n', l->len) : NULL;
		if (end || (!got && l->len)) {
			/* The buffer has a free byte after the data. */
			got = end ? end - line + 1 : (ssize_t)l->len;
			line[end ? got - 1 : got] = '\0';
			l->start += got;
			l->len -= got;
			return line;
		}
		if (!got)
			return NULL;
		if (l->len)
			memmove(l->text, line, l->len);
		l->start = 0;
		if (l->size < l->len + 4096) {
			more = realloc(l->text, l->len + 65536);
			if (!more) {
				l->err = ENOMEM;
				return NULL;
			}
			l->text = more;
			l->size = l->len + 65536;
		}
		do {
			got = read(l->fd, l->text + l->len, l->size - l->len - 1);
		} while (got < 0 && errno == EINTR);
		if (got < 0) {
			l->err = errno;
			return NULL;
		}
		l->len += got;
	}
}

/* The members before the runs. */
static struct json_object *head_json(const struct vm *vm, const struct dump_head *head)
{
	struct json_object *document = json_document(), *map = json_map();

	json_set(map, "pid", json_number(vm->pid));
	json_set(map, "fd", json_number(vm->fd));
	json_set(document, "vm", map);
	json_set(document, "mode", json_text(head->mode));
	json_set(document, "levels", json_number(head->levels));
	json_set(document, "gpa_bits", json_number(head->gpa_bits));
	json_set(document, "root", json_hex(head->root));
	return document;
}

/* Return: the number of runs that were printed, or -1 with the exit status in *@ret. */
static long print(FILE *out, const struct arguments *args, const struct vm *vm, struct lines *lines,
		  int *ret)
{
	struct dump_head head = { 0 };
	struct json_stream stream;
	struct dump_run run;
	const char *why;
	char *line, *copy;
	long count = 0;

	while ((line = next_line(lines))) {
		copy = strdup(line);
		if (!copy) {
			lines->err = ENOMEM;
			return -1;
		}
		switch (dump_line(copy, &head, &run, &why)) {
		case DUMP_HEAD:
			if (!args->common.json && strcmp(line, "# mode none"))
				fprintf(out, "%s\n", line);
			break;
		case DUMP_RUN:
			if (args->one && (args->gpa < run.gpa || args->gpa >= run.end))
				break;
			if (!args->common.json) {
				fprintf(out, "%s\n", line);
			} else {
				if (!count)
					json_stream_begin(&stream, out, head_json(vm, &head),
							  "runs");
				json_stream_add(&stream, dump_run_json(&run));
			}
			count++;
			break;
		case DUMP_BAD:
			*ret = fail(STATUS_FAILED, "bad-dump",
				    "Use the gstage of the same version as the module.",
				    "cannot read a line of " VM_DUMP_FILE ": %s: '%.100s'", why,
				    line);
			free(copy);
			return -1;
		}
		free(copy);
	}
	if (lines->err)
		return -1;
	/* The tables are gone: the VM is ending. */
	if (!head.mode[0] || !strcmp(head.mode, "none")) {
		*ret = vm_fail_gone(vm, ENODEV);
		return -1;
	}
	if (args->common.json) {
		if (!count)
			json_stream_begin(&stream, out, head_json(vm, &head), "runs");
		json_stream_end(&stream, NULL);
	}
	return count;
}

int cmd_dump(int argc, char **argv)
{
	struct arguments args = { .common.names = { "VM" } };
	struct lines lines = { 0 };
	FILE *out = stdout;
	char *text = NULL;
	struct vm vm;
	size_t size;
	long count;
	int ret;

	ret = args_parse(&argp, argc, argv, &args.common);
	if (!ret)
		ret = vm_find(args.common.word[0], &vm);
	if (!ret)
		ret = vm_open(&vm, VM_DUMP_FILE, O_RDONLY, &lines.fd);
	if (ret)
		return ret;

	/* Print JSON only when it is complete: nobody can parse half of it. */
	if (args.common.json)
		out = open_memstream(&text, &size);
	count = out ? print(out, &args, &vm, &lines, &ret) : -1;
	close(lines.fd);
	free(lines.text);
	if (args.common.json && (!out || fclose(out)))
		lines.err = ENOMEM;
	if (lines.err == ENOMEM)
		ret = fail_no_memory();
	else if (lines.err)
		ret = vm_fail_file(&vm, VM_DUMP_FILE, lines.err);
	else if (args.one && !count)
		ret = fail(STATUS_FAILED, "not-mapped",
			   "\"gstage walk\" shows at which level the walk ends.",
			   "the VM %d-%d maps nothing at gpa 0x%" PRIx64, vm.pid, vm.fd, args.gpa);
	else if (count >= 0 && args.common.json)
		fwrite(text, 1, size, stdout);
	free(text);
	return ret ? ret : output_done();
}
