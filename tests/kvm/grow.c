// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_RISCV_HGATP_GROW as docs/ABI.md describes it: a VM starts in one format and changes to a
 * wider one when a memslot needs it. reformat.c tests this while guests run.
 */
#include <errno.h>
#include <gstage/kvm.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "live.h"
#include "tap.h"
#include "vcpu.h"

#define PAGES 4
#define SIZE  (PAGES * SZ_4K)

enum { LOW, HIGH, TRY };

static const u32 mode_caps[] = { KVM_CAP_RISCV_SET_HGATP_MODE, KVM_CAP_RISCV_SET_HGATP_MODE_ALT };

static char *page;

static int gpa_bits(int vm)
{
	return ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_VM_GPA_BITS);
}

/* Do all interfaces report the format @f, and whether the VM may grow? */
static bool is_in(int vm_fd, const struct format *f, bool grow)
{
	struct vm vm = { .fd = vm_fd, .tid = gettid() };
	int bits = grow ? host.widest->gpa_bits : f->gpa_bits;

	if (get_format(vm_fd) == f && !strcmp(fd_mode(vm_fd), f->name) &&
	    vm_stat(&vm, "levels") == f->levels && vm_stat(&vm, "grow") == grow &&
	    gpa_bits(vm_fd) == bits)
		return true;
	diag("attribute %s, gstage_mode %s, VM_GPA_BITS %d, grow %llu; expected %s, %d, grow %d",
	     get_format(vm_fd)->name, fd_mode(vm_fd), gpa_bits(vm_fd),
	     (unsigned long long)vm_stat(&vm, "grow"), f->name, bits, grow);
	return false;
}

/* Create a VM that starts in @f and may grow. */
static int growing(const struct format *f)
{
	int vm = vm_bare();

	if (grow_from(vm, f->mode))
		bail("cannot set %s with GROW: %s", f->name, strerror(errno));
	return vm;
}

static void capability(const struct format *f)
{
	static const u64 bits[] = {
		2, 3, 4, 1 << 8, 1ULL << 32, (1ULL << 32) + 1, 1ULL << 63, ~0ULL
	};
	const struct format *other = f == host.widest ? next_format(NULL) : host.widest;
	bool good = true;
	int vm;

	for (unsigned int i = 0; i < ARRAY_SIZE(mode_caps); i++) {
		vm = vm_bare();
		ok(is(enable_cap(vm, mode_caps[i], 0, f->mode, KVM_RISCV_HGATP_GROW, 0, 0), 0) &&
			   is_in(vm, f, true) && gpa_bits(host.kvm) == (int)host.widest->gpa_bits &&
			   ioctl(vm, KVM_CHECK_EXTENSION, (long)mode_caps[i]) == (int)host.modes,
		   "%s: GROW by capability %u: the VM has this format, VM_GPA_BITS the widest",
		   f->name, mode_caps[i]);
		close(vm);
	}

	vm = growing(f);
	for (unsigned int i = 0; i < ARRAY_SIZE(bits); i++)
		good &= is(enable_cap(vm, mode_caps[i & 1], 0, other->mode, bits[i], 0, 0), EINVAL);
	ok(good && is_in(vm, f, true),
	   "%s: other bits of args[1]: EINVAL, and the VM may still grow", f->name);
	ok(is(enable_cap(vm, mode_caps[0], 1, other->mode, 1, 0, 0), EINVAL) &&
		   is(enable_cap(vm, mode_caps[0], 0, other->mode, 1, 1, 0), EINVAL) &&
		   is(enable_cap(vm, mode_caps[0], 0, other->mode, 1, 0, 1), EINVAL) &&
		   is(grow_from(vm, 0), EINVAL) && is(grow_from(vm, 1), EINVAL) &&
		   is(grow_from(vm, 72), EINVAL) && is(grow_from(vm, ~0ULL), EINVAL) &&
		   is_in(vm, f, true),
	   "%s: GROW with flags, args[2], args[3] or an unsupported mode: EINVAL", f->name);

	ok(is(set_mode(vm, f->mode), 0) && is_in(vm, f, false),
	   "%s: the mode is set again without GROW: the VM may not grow", f->name);
	ok(is(grow_from(vm, f->mode), 0) && is_in(vm, f, true) &&
		   is(set_mode(vm, other->mode), 0) && is_in(vm, other, false) &&
		   is(grow_from(vm, f->mode), 0) && is_in(vm, f, true),
	   "%s: with and without GROW: the last KVM_ENABLE_CAP counts", f->name);
	ok(is(enable_cap(vm, KVM_CAP_VM_GPA_BITS, 0, f->gpa_bits, 0, 0, 0), 0) &&
		   is_in(vm, f, false),
	   "%s: VM_GPA_BITS is set: the VM may not grow", f->name);
	close(vm);

	vm = growing(f);
	if (set_slot(vm, LOW, 0, SZ_1G, SZ_4K, page))
		bail("cannot create a slot: %s", strerror(errno));
	ok(is(grow_from(vm, other->mode), EBUSY) && is(set_mode(vm, f->mode), EBUSY) &&
		   is(enable_cap(vm, KVM_CAP_VM_GPA_BITS, 0, 0, 0, 0, 0), EBUSY) &&
		   is_in(vm, f, true),
	   "%s: EBUSY while there is a memslot, and the VM may still grow", f->name);
	close(vm);
}

