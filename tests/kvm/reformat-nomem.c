// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation fails once: of a change of format, of a slot that makes a VM grow, and of
 * KVM_CREATE_VM. vCPUs run meanwhile. The result must be ENOMEM, and nothing must have changed.
 * This needs a test build, whose parameter test_fail_nth makes the nth allocation fail.
 */
#include <errno.h>
#include <gstage/kvm.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "live.h"
#include "tap.h"
#include "work.h"

#define FAIL_NTH "/sys/module/kvm/parameters/test_fail_nth"
/* No operation of this test makes more allocations. */
#define NTH_MAX 8

static char *page;

static void fail_nth(unsigned int n)
{
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%u", n);
	err = write_text(FAIL_NTH, text);
	if (err)
		bail(FAIL_NTH ": %s", strerror(err));
}

/* The number of allocations until the one that fails; 0 if it has failed. */
static unsigned int nth_left(void)
{
	char text[16] = "";
	unsigned int n = ~0U;

	read_text(FAIL_NTH, text, sizeof(text));
	sscanf(text, "%u", &n);
	return n;
}

/* The state that must be the same before and after a failure. */
struct state {
	const struct format *f;
	u64 live, tables, bytes, leaves, faults, reformats, grow, hgatp;
};

static struct state state_of(const struct vm *vm)
{
	return (struct state){
		.f = get_format(vm->fd),
		.live = tables_live(),
		.tables = vm_stat(vm, "tables"),
		.bytes = vm_stat(vm, "table_bytes"),
		.leaves = vm_leaves(vm),
		.faults = vm_stat(vm, "faults"),
		.reformats = vm_stat(vm, "reformats"),
		.grow = vm_stat(vm, "grow"),
		.hgatp = vm_stat(vm, "hgatp"),
	};
}

static bool same(const struct vm *vm, const struct state *before)
{
	struct state now = state_of(vm);

	if (!memcmp(&now, before, sizeof(now)))
		return true;
	diag("now %s, %llu pages live, %llu tables, %llu leaves, %llu faults, %llu reformats; "
	     "before %s, %llu, %llu, %llu, %llu, %llu",
	     now.f->name, (unsigned long long)now.live, (unsigned long long)now.tables,
	     (unsigned long long)now.leaves, (unsigned long long)now.faults,
	     (unsigned long long)now.reformats, before->f->name, (unsigned long long)before->live,
	     (unsigned long long)before->tables, (unsigned long long)before->leaves,
	     (unsigned long long)before->faults, (unsigned long long)before->reformats);
	return false;
}

/* The two ways to change a format, and a slot that needs a wider format. */
enum way { ATTRIBUTE, DEBUGFS, SLOT, WAYS };

static const char *const way_names[WAYS] = { "attribute", "debugfs", "memslot" };

static u64 slot_gpa(const struct format *to)
{
	return format_end(to) - SZ_4K;
}

static int change(const struct vm *vm, enum way way, const struct format *to)
{
	switch (way) {
	case ATTRIBUTE:
		return change_format(vm->fd, to->mode);
	case DEBUGFS:
		return write_format(vm->tid, vm->fd, to->name);
	default:
		return set_slot(vm->fd, HIGH_SLOT, 0, slot_gpa(to), SZ_4K, page);
	}
}

/* Make each allocation of a change from @from to @to fail, one after the other. */
static void each_fails(struct work *work, enum way way, const struct format *from,
		       const struct format *to)
{
	struct vm *vm = work->vm;
	unsigned int n, levels = from->levels < to->levels ? to->levels - from->levels : 0;
	/* A change allocates a new root, and tables between the new and the old root if any. */
	unsigned int least = levels > 1 ? 2 : 1;
	struct state before;
	bool good = true;
	int err = 0;

	if (change_format(vm->fd, from->mode))
		bail("cannot start in %s", from->name);
	work_goes_on(work, 1);
	before = state_of(vm);
	for (n = 1; n <= NTH_MAX; n++) {
		fail_nth(n);
		err = change(vm, way, to);
		if (nth_left())
			break;
		good &= is(err, ENOMEM) && same(vm, &before) && vm_sound(vm);
		if (way == SLOT)
			good &= is(set_slot(vm->fd, HIGH_SLOT, 0, slot_gpa(to), 0, page), EINVAL);
		work_goes_on(work, 1);
		good &= same(vm, &before) && work_right(work);
	}
	fail_nth(0);
	ok(good, "%s to %s by %s: each of %u allocations fails: ENOMEM, and nothing changes",
	   from->name, to->name, way_names[way], n - 1);
	ok(n > least && n <= NTH_MAX, "%s to %s by %s: there is at least %u allocation", from->name,
	   to->name, way_names[way], least);
	work_goes_on(work, 1);
	ok(is(err, 0) && get_format(vm->fd) == to && vm_stat(vm, "hgatp") >> 60 == to->mode &&
		   vm_stat(vm, "faults") == before.faults && vm_sound(vm) && work_right(work),
	   "%s to %s by %s: it succeeds when no allocation fails", from->name, to->name,
	   way_names[way]);
	if (way == SLOT)
		vm_slot(vm, HIGH_SLOT, 0, slot_gpa(to), 0, page);
}

static void live(void)
{
	struct work *work = work_new(vm_growing(next_format(NULL)), 2);
	const struct format *f, *g;

	for_each_format(f)
		for_each_format(g)
			for (enum way way = 0; way < WAYS; way++)
				if (f != g && (way != SLOT || f->levels < g->levels))
					each_fails(work, way, f, g);
	work_end(work);
	ok(!tables_live(), "no tables are left");
}

/* A VM without slots and vCPUs: a change may fail with ENOMEM, but must work after that. */
static void empty(void)
{
	struct vm vm = { .fd = vm_bare(), .tid = gettid() };
	const struct format *f;
	bool good = true;

	for_each_format(f) {
		for (enum way way = 0; way < SLOT; way++) {
			int err;

			fail_nth(1);
			err = change(&vm, way, f);
			good &= !err || is(err, ENOMEM);
			fail_nth(0);
			good &= vm_sound(&vm) && is(change(&vm, way, f), 0) &&
				get_format(vm.fd) == f;
		}
		fail_nth(1);
		good &= enable_cap(vm.fd, KVM_CAP_RISCV_SET_HGATP_MODE, 0, f->mode, 0, 0, 0) !=
			EBUSY;
		fail_nth(0);
		good &= is(set_mode(vm.fd, f->mode), 0);
	}
	ok(good, "an empty VM: ENOMEM only if an allocation fails, and a change works after that");
	close(vm.fd);
	ok(!tables_live(), "no tables are left");
}

static void create_vm(void)
{
	bool good = true;
	unsigned int n;
	int vm = -1;

	/* Many rounds, so that a leak shows. */
	for (unsigned int round = 0; round < 100; round++) {
		for (n = 1; n <= NTH_MAX; n++) {
			fail_nth(n);
			vm = ioctl(host.kvm, KVM_CREATE_VM, 0);
			if (nth_left())
				break;
			good &= vm < 0 && is(errno, ENOMEM) && !tables_live();
		}
		fail_nth(0);
		good &= n > 1 && n <= NTH_MAX && vm >= 0 && tables_live() == 4;
		close(vm);
		good &= !tables_live();
	}
	ok(good, "KVM_CREATE_VM: each of %u allocations fails: ENOMEM, and no table is left",
	   n - 1);
}

int main(void)
{
	host_init(100);
	page = mem_map(SZ_4K, SMALL);
	fail_nth(0);
	create_vm();
	empty();
	live();
	return done();
}
