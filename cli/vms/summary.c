// SPDX-License-Identifier: GPL-2.0-only
/* A VM with its process and its counters. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "formats.h"
#include "output/json.h"
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
			ret = fail_no_memory();
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

struct json_object *vm_summary_json(const struct vm_summary *info)
{
	const struct format *f = format_by_name(info->vm.mode);
	const struct stats *stats = &info->stats;
	struct json_object *map = json_map(), *leaves = json_map();
	size_t i;

	json_set(map, "pid", json_number(info->vm.pid));
	json_set(map, "fd", json_number(info->vm.fd));
	json_set(map, "process", info->vm.process ? json_number(info->vm.process) : NULL);
	json_set(map, "vmm", json_text_or_null(info->vm.program));
	json_set(map, "name", json_text_or_null(info->vm.name));
	json_set(map, "mode", json_text(info->vm.mode));
	json_set(map, "hgatp_mode", json_number(f ? f->mode : 0));
	json_set(map, "gpa_bits", json_number(stats_number(stats, "gpa_bits")));
	json_set(map, "vcpus", json_number(info->vcpus));
	json_set(map, "tables", json_number(stats_number(stats, "tables")));
	json_set(map, "table_bytes", json_number(stats_number(stats, "table_bytes")));
	for (i = 0; i < LEAF_SIZES; i++)
		json_set(leaves, leaf_sizes[i].label,
			 json_number(stats_number(stats, leaf_sizes[i].stat)));
	json_set(map, "leaves", leaves);
	json_set(map, "mapped_bytes", json_number(stats_mapped(stats)));
	json_set(map, "table_bytes_per_gib",
		 stats_mapped(stats) ? json_number(stats_bytes_per_gib(stats)) : NULL);
	return map;
}
