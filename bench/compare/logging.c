// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty logging of a slot that the guest has written: start, stores, fetch, clear, stop, and stores
 * after that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "figure.h"
#include "tap.h"

static const struct kind {
	const char *key, *label;
	enum backing backing;
} small = { "small", "4 KiB pages", SMALL }, thp = { "thp", "huge pages", HUGE },
  whole = { "whole", "huge pages, eager_page_split=N", HUGE };

static const struct kind *kind;

static void tell(const char *what, u64 size, const char *unit, double value, const char *label)
{
	char key[48], text[160];

	snprintf(key, sizeof(key), "log-%s-%s", kind->key, what);
	snprintf(text, sizeof(text), "dirty logging, %s: %s", kind->label, label);
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

/* The stock modules have no such parameter: they never split ahead of a store. */
static void split_ahead(char yes_no)
{
	int fd = open("/sys/module/kvm/parameters/eager_page_split", O_WRONLY);

	if (fd >= 0 && write(fd, &yes_no, 1) != 1)
		bail("eager_page_split: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/* Start, and first stores, with huge leaves that stay whole until a store splits them. */
static void logged_whole(u64 size)
{
	char *mem = mem_map(size, HUGE);
	struct vm *vm = vm_with(mem, size, 1);
	u64 exits;

	kind = &whole;
	write_all(vm, size, &exits);
	split_ahead('N');
	tell("start", size, "ms", slot_ms(vm, KVM_MEM_LOG_DIRTY_PAGES, mem, size), "start");
	split_ahead('Y');
	tell("first", size, "ms", write_all(vm, size, &exits), "first store to each page");
	vm_free(vm);
	mem_unmap(mem, size);
}

static void logged(const struct kind *with, u64 size)
{
	char *mem = mem_map(size, with->backing);
	struct vm *vm = vm_with(mem, size, 1);
	void *bitmap = calloc(1, size / SZ_4K / 8);
	struct kvm_dirty_log log = { .slot = SLOT, .dirty_bitmap = bitmap };
	struct kvm_clear_dirty_log clear = { .slot = SLOT,
					     .num_pages = size / SZ_4K,
					     .dirty_bitmap = bitmap };
	u64 exits, start;

	kind = with;
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
		logged(&small, at / 2);
	for (u64 at = 64 * SZ_1M; !size && at <= SZ_1G; at *= 4) {
		logged(&thp, at);
		logged_whole(at);
	}
	if (size) {
		logged(&small, size);
		logged(&thp, size);
		logged_whole(size);
	}
}
