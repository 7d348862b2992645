// SPDX-License-Identifier: GPL-2.0-only
/* gstage show: print the page tables and counters of one VM. */
#include <argp.h>
#include <inttypes.h>
#include <string.h>

#include "commands/args.h"
#include "commands/commands.h"
#include "formats.h"
#include "number.h"
#include "output/json.h"
#include "output/output.h"
#include "vms/vms.h"

static const struct argp_option options[] = {
	ARGS_JSON,
	{ 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = args_parser,
	.args_doc = "VM",
	.doc = "Show the G-stage page tables of one VM: format, size, faults, flushes.\v"
	       "VM is PID-FD, as \"gstage vms\" lists it; PID, if that process has one VM; or NAME.  The "
	       "counters are from gstage_stats in debugfs; gstage(7) explains them.  --json prints all "
	       "lines of gstage_stats.\n",
};

static void heading(const char *title)
{
	printf("\n%s\n", title);
}

static void line(const char *name, uint64_t value)
{
	printf("  %-34s %" PRIu64 "\n", name, value);
}

static void print_format(const struct vm_summary *info)
{
	const struct stats *s = &info->stats;
	const struct format *f = format_by_name(info->vm.mode);
	const struct guest_format *g;

	printf("VM %d-%d%s%s of ", info->vm.pid, info->vm.fd, info->vm.name[0] ? " " : "",
	       info->vm.name);
	if (info->vm.process)
		printf("process %d (%s)", info->vm.process,
		       info->vm.program[0] ? info->vm.program : "no name");
	else
		printf("an unknown process");
	printf(", %u vCPU%s\n", info->vcpus, info->vcpus == 1 ? "" : "s");
	heading("Format");
	printf("  %-34s %s%s\n", "mode", info->vm.mode,
	       stats_number(s, "grow") ? ", widens when the VM needs it" : "");
	line("GPA bits", stats_number(s, "gpa_bits"));
	line("levels", stats_number(s, "levels"));
	printf("  %-34s %s\n", "hgatp",
	       stats_number(s, "hgatp") ? stats_text(s, "hgatp") : "not loaded yet");
	for (g = guest_formats; f && g->name; g++)
		if (g->xlen == f->xlen)
			printf("  PTE reads of a miss, %s guest%*s %u\n", g->name, 8, "",
			       format_pte_reads(f, g));
	line("changes of format", stats_number(s, "reformats"));
}

static void print_tables(const struct stats *s)
{
	char text[16];
	size_t i;

	heading("Page tables");
	line("tables", stats_number(s, "tables"));
	line("tables, peak", stats_number(s, "tables_peak"));
	printf("  %-34s %s\n", "size of tables", size_text(stats_number(s, "table_bytes"), text));
	printf("  %-34s %s\n", "memory mapped", size_text(stats_mapped(s), text));
	if (stats_mapped(s))
		printf("  %-34s %s\n", "size of tables for each GiB mapped",
		       size_text(stats_bytes_per_gib(s), text));
	for (i = 0; i < LEAF_SIZES; i++)
		if (leaf_sizes[i].shift <= 30 || stats_number(s, leaf_sizes[i].stat))
			printf("  leaves of %-24s %" PRIu64 "\n", leaf_sizes[i].label,
			       stats_number(s, leaf_sizes[i].stat));
}

/*
 * Print the other counters with their names in gstage_stats. A newer module may have counters
 * that this program does not know: print them, too.
 */
static void print_counters(const struct stats *s)
{
	static const char *const told[] = {
		"mode",        "gpa_bits",  "levels", "hgatp", "tables",  "tables_peak",
		"table_bytes", "reformats", "grow",   "vcpus", "process", "unlisted",
	};
	size_t i, t;

	heading("Events since the VM started");
	for (i = 0; i < s->count; i++) {
		const char *name = s->line[i].name;

		for (t = 0; t < sizeof(told) / sizeof(told[0]); t++)
			if (!strcmp(name, told[t]))
				break;
		if (t == sizeof(told) / sizeof(told[0]) && strncmp(name, "leaves_", 7))
			printf("  %-34s %s\n", name, s->line[i].value);
	}
}

static void print_json(const struct vm_summary *info)
{
	struct json_object *document = json_document(), *vm = vm_summary_json(info),
			   *counters = json_map();
	const struct stats *s = &info->stats;
	uint64_t number;
	size_t i;

	for (i = 0; i < s->count; i++) {
		const char *value = s->line[i].value;
		/* A value with a leading zero is not a decimal number. */
		bool decimal = strspn(value, "0123456789") == strlen(value) &&
			       (value[0] != '0' || !value[1]);

		json_set(counters, s->line[i].name,
			 decimal && parse_number(value, &number) ? json_number(number) :
								   json_text(value));
	}
	json_set(vm, "stats", counters);
	json_set(document, "vm", vm);
	json_print(stdout, document);
}

int cmd_show(int argc, char **argv)
{
	struct args args = { .names = { "VM" } };
	struct vm_summary info;
	struct vm vm;
	char path[4096];
	int ret, err;

	ret = args_parse(&argp, argc, argv, &args);
	if (!ret)
		ret = vm_find(args.word[0], &vm);
	if (ret)
		return ret;
	err = vm_summary_read(&vm, &info);
	if (err) {
		vm_path(&vm, VM_STATS_FILE, path, sizeof(path));
		return vm_fail_file(&vm, path, err);
	}

	if (args.json) {
		print_json(&info);
	} else {
		print_format(&info);
		print_tables(&info.stats);
		print_counters(&info.stats);
	}
	return output_done();
}
