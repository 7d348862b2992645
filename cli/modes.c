// SPDX-License-Identifier: GPL-2.0-only
/* gstage modes: the formats that this host has, and what each one costs. */
#include <argp.h>
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "formats.h"

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "Print JSON; errors on stderr too", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	(void)arg;
	switch (key) {
	case 'j':
		*json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.doc = "List the G-stage page-table formats of this host.\v"
	       "\"Default\" is what a VM gets that does not choose.  A nested "
	       "TLB miss reads (guest levels + 1) * (levels + 1) - 1 page-table "
	       "entries: the fewer, the cheaper.",
};

static void print_table(unsigned int mask)
{
	unsigned int xlen = mask_xlen(mask), highest = mask_highest(mask);
	unsigned int rest = mask & ~formats_known();
	const struct guest_format *g;
	const struct format *f;
	char head[32];

	printf("%-8s%-14s%9s%8s   PTE reads of a nested TLB miss\n", "", "", "",
	       "");
	printf("%-8s%-14s%9s%8s", "MODE", "SUPPORTED", "GPA BITS", "LEVELS");
	for (g = guest_formats; g->name; g++) {
		if (g->xlen != xlen)
			continue;
		snprintf(head, sizeof(head), "%s guest", g->name);
		printf("%13s", head);
	}
	putchar('\n');

	for (f = formats; f->name; f++) {
		if (f->xlen != xlen)
			continue;
		printf("%-8s%-14s%9u%8u", f->name,
		       f->mode == highest ? "yes, default" :
		       mask & (1U << f->mode) ? "yes" : "no",
		       f->gpa_bits, f->levels);
		for (g = guest_formats; g->name; g++)
			if (g->xlen == xlen)
				printf("%13u", format_pte_reads(f, g));
		putchar('\n');
	}
	if (rest)
		printf("The host has more, unknown to this gstage: mask %#x.\n",
		       rest);
}

static void print_json(unsigned int mask)
{
	unsigned int xlen = mask_xlen(mask), highest = mask_highest(mask);
	const char *next = "", *more;
	const struct guest_format *g;
	const struct format *f;

	printf("{\n  \"version\": 1,\n  \"host_mask\": %u,\n"
	       "  \"default_hgatp_mode\": %u,\n  \"modes\": [", mask, highest);
	for (f = formats; f->name; f++) {
		if (f->xlen != xlen)
			continue;
		printf("%s\n    {\"name\": \"%s\", \"hgatp_mode\": %u, "
		       "\"supported\": %s, \"default\": %s,\n     "
		       "\"gpa_bits\": %u, \"levels\": %u, \"pte_reads\": {",
		       next, f->name, f->mode,
		       mask & (1U << f->mode) ? "true" : "false",
		       f->mode == highest ? "true" : "false",
		       f->gpa_bits, f->levels);
		next = ",";
		more = "";
		for (g = guest_formats; g->name; g++) {
			if (g->xlen != xlen)
				continue;
			printf("%s\"%s\": %u", more, g->name,
			       format_pte_reads(f, g));
			more = ", ";
		}
		printf("}}");
	}
	printf("\n  ]\n}\n");
}

int cmd_modes(int argc, char **argv)
{
	unsigned int mask;
	bool json = false;
	error_t err;
	int ret;

	argp_err_exit_status = STATUS_USAGE;
	err = argp_parse(&argp, argc, argv, 0, NULL, &json);
	err_setup(argv[0], json);
	if (err)
		return fail(STATUS_FAILED, "internal", NULL, "%s", strerror(err));

	ret = kvm_host_mask(STATUS_FAILED, &mask);
	if (ret)
		return ret;

	if (json)
		print_json(mask);
	else
		print_table(mask);
	if (fflush(stdout) || ferror(stdout))
		return fail(STATUS_FAILED, "output", NULL,
			    "cannot write the answer: %s", strerror(errno));
	return 0;
}
