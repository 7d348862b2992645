// SPDX-License-Identifier: GPL-2.0-only
/* Memslots at the limit of a VM's format and above it, as docs/ABI.md describes them. */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "vcpu.h"

#define PAGES 4
#define SIZE  (PAGES * SZ_4K)

enum { LOW, TOP, TRY };

static bool is_error(int err)
{
	if (!err)
		diag("the slot was accepted");
	return err;
}

/* Slots that must be refused. The VM has the slots LOW and TOP, with data in them. */
static void refused(struct vm *vm, struct vcpu *vcpu, char *mem)
{
	const u64 end = format_end(vm->format);
	const char *name = vm->format->name;
	const struct {
		u64 gpa, size;
		int err; /* -1: any */
		const char *what;
	} bad[] = {
		{ end, SZ_4K, EFAULT, "at the limit" },
		{ end + SZ_1G, SIZE, EFAULT, "above the limit" },
		{ end << 1, SIZE, EFAULT, "at twice the limit" },
		{ (1ULL << 63), SIZE, EFAULT, "at 2^63" },
		{ 0 - SIZE - SZ_4K, SIZE, EFAULT, "one page below 2^64" },
		{ 0 - SIZE, SIZE, -1, "up to 2^64" },
		{ 0 - SZ_4K, 2 * SZ_4K, -1, "around 2^64" },
		{ SZ_1G, 0 - SZ_1G, -1, "of size 2^64 - 1 GiB" },
		{ SZ_1G, 0 - SZ_4K, -1, "of size 2^64 - 4 KiB" },
		{ SZ_1G, 1ULL << 63, -1, "of size 2^63" },
		{ SZ_1G, (1ULL << 44) + SZ_4K, -1, "of 2^32 + 1 pages" },
		{ SZ_1G + 1, SZ_4K, -1, "at an odd gpa" },
		{ SZ_1G, SZ_4K + 1, -1, "of an odd size" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		int err = set_slot(vm->fd, TRY, 0, bad[i].gpa, bad[i].size, mem);

		ok(bad[i].err < 0 ? is_error(err) : is(err, bad[i].err), "%s: a slot %s is refused",
		   name, bad[i].what);
	}
	ok(is(set_slot(vm->fd, TRY, 0, 0, 0, mem), EINVAL), "%s: none of these slots exists", name);
	ok(!guest_check(vcpu, SZ_1G, SZ_4K, PAGES, 1) &&
		   !guest_check(vcpu, end - SIZE, SZ_4K, PAGES, 2),
	   "%s: the other slots keep their data", name);

	ok(is(set_slot(vm->fd, LOW, 0, end, SIZE, mem), EFAULT) &&
		   is(set_slot(vm->fd, LOW, 0, end + SZ_1G, SIZE, mem), EFAULT),
	   "%s: a slot cannot be moved above the limit", name);
	ok(!guest_check(vcpu, SZ_1G, SZ_4K, PAGES, 1) && guest_load(vcpu, end) == MMIO_ANSWER,
	   "%s: this slot is where it was, with its data", name);
}

static void limits(const struct format *f)
{
	char *mem = mem_map(2 * SIZE, SMALL);
	struct vm *vm = vm_new(f);
	struct vcpu *vcpu = vcpu_new(vm);
	u64 end = format_end(f);

	vm_slot(vm, LOW, 0, SZ_1G, SIZE, mem);
	ok(is(set_slot(vm->fd, TOP, 0, end - SIZE + SZ_4K, SIZE, mem + SIZE), EFAULT),
	   "%s: a slot that ends one page above the limit is refused", f->name);
	ok(is(set_slot(vm->fd, TOP, 0, end - SZ_4K, 2 * SZ_4K, mem + SIZE), EFAULT),
	   "%s: a slot of the last page and one more is refused", f->name);
	ok(is(set_slot(vm->fd, TOP, 0, end - SIZE, SIZE, mem + SIZE), 0),
	   "%s: a slot that ends at the limit is accepted", f->name);
	guest_fill(vcpu, SZ_1G, SZ_4K, PAGES, 1);
	guest_fill(vcpu, end - SIZE, SZ_4K, PAGES, 2);
	ok(*(u64 *)(mem + 2 * SIZE - SZ_4K) == stamp(2, end - SZ_4K),
	   "%s: the guest reaches the last page below the limit", f->name);
	refused(vm, vcpu, mem);

	ok(is(set_slot(vm->fd, TOP, 0, end - SIZE, 0, mem), 0) &&
		   is(set_slot(vm->fd, LOW, 0, end - SIZE, SIZE, mem), 0),
	   "%s: a slot can be moved up to the limit", f->name);
	ok(guest_load(vcpu, end - SIZE) == stamp(1, SZ_1G) &&
		   guest_load(vcpu, SZ_1G) == MMIO_ANSWER,
	   "%s: the moved slot has its data", f->name);
	ok(vm_sound(vm), "%s: the tables are sound", f->name);
	vm_free(vm);
	mem_unmap(mem, 2 * SIZE);
}

/* A VM without slots can still choose its format after a slot was refused. */
static void still_free(const struct format *f)
{
	char *mem = mem_map(SIZE, SMALL);
	int vm = vm_bare();
	const struct format *g;
	bool good = true;

	ok(is(set_mode(vm, f->mode), 0) && is(set_slot(vm, 0, 0, format_end(f), SIZE, mem), EFAULT),
	   "%s: a first slot above the limit is refused", f->name);
	for_each_format(g)
		good &= is(set_mode(vm, g->mode), 0) &&
			is(set_slot(vm, 0, 0, format_end(g), SIZE, mem), EFAULT) &&
			is(set_slot(vm, 0, 0, format_end(g) - SZ_4K, SIZE, mem), EFAULT);
	ok(good, "%s: after that every mode can be chosen, and has its own limit", f->name);
	good = true;
	for_each_format(g)
		good &= is(set_mode(vm, g->mode), 0) &&
			is(set_slot(vm, 0, 0, format_end(g) - SIZE, SIZE, mem), 0) &&
			is(set_slot(vm, 0, 0, format_end(g) - SIZE, 0, mem), 0);
	ok(good, "%s: slots can be created up to each limit, and deleted", f->name);
	close(vm);
	mem_unmap(mem, SIZE);
}

int main(void)
{
	const struct format *f;

	host_init(60);
	for_each_format(f) {
		limits(f);
		still_free(f);
	}
	return done();
}