static void not_growing(const struct format *f)
{
	const u64 end = format_end(f);
	int vm = vm_bare();

	if (set_mode(vm, f->mode) || set_slot(vm, LOW, 0, SZ_1G, SIZE, page))
		bail("cannot prepare a VM");
	ok(is(set_slot(vm, TRY, 0, end, SZ_4K, page), EFAULT) &&
		   is(set_slot(vm, TRY, 0, end - SIZE + SZ_4K, SIZE, page), EFAULT) &&
		   is(set_slot(vm, TRY, 0, end - SIZE, SIZE, page), 0) && is_in(vm, f, false),
	   "%s: a VM that may not grow: EFAULT for a slot above its limit", f->name);
	close(vm);
}

/*
 * Create a slot near the limit of @at in a VM that starts in @from. The VM must then have the
 * narrowest format that holds the slot. If there is none, the slot must be refused and nothing
 * must change.
 */
static void around(const struct format *from, const struct format *at)
{
	static const struct {
		int64_t offset;
		u64 size;
		const char *what;
	} slots[] = {
		{ -SIZE - (int64_t)SZ_4K, SIZE, "that ends one page below" },
		{ -SIZE, SIZE, "that ends at" },
		{ -SIZE + (int64_t)SZ_4K, SIZE, "that ends one page above" },
		{ -(int64_t)SZ_4K, SZ_4K, "of the last page below" },
		{ 0, SZ_4K, "of the first page above" },
		{ SZ_1G, SIZE, "1 GiB above" },
		{ -(int64_t)SZ_2M, 2 * SZ_2M, "across" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(slots); i++) {
		u64 gpa = format_end(at) + slots[i].offset, end = gpa + slots[i].size;
		const struct format *fit = format_for(from, end);
		int vm = growing(from);

		if (set_slot(vm, LOW, 0, SZ_1G, SIZE, page))
			bail("cannot create a slot");
		if (fit)
			ok(is(set_slot(vm, HIGH, 0, gpa, slots[i].size, page), 0) &&
				   is_in(vm, fit, true),
			   "%s: a slot %s the limit of %s: %s", from->name, slots[i].what, at->name,
			   fit->name);
		else
			ok(is(set_slot(vm, HIGH, 0, gpa, slots[i].size, page), EFAULT) &&
				   is_in(vm, from, true) &&
				   is(set_slot(vm, HIGH, 0, gpa, 0, page), EINVAL),
			   "%s: a slot %s the limit of %s: EFAULT, and the format stays",
			   from->name, slots[i].what, at->name);
		/* The VM keeps the new format when the slot is deleted, and may grow again. */
		if (fit)
			ok(is(set_slot(vm, HIGH, 0, gpa, 0, page), 0) && is_in(vm, fit, true) &&
				   is(set_slot(vm, HIGH, 0, format_end(host.widest) - SIZE, SIZE,
					       page),
				      0) &&
				   is_in(vm, host.widest, true),
			   "%s: without that slot the VM stays in %s, and can grow again",
			   from->name, fit->name);
		close(vm);
	}
}

/* A slot that is moved also makes the VM grow, step by step through all formats. */
static void moved(const struct format *from)
{
	const struct format *f;
	bool good = true;
	int vm = growing(from);

	if (set_slot(vm, LOW, 0, SZ_1G, SIZE, page))
		bail("cannot create a slot");
	for (f = from; f; f = next_format(f))
		good &= is(set_slot(vm, LOW, 0, format_end(f) - SIZE, SIZE, page), 0) &&
			is_in(vm, f, true);
	ok(good, "%s: a slot is moved to the limit of each wider format: the VM grows", from->name);
	ok(is(set_slot(vm, LOW, 0, format_end(host.widest) - SIZE + SZ_4K, SIZE, page), EFAULT) &&
		   is_in(vm, host.widest, true) &&
		   is(set_slot(vm, TRY, 0, format_end(host.widest) - SIZE, SIZE, page), EEXIST),
	   "%s: a slot is moved above the host's limit: EFAULT, and it is where it was",
	   from->name);
	close(vm);
}

/* Slots above the VM's limit that KVM refuses for other reasons: the VM must not grow. */
static void refused(const struct format *f)
{
	const u64 above = format_end(f), most = format_end(host.widest);
	/* If the host has no wider format, the error is EFAULT or one that KVM checks before. */
	const bool wider = f != host.widest;
	char *readonly = mem_map(SIZE, SMALL), *mem = mem_map(2 * SIZE, SMALL);
	const struct {
		u32 slot, flags;
		u64 gpa, size;
		char *mem;
		int err;
		const char *what;
	} bad[] = {
		{ TRY, 0, most, SZ_4K, mem, EFAULT, "at the host's limit" },
		{ TRY, 0, most - SZ_4K, 2 * SZ_4K, mem, EFAULT, "across the host's limit" },
		{ TRY, 0, most << 1, SIZE, mem, EFAULT, "at twice the host's limit" },
		{ TRY, 0, 1ULL << 63, SIZE, mem, EFAULT, "at 2^63" },
		{ TRY, 0, 0 - SIZE - SZ_4K, SIZE, mem, EFAULT, "one page below 2^64" },
		{ TRY, 0, 0 - SIZE, SIZE, mem, -1, "up to 2^64" },
		{ TRY, 0, 0 - SZ_4K, 2 * SZ_4K, mem, -1, "around 2^64" },
		{ TRY, 0, above, 0 - above, mem, -1, "from the limit to 2^64" },
		{ TRY, 0, above, 1ULL << 63, mem, -1, "of 2^63 bytes" },
		{ TRY, 0, above, SIZE, readonly, EPERM, "that is writable over a read-only VMA" },
		{ TRY, 0, above + 1, SIZE, mem, EINVAL, "at an odd gpa" },
		{ TRY, 0, above, SIZE + 1, mem, EINVAL, "of an odd size" },
		{ TRY, 0, above, SIZE, mem + 1, EINVAL, "at an odd hva" },
		{ TRY, 1 << 7, above, SIZE, mem, EINVAL, "with an unknown flag" },
		{ 1 << 15, 0, above, SIZE, mem, EINVAL, "with a number that is too high" },
		{ LOW, 0, above, 2 * SIZE, mem, EINVAL, "that is moved and resized" },
		{ LOW, 0, above, SIZE, readonly, EINVAL, "that is moved and gets other memory" },
	};
	int vm = growing(f);

	if (mprotect(readonly, SIZE, PROT_READ) || set_slot(vm, LOW, 0, SZ_1G, SIZE, mem))
		bail("cannot prepare slots");
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		int err = set_slot(vm, bad[i].slot, bad[i].flags, bad[i].gpa, bad[i].size,
				   bad[i].mem);

		ok((bad[i].err < 0 ? !!err : is(err, bad[i].err)) && is_in(vm, f, true),
		   "%s: a slot %s is refused, and the format stays", f->name, bad[i].what);
	}
	ok(is(set_slot(vm, TRY, 0, above, 0, mem), EINVAL), "%s: none of these slots exists",
	   f->name);
	ok(is(set_slot(vm, TRY, KVM_MEM_READONLY, above, SIZE, readonly), wider ? 0 : EFAULT) &&
		   is_in(vm, wider ? next_format(f) : f, true),
	   "%s: a read-only slot over a read-only VMA makes the VM grow if it can", f->name);
	close(vm);

	/* A slot that overlaps another one is refused before the VM grows. */
	vm = growing(f);
	if (set_slot(vm, LOW, 0, above - SIZE, SIZE, mem))
		bail("cannot create a slot");
	ok(is(set_slot(vm, TRY, 0, above - SZ_4K, SIZE, mem + SIZE), EEXIST) && is_in(vm, f, true),
	   "%s: a slot that overlaps another one: EEXIST, and the format stays", f->name);
	close(vm);
	mem_unmap(readonly, SIZE);
	mem_unmap(mem, 2 * SIZE);
}

