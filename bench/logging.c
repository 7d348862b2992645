// SPDX-License-Identifier: GPL-2.0-only
/* Dirty logging of a slot that the guest has written: start, stores, fetch, clear, stop, and afterwards. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "figure.h"
#include "tap.h"

static const char *kind;

static void tell(const char *what, u64 size, const char *unit, double value, const char *label)
{
	char key[48], text[160];

	snprintf(key, sizeof(key), "log-%s-%s", kind, what);
	snprintf(text, sizeof(text), "dirty logging, %s: %s",
		 !strcmp(kind, "thp") ? "huge pages" : "4 KiB pages", label);
	figure(key, size, "B", unit, value, text);
}

static double write_all(struct vm *vm, u64 size, u64 *exits)
{
	u64 before = kvm_stat(vm, "exits"), start = now_ns();
	double ms;

	guest_fill(vm->vcpu[0], SLOT_GPA, SZ_4K, size / SZ_4K, 2);
	ms = ms_since(start);
	*exits = kvm_stat(vm, "exits") - before;
	return ms;
}

static double slot_ms(struct vm *vm, u32 flags, char *mem, u64 size)
{
	u64 start = now_ns();

	vm_slot(vm, SLOT, flags, SLOT_GPA, size, mem);
	return ms_since(start);
}

static void logged(enum backing backing, u64 size)
{
	char *mem = mem_map(size, backing);
	struct vm *vm = vm_with(mem, size, 1);
	void *bitmap = calloc(1, size / SZ_4K / 8);
	struct kvm_dirty_log log = { .slot = SLOT, .dirty_bitmap = bitmap };
	struct kvm_clear_dirty_log clear = { .slot = SLOT,
					     .num_pages = size / SZ_4K,
					     .dirty_bitmap = bitmap };
	u64 exits, start;

	kind = backing == HUGE ? "thp" : "small";
	if (enable_cap(vm->fd, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, 0,
		       KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE, 0, 0, 0))
		bail("no KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2");
	write_all(vm, size, &exits);
	tell("start", size, "ms", slot_ms(vm, KVM_MEM_LOG_DIRTY_PAGES, mem, size), "start");
	tell("first", size, "ms", write_all(vm, size, &exits), "first store to each page");
	start = now_ns();
	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log))
		bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
	tell("fetch", size, "ms", ms_since(start), "fetch");
	start = now_ns();
	if (ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, &clear))
		bail("KVM_CLEAR_DIRTY_LOG: %s", strerror(errno));
	tell("clear", size, "ms", ms_since(start), "clear, with protection");
	tell("again", size, "ms", write_all(vm, size, &exits), "store to each page after it");
	tell("stop", size, "ms", slot_ms(vm, 0, mem, size), "stop");
	tell("after", size, "ms", write_all(vm, size, &exits), "store to each page after the stop");
	tell("after-exits", size, "", exits, "store to each page after the stop: exits");
	vm_free(vm);
	free(bitmap);
	mem_unmap(mem, size);
}

void measure_logging(u64 size)
{
	for (u64 at = 32 * SZ_1M; !size && at <= 512 * SZ_1M; at *= 4)
		logged(SMALL, at / 2);
	for (u64 at = 64 * SZ_1M; !size && at <= SZ_1G; at *= 4)
		logged(HUGE, at);
	if (size) {
		logged(SMALL, size);
		logged(HUGE, size);
	}
}
