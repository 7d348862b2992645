// SPDX-License-Identifier: GPL-2.0-only
/* A VM with its process and its counters. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "formats.h"
#include "output/output.h"
#include "vms/host.h"
#include "vms/vms.h"

int vm_summary_read(const struct vm *vm, struct vm_summary *info)
{
	int err = stats_read(vm, &info->stats);

	info->vm = *vm;
	if (err)
		return err;
	info->vcpus = stats_number(&info->stats, "vcpus");
	info->vm.process = stats_number(&info->stats, "process");
	info->vm.unlisted = stats_number(&info->stats, "unlisted");
	vm_read_name(&info->vm);
	/* Take the mode from the same read of gstage_stats. */
	snprintf(info->vm.mode, sizeof(info->vm.mode), "%.15s", stats_text(&info->stats, "mode"));
	return 0;
}

int vm_summaries(struct vm_summary **infos, size_t *count)
{
	char path[PATH_MAX];
	struct vm *vms;
	size_t all, i;
	int ret, err;

	*infos = NULL;
	*count = 0;
	ret = vms_list(&vms, &all);
	if (ret)
		return ret;
	if (!vms_module_is_ours())
		ret = fail(STATUS_FAILED, "stock-module", RELOAD_KVM,
			   "the loaded KVM "
			   "module is not gstage's: it has no files about page tables");
	if (!ret && all) {
		*infos = calloc(all, sizeof(**infos));
		if (!*infos)
			ret = fail(STATUS_FAILED, "no-memory", NULL, "%s", strerror(ENOMEM));
	}
	for (i = 0; !ret && i < all; i++) {
		err = vm_summary_read(&vms[i], &(*infos)[*count]);
		if (!err) {
			++*count;
		} else if (err == EACCES || err == EPERM) {
			vm_path(&vms[i], VM_STATS_FILE, path, sizeof(path));
			ret = vms_fail_permission(err, path);
		}
	}
	free(vms);
	if (ret) {
		free(*infos);
		*infos = NULL;
	}
	return ret;
}

static void string_or_null(const char *s)
{
	if (*s)
		json_string(stdout, s);
	else
		printf("null");
}

void vm_summary_json(const struct vm_summary *info)
{
	const struct format *f = format_by_name(info->vm.mode);
	const struct stats *stats = &info->stats;
	size_t i;

	printf("\"pid\":%d,\"fd\":%d,\"process\":", info->vm.pid, info->vm.fd);
	if (info->vm.process)
		printf("%d", info->vm.process);
	else
		printf("null");
	printf(",\"vmm\":");
	string_or_null(info->vm.program);
	printf(",\"name\":");
	string_or_null(info->vm.name);
	printf(",\"mode\":");
	json_string(stdout, info->vm.mode);
	printf(",\"hgatp_mode\":%u,\"gpa_bits\":%" PRIu64 ",\"vcpus\":%u,\"tables\":%" PRIu64
	       ",\"table_bytes\":%" PRIu64 ",\"leaves\":{",
	       f ? f->mode : 0, stats_number(stats, "gpa_bits"), info->vcpus,
	       stats_number(stats, "tables"), stats_number(stats, "table_bytes"));
	for (i = 0; i < LEAF_SIZES; i++)
		printf("%s\"%s\":%" PRIu64, i ? "," : "", leaf_sizes[i].label,
		       stats_number(stats, leaf_sizes[i].stat));
	printf("},\"mapped_bytes\":%" PRIu64 ",\"table_bytes_per_gib\":", stats_mapped(stats));
	if (stats_mapped(stats))
		printf("%" PRIu64, stats_bytes_per_gib(stats));
	else
		printf("null");
}
