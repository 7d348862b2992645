// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage explain: show how many PTEs a nested TLB miss reads in each format. See also explain-vm.c.
 */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli.h"
#include "commands/args.h"
#include "commands/commands.h"
#include "commands/explain.h"
#include "formats.h"
#include "output/json.h"
#include "output/output.h"
#include "output/table.h"
#include "vms/host.h"

struct arguments {
	struct table_args table;
	const char *guest;
	char *modes;
};

static const struct argp_option options[] = {
	{ "modes", 'm', "LIST", 0,
	  "Use these formats, separated by commas, and do not ask "
	  "/dev/kvm",
	  0 },
	TABLE_NOHEADINGS,
	TABLE_OUTPUT,
	TABLE_REVERSE,
	TABLE_SORT,
	ARGS_JSON,
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case 'm':
		args->modes = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (args->guest)
			argp_error(state, "too many arguments: give one satp mode or one VM");
		args->guest = arg;
		return 0;
	default:
		return table_parser(key, arg, state);
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "[GUEST-MODE|VM]",
	.doc = "Show how many page-table entries a hart reads for a nested TLB miss, in each G-stage "
	       "format of this host.  With VM, say why the leaves of this VM are as small as they are, and "
	       "what to do.\v"
	       "GUEST-MODE is the mode in the guest's satp: bare, sv39, sv48 or sv57 (RV32: sv32).  "
	       "The default is all of them.  With --modes, the command works on any machine.  Harts "
	       "may cache parts of page-table walks; the numbers do not include that.\n"
	       "\n"
	       "VM is PID-FD, as \"gstage vms\" lists it; PID, if that process has one VM; or NAME.  Each "
	       "line is memory that is in one mapping of the VMM.  CAUSE is what holds its leaves back; "
	       "its explanation is below.\n",
};

/* A guest without paging. It is not in guest_formats. */
static const struct guest_format bare = { "Bare", 0, 0 };

