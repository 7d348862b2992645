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
#include "vms/host.h"
#include "vms/vms.h"

static const struct argp_option options[] = {
	ARGS_JSON,
	{ 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = args_parser,
	.doc = "List the VMs of this host with their G-stage page tables.\v"
	       "The other commands take a VM by VM, by NAME, or by PID if the process has one VM.  NAME is "
	       "the name that the owner gave to the VM (QEMU's -name guest=NAME, kvmtool's --name "
	       "NAME), or else that of the VMM's program.  PID is the process of the VMM.  KVM names a "
	       "VM by the thread that made it, so VM may begin with another number than PID.  "
	       "PID is \"-\" if the process has ended, or if it is in a PID namespace that cannot be "
	       "seen from here.  The columns 4K to 1G count leaves (PTEs that map memory) of that "
	       "size; columns of larger leaves appear if a VM has any.  MAPPED is the memory that all "
	       "leaves map.  TABLE/GiB is the size of the page tables for each GiB that is mapped.\n",
};

/* Leaves of more than 1 GiB are rare: show their column only if a VM has some. */
static bool any(const struct vm_summary *infos, size_t count, const struct leaf_size *size)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (stats_number(&infos[i].stats, size->stat))
			return true;
	return size->shift <= 30;
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

static void print_table(const struct vm_summary *infos, size_t count, const char *module)
{
	char name[32], process[16], mapped[16], per_gib[16];
	unsigned int unlisted = 0;
	int width = strlen("NAME");
	size_t i, s;

	for (i = 0; i < count; i++)
		if ((int)strlen(vm_name(&infos[i].vm)) > width)
			width = strlen(vm_name(&infos[i].vm));
	printf("%-12s %-7s %-*s %-7s %4s %5s %7s", "VM", "PID", width, "NAME", "MODE", "BITS",
	       "VCPUS", "TABLES");
	for (s = 0; s < LEAF_SIZES; s++)
		if (any(infos, count, &leaf_sizes[s]))
			printf(" %7s", leaf_sizes[s].label);
	printf(" %7s %9s\n", "MAPPED", "TABLE/GiB");
	for (i = 0; i < count; i++) {
		const struct vm_summary *info = &infos[i];

		snprintf(name, sizeof(name), "%d-%d", info->vm.pid, info->vm.fd);
		snprintf(process, sizeof(process), info->vm.process ? "%d" : "-", info->vm.process);
		printf("%-12s %-7s %-*s %-7s %4" PRIu64 " %5u %7" PRIu64, name, process, width,
		       vm_name(&info->vm), info->vm.mode, stats_number(&info->stats, "gpa_bits"),
		       info->vcpus, stats_number(&info->stats, "tables"));
		for (s = 0; s < LEAF_SIZES; s++)
			if (any(infos, count, &leaf_sizes[s]))
				printf(" %7" PRIu64,
				       stats_number(&info->stats, leaf_sizes[s].stat));
		printf(" %7s %9s\n", size_text(stats_mapped(&info->stats), mapped),
		       stats_mapped(&info->stats) ?
			       size_text(stats_bytes_per_gib(&info->stats), per_gib) :
			       "-");
	}
	/* All VMs of one thread have the same number: add it once. */
	for (i = 0; i < count; i++)
		if (infos[i].vm.unlisted && !seen(infos, i))
			unlisted += infos[i].vm.unlisted;
	if (unlisted)
		printf("VMs that are not listed: %u.  KVM has no folder for them, because an older VM "
		       "had their name.\n",
		       unlisted);
	if (*module)
		printf("Module: gstage %s\n", module);
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
	struct args args = { 0 };
	size_t count;
	int ret;

	ret = args_parse(&argp, argc, argv, &args);
	if (!ret)
		ret = vm_summaries(&infos, &count);
	if (ret)
		return ret;

	if (!kvm_module_version(module, sizeof(module)))
		module[0] = '\0';
	if (args.json)
		print_json(infos, count, module);
	else
		print_table(infos, count, module);
	free(infos);
	return output_done();
}