/* A VM grows while its vCPU runs: it keeps its mappings, and the guest reaches the new slot. */
static void with_guest(const struct format *from, const struct format *to)
{
	char *low = mem_map(SIZE, SMALL), *high = mem_map(SIZE, SMALL);
	const u64 gpa = format_end(to) - SIZE;
	struct vm *vm = vm_growing(from);
	struct vcpu *vcpu;
	u64 faults, reformats;

	vm_slot(vm, LOW, 0, SZ_1G, SIZE, low);
	vcpu = vcpu_new(vm);
	vcpu_start(vcpu);
	guest_fill(vcpu, SZ_1G, SZ_4K, PAGES, 1);
	faults = vm_stat(vm, "faults");
	reformats = vm_stat(vm, "reformats");

	ok(is(set_slot(vm->fd, HIGH, 0, gpa, SIZE, high), 0) && is_in(vm->fd, to, true),
	   "%s to %s: the VM grows while a vCPU runs", from->name, to->name);
	ok(!guest_check(vcpu, SZ_1G, SZ_4K, PAGES, 1) && vm_stat(vm, "faults") == faults &&
		   vm_stat(vm, "reformats") == reformats + (from != to),
	   "%s to %s: all mappings stay, and no page faults", from->name, to->name);
	ok(vm_stat(vm, "hgatp") >> 60 == to->mode, "%s to %s: hgatp has the new MODE", from->name,
	   to->name);
	guest_fill(vcpu, gpa, SZ_4K, PAGES, 2);
	ok(!guest_check(vcpu, gpa, SZ_4K, PAGES, 2) &&
		   *(u64 *)(high + SIZE - SZ_4K) == stamp(2, format_end(to) - SZ_4K),
	   "%s to %s: the guest reaches the last page of the new slot", from->name, to->name);
	ok(is(grow_from(vm->fd, from->mode), EBUSY) && is_in(vm->fd, to, true) && vm_sound(vm),
	   "%s to %s: EBUSY for another mode, and the tables are sound", from->name, to->name);
	vcpu_stop(vcpu);
	vm_free(vm);
	mem_unmap(low, SIZE);
	mem_unmap(high, SIZE);
}

int main(void)
{
	const struct format *f, *g;

	host_init(100);
	page = mem_map(2 * SZ_2M, SMALL);
	for_each_format(f) {
		capability(f);
		not_growing(f);
		for_each_format(g)
			around(f, g);
		moved(f);
		refused(f);
		for (g = f; g; g = next_format(g))
			with_guest(f, g);
	}
	ok(!tables_live(), "no tables are left");
	return done();
}
