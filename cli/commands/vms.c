// SPDX-License-Identifier: GPL-2.0-only
/* gstage vms: list the VMs of this host. */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "commands/args.h"
#include "commands/commands.h"
#include "output/json.h"
#include "output/output.h"
#include "output/table.h"
#include "vms/host.h"
#include "vms/vms.h"

static const struct argp_option options[] = {
	TABLE_NOHEADINGS, TABLE_OUTPUT, TABLE_REVERSE, TABLE_SORT, ARGS_JSON, { 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = table_parser,
	.doc = "List the VMs of this host with their G-stage page tables.\v"
	       "The other commands take a VM by VM, by NAME, or by PID if the process has one VM.  NAME is "
	       "the name that the owner gave to the VM (QEMU's -name guest=NAME, kvmtool's --name "
	       "NAME), or else that of the VMM's program.  PID is the process of the VMM.  KVM names a "
	       "VM by the thread that made it, so VM may begin with another number than PID.  "
	       "PID is \"-\" if the process has ended, or if it is in a PID namespace that cannot be "
	       "seen from here.  The columns 4K to 1G count leaves (PTEs that map memory) of that "
	       "size; columns of larger leaves appear if a VM has any.  MAPPED is the memory that all "
	       "leaves map.  TABLE/GiB is the size of the page tables for each GiB that is mapped.  --output "
	       "also knows the columns VMM, the name of the VMM's program, BYTES, the size of the page "
	       "tables, and FAULTS, page faults of the guest.  Numbers are sorted in descending order, "
	       "VMs and names in ascending order.\n",
};

static struct table_column columns[] = {
	{ "VM", TABLE_ID },
	{ "PID", TABLE_ID },
	{ "NAME", TABLE_CUT },
	{ "MODE", 0 },
	{ "BITS", TABLE_NUMBER },
	{ "VCPUS", TABLE_NUMBER },
	{ "TABLES", TABLE_NUMBER },
	/* The leaf_sizes. */
	{ "4K", TABLE_NUMBER },
	{ "64K", TABLE_NUMBER },
	{ "2M", TABLE_NUMBER },
	{ "1G", TABLE_NUMBER },
	{ "512G", TABLE_NUMBER | TABLE_EXTRA },
	{ "256T", TABLE_NUMBER | TABLE_EXTRA },
	{ "MAPPED", TABLE_NUMBER },
	{ "TABLE/GiB", TABLE_NUMBER },
	{ "VMM", TABLE_CUT | TABLE_EXTRA },
	{ "BYTES", TABLE_NUMBER | TABLE_EXTRA },
	{ "FAULTS", TABLE_NUMBER | TABLE_EXTRA },
};

/* Leaves of more than 1 GiB are rare: their column is printed if a VM has some. */
static void choose_sizes(const struct vm_summary *infos, size_t count)
{
	size_t i, c, s;

	for (c = 0; c < sizeof(columns) / sizeof(columns[0]); c++)
		for (s = 0; s < LEAF_SIZES; s++)
			for (i = 0; i < count && !strcmp(columns[c].name, leaf_sizes[s].label); i++)
				if (stats_number(&infos[i].stats, leaf_sizes[s].stat))
					columns[c].flags &= ~TABLE_EXTRA;
}

/* Is there a VM of the same thread before this one? */
static bool seen(const struct vm_summary *infos, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (infos[i].vm.pid == infos[at].vm.pid)
			return true;
	return false;
}

static void add_row(struct table *table, const struct vm_summary *info)
{
	const struct stats *stats = &info->stats;
	const struct vm *vm = &info->vm;
	char text[32];
	size_t s;

	table_row(table);
	snprintf(text, sizeof(text), "%d-%d", vm->pid, vm->fd);
	table_cell(table, text, (uint64_t)vm->pid << 32 | vm->fd);
	snprintf(text, sizeof(text), vm->process ? "%d" : "-", vm->process);
	table_cell(table, text, vm->process);
	table_text(table, vm_name(vm));
	table_text(table, vm->mode);
	table_number(table, stats_number(stats, "gpa_bits"));
	table_number(table, info->vcpus);
	table_number(table, stats_number(stats, "tables"));
	for (s = 0; s < LEAF_SIZES; s++)
		table_number(table, stats_number(stats, leaf_sizes[s].stat));
	table_cell(table, size_text(stats_mapped(stats), text), stats_mapped(stats));
	table_cell(table, stats_mapped(stats) ? size_text(stats_bytes_per_gib(stats), text) : "-",
		   stats_bytes_per_gib(stats));
	table_text(table, vm->program[0] ? vm->program : "-");
	table_number(table, stats_number(stats, "table_bytes"));
	table_number(table, stats_number(stats, "faults"));
}

static int print_table(const struct table_args *args, const struct vm_summary *infos, size_t count,
		       const char *module)
{
	unsigned int unlisted = 0;
	struct table *table;
	size_t i;
	int ret;

	choose_sizes(infos, count);
	ret = table_open(&table, columns, sizeof(columns) / sizeof(columns[0]), args);
	if (ret)
		return ret;
	for (i = 0; i < count; i++)
		add_row(table, &infos[i]);
	table_print(table);
	/* All VMs of one thread have the same number: add it once. */
	for (i = 0; i < count; i++)
		if (infos[i].vm.unlisted && !seen(infos, i))
			unlisted += infos[i].vm.unlisted;
	if (unlisted && !args->noheadings)
		printf("VMs that are not listed: %u.  KVM has no folder for them, because an older VM "
		       "had their name.\n",
		       unlisted);
	if (*module && !args->noheadings)
		printf("Module: gstage %s\n", module);
	return 0;
}

static void print_json(const struct vm_summary *infos, size_t count, const char *module)
{
	struct json_object *document = json_document(), *list = json_list();
	size_t i;

	for (i = 0; i < count; i++)
		json_append(list, vm_summary_json(&infos[i]));
	json_set(document, "module", json_text_or_null(module));
	json_set(document, "vms", list);
	json_print(stdout, document);
}

int cmd_vms(int argc, char **argv)
{
	struct vm_summary *infos;
	char module[32];
	struct table_args args = { 0 };
	size_t count;
	int ret;

	ret = args_parse(&argp, argc, argv, &args.common);
	if (!ret)
		ret = vm_summaries(&infos, &count);
	if (ret)
		return ret;

	if (!kvm_module_version(module, sizeof(module)))
		module[0] = '\0';
	if (args.common.json)
		print_json(infos, count, module);
	else
		ret = print_table(&args, infos, count, module);
	free(infos);
	return ret ? ret : output_done();
}