/* Return: 0 and the mask of the formats to show, or the exit status. */
static int host_mask(char *modes, unsigned int *mask)
{
	const struct format *f;
	char names[128], *name, *save;

	*mask = 0;
	if (!modes)
		return kvm_host_mask(STATUS_FAILED, mask);
	for (name = strtok_r(modes, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		f = format_by_name(name);
		if (!f) {
			kvm_mode_names(~0U, names, sizeof(names));
			return fail(STATUS_USAGE, "unknown-mode", "Give some of these.",
				    "unknown mode '%s': the modes are %s", name, names);
		}
		*mask |= 1U << f->mode;
	}
	if (!*mask)
		return fail(STATUS_USAGE, "usage", "Give a list such as --modes sv39x4,sv57x4.",
			    "the list of --modes is empty");
	return 0;
}

/* Return: 0 and the guest (NULL: all guests), or the exit status. */
static int find_guest(const char *name, unsigned int xlen, const struct guest_format **guest)
{
	const struct guest_format *g;

	*guest = NULL;
	if (!name)
		return 0;
	*guest = &bare;
	if (!strcasecmp(name, bare.name))
		return 0;
	for (g = guest_formats; g->name; g++)
		if (g->xlen == xlen && !strcasecmp(g->name, name)) {
			*guest = g;
			return 0;
		}
	return fail(STATUS_USAGE, "unknown-guest-mode",
		    xlen == 32 ? "Guests of this host can use bare or sv32." :
				 "Guests of this host can use bare, sv39, sv48 or sv57.",
		    "unknown guest mode '%s'", name);
}

static bool wanted(const struct guest_format *g, const struct guest_format *guest,
		   unsigned int xlen)
{
	return guest ? g == guest : !g->xlen || g->xlen == xlen;
}

/* Explain the number of one pair of formats. */
static void print_sum(const struct format *f, const struct guest_format *g)
{
	unsigned int walks = g->levels + 1;

	if (!g->levels)
		printf("%s under %s: the guest does not use paging. The hart walks %u levels of the "
		       "G-stage: %u reads.\n",
		       g->name, f->name, f->levels, format_pte_reads(f, g));
	else
		printf("%s under %s: the hart reads %u PTEs of the guest. It translates the address of "
		       "each of them,\n  and that of the page, through %u levels of the G-stage: "
		       "%u + %u * %u = %u reads.\n",
		       g->name, f->name, g->levels, f->levels, g->levels, walks, f->levels,
		       format_pte_reads(f, g));
}

static int print_text(const struct table_args *args, unsigned int mask,
		      const struct guest_format *guest)
{
	struct table_column columns[TABLE_COLUMNS] = {
		{ "MODE", 0 },
		{ "LEVELS", TABLE_NUMBER },
	};
	unsigned int xlen = mask_xlen(mask);
	const struct guest_format *g;
	const struct format *f;
	struct table *table;
	size_t count = 2;
	int ret;

	for (g = &bare; g; g = g == &bare ? guest_formats : g[1].name ? g + 1 : NULL)
		if (wanted(g, guest, xlen))
			columns[count++] = (struct table_column){ g->name, TABLE_NUMBER };
	ret = table_open(&table, columns, count, args);
	if (ret)
		return ret;
	for (f = formats; f->name; f++) {
		if (!(mask & 1U << f->mode) || f->xlen != xlen)
			continue;
		table_row(table);
		table_text(table, f->name);
		table_number(table, f->levels);
		for (g = &bare; g; g = g == &bare ? guest_formats : g[1].name ? g + 1 : NULL)
			if (wanted(g, guest, xlen))
				table_number(table, format_pte_reads(f, g));
	}
	if (!args->noheadings)
		printf("PTE reads of a nested TLB miss: (guest levels + 1) * (G-stage levels + 1) - "
		       "1\n\n");
	table_print(table);
	if (!guest || args->noheadings)
		return 0;
	putchar('\n');
	for (f = formats; f->name; f++)
		if (mask & 1U << f->mode && f->xlen == xlen)
			print_sum(f, guest);
	return 0;
}

static void print_json(unsigned int mask, const struct guest_format *guest)
{
	struct json_object *document = json_document(), *list = json_list(), *map, *reads;
	unsigned int xlen = mask_xlen(mask);
	const struct guest_format *g;
	const struct format *f;

	json_set(document, "formula", json_text("(guest levels + 1) * (levels + 1) - 1"));
	for (f = formats; f->name; f++) {
		if (!(mask & 1U << f->mode) || f->xlen != xlen)
			continue;
		map = json_map();
		json_set(map, "name", json_text(f->name));
		json_set(map, "hgatp_mode", json_number(f->mode));
		json_set(map, "levels", json_number(f->levels));
		reads = json_map();
		for (g = &bare; g; g = g == &bare ? guest_formats : g[1].name ? g + 1 : NULL)
			if (wanted(g, guest, xlen))
				json_set(reads, g->name, json_number(format_pte_reads(f, g)));
		json_set(map, "pte_reads", reads);
		json_append(list, map);
	}
	json_set(document, "modes", list);
	json_print(stdout, document);
}

/* Anything that cannot be meant as a mode is a VM. */
static bool is_vm(const struct arguments *args)
{
	return args->guest && !args->modes && strncasecmp(args->guest, "sv", 2) &&
	       strcasecmp(args->guest, bare.name);
}

int cmd_explain(int argc, char **argv)
{
	struct arguments args = { 0 };
	const struct guest_format *guest;
	unsigned int mask;
	int ret;

	ret = args_parse(&argp, argc, argv, &args.table.common);
	if (!ret && is_vm(&args))
		return explain_vm(args.guest, &args.table);
	if (!ret)
		ret = host_mask(args.modes, &mask);
	if (!ret)
		ret = find_guest(args.guest, mask_xlen(mask), &guest);
	if (ret)
		return ret;

	if (args.table.common.json)
		print_json(mask, guest);
	else
		ret = print_text(&args.table, mask, guest);
	return ret ? ret : output_done();
}
