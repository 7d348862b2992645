// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_CAP_RISCV_SET_HGATP_MODE and KVM_CAP_VM_GPA_BITS as docs/ABI.md describes them. limits.c
 * tests their effect on memslots, grow.c tests KVM_RISCV_HGATP_GROW.
 */
#include <errno.h>
#include <gstage/kvm.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "stock.h"
#include "tap.h"
#include "vm.h"

static const u32 mode_caps[] = { KVM_CAP_RISCV_SET_HGATP_MODE, KVM_CAP_RISCV_SET_HGATP_MODE_ALT };

static char *page;

static int has(int fd, long cap)
{
	return ioctl(fd, KVM_CHECK_EXTENSION, cap);
}

static int set_gpa_bits(int vm, u64 bits)
{
	return enable_cap(vm, KVM_CAP_VM_GPA_BITS, 0, bits, 0, 0, 0);
}

/* Does the VM have the format, according to KVM_CHECK_EXTENSION and to gstage_mode? */
static bool vm_has(int vm, const struct format *f)
{
	if (has(vm, KVM_CAP_VM_GPA_BITS) == (int)f->gpa_bits && !strcmp(fd_mode(vm), f->name))
		return true;
	diag("VM_GPA_BITS %d, gstage_mode %s; expected %u, %s", has(vm, KVM_CAP_VM_GPA_BITS),
	     fd_mode(vm), f->gpa_bits, f->name);
	return false;
}

static void check_extension(void)
{
	int vm = vm_bare();

	for (unsigned int i = 0; i < ARRAY_SIZE(mode_caps); i++) {
		ok(has(host.kvm, mode_caps[i]) == (int)host.modes,
		   "capability %u of /dev/kvm is the mask of modes 0x%x", mode_caps[i],
		   (int)host.modes);
		ok(has(vm, mode_caps[i]) == (int)host.modes,
		   "capability %u of a VM is the mask of modes", mode_caps[i]);
	}
	ok(has(host.kvm, KVM_CAP_VM_GPA_BITS) == (int)host.widest->gpa_bits,
	   "VM_GPA_BITS of /dev/kvm is that of the widest format, %u", host.widest->gpa_bits);
	ok(vm_has(vm, host.widest), "a VM that does not choose gets the widest format, %s",
	   host.widest->name);
	close(vm);
}

/* Set each supported mode with both capability numbers, once and again. The last one counts. */
static void choose_mode(void)
{
	const struct format *f, *g;

	for (unsigned int i = 0; i < ARRAY_SIZE(mode_caps); i++) {
		int same = vm_bare();

		for_each_format(f) {
			int vm = vm_bare();

			ok(!enable_cap(vm, mode_caps[i], 0, f->mode, 0, 0, 0) && vm_has(vm, f),
			   "capability %u gives a VM %s", mode_caps[i], f->name);
			ok(has(host.kvm, KVM_CAP_VM_GPA_BITS) == (int)host.widest->gpa_bits &&
				   has(host.kvm, mode_caps[i]) == (int)host.modes &&
				   has(vm, mode_caps[i]) == (int)host.modes,
			   "%s in one VM: other VM_GPA_BITS and the masks of modes stay", f->name);
			close(vm);
		}
		/* All pairs of two modes in both orders, and the second mode twice. */
		for_each_format(f) {
			bool good = true;

			for_each_format(g)
				good &= !enable_cap(same, mode_caps[i], 0, f->mode, 0, 0, 0) &&
					!enable_cap(same, mode_caps[!i], 0, g->mode, 0, 0, 0) &&
					vm_has(same, g) &&
					!enable_cap(same, mode_caps[i], 0, g->mode, 0, 0, 0) &&
					vm_has(same, g);
			ok(good, "after %s by capability %u, its alias can set any mode", f->name,
			   mode_caps[i]);
		}
		close(same);
	}
}

static const u64 bad_modes[] = {
	0,
	1,
	2,
	3,
	4,
	5,
	6,
	7,
	11,
	12,
	13,
	14,
	15,
	16,
	63,
	64,
	72,
	73,
	74,
	128 + 8,
	256 + 9,
	(1ULL << 16) + 8,
	(1ULL << 31) + 8,
	(1ULL << 32) + 8,
	(1ULL << 32) + 10,
	1ULL << 63,
	(1ULL << 63) + 8,
	8ULL << 60,
	~0ULL,
	~0ULL - 7,
};

static void refuse_modes(void)
{
	const struct format *f = next_format(NULL);
	int vm = vm_bare();

	/* Start with a mode that is not the default, to see a change to the default too. */
	if (set_mode(vm, f->mode))
		bail("cannot set %s", f->name);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad_modes); i++)
		ok(is(enable_cap(vm, mode_caps[i & 1], 0, bad_modes[i], 0, 0, 0), EINVAL) &&
			   vm_has(vm, f),
		   "mode 0x%llx: EINVAL, and the VM stays %s", (unsigned long long)bad_modes[i],
		   f->name);
	for (unsigned int mode = 8; mode <= 10; mode++) {
		if (host.modes & (1 << mode))
			continue;
		ok(is(set_mode(vm, mode), EINVAL) && vm_has(vm, f),
		   "mode %u, which this host does not have: EINVAL", mode);
	}
	close(vm);
}

static void refuse_arguments(void)
{
	static const struct {
		u32 flags;
		u64 arg1, arg2, arg3;
		const char *what;
	} bad[] = {
		{ 1, 0, 0, 0, "flags 1" },
		{ 1U << 31, 0, 0, 0, "flags 2^31" },
		{ ~0U, 0, 0, 0, "flags all ones" },
		{ 0, KVM_RISCV_HGATP_GROW, 1, 0, "GROW with args[2] 1" },
		{ 0, 2, 0, 0, "args[1] 2" },
		{ 0, 1ULL << 32, 0, 0, "args[1] 2^32" },
		{ 0, ~0ULL, 0, 0, "args[1] all ones" },
		{ 0, 0, 1, 0, "args[2] 1" },
		{ 0, 0, 1ULL << 63, 0, "args[2] 2^63" },
		{ 0, 0, 0, 1, "args[3] 1" },
		{ 0, 0, 0, 1ULL << 32, "args[3] 2^32" },
		{ 1, 1, 1, 1, "all of them" },
	};
	const struct format *f = next_format(NULL);
	int vm = vm_bare(), busy = vm_bare(), vcpu = ioctl(busy, KVM_CREATE_VCPU, 0);

	if (set_mode(vm, f->mode) || vcpu < 0)
		bail("cannot prepare VMs: %s", strerror(errno));
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		int err = enable_cap(vm, mode_caps[i & 1], bad[i].flags, host.widest->mode,
				     bad[i].arg1, bad[i].arg2, bad[i].arg3);

		ok(is(err, EINVAL) && vm_has(vm, f), "%s: EINVAL, and the format stays",
		   bad[i].what);
		err = enable_cap(busy, mode_caps[i & 1], bad[i].flags, host.widest->mode,
				 bad[i].arg1, bad[i].arg2, bad[i].arg3);
		ok(is(err, EINVAL), "%s on a VM with a vCPU: EINVAL comes before EBUSY",
		   bad[i].what);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(bad_modes); i++)
		if (!is(set_mode(busy, bad_modes[i]), EINVAL))
			break;
		else if (i == ARRAY_SIZE(bad_modes) - 1)
			ok(true, "unsupported modes on a VM with a vCPU: EINVAL before EBUSY");
	ok(is(enable_cap(busy, KVM_CAP_VM_GPA_BITS, 1, 41, 0, 0, 0), EINVAL),
	   "VM_GPA_BITS with flags on a VM with a vCPU: EINVAL before EBUSY");
	ok(is(set_gpa_bits(busy, 60), EINVAL),
	   "VM_GPA_BITS 60 on a VM with a vCPU: EINVAL before EBUSY");
	close(vcpu);
	close(busy);
	close(vm);
}

static void gpa_bits(void)
{
	static const u64 wanted[] = { 0, 1, 34, 40, 41, 42, 49, 50, 51, 58, 59 };
	static const u64 bad[] = { 60,         64,         1 << 16,           (1ULL << 32) + 41,
				   1ULL << 32, 1ULL << 63, (1ULL << 63) + 41, ~0ULL };
	int vm = vm_bare();

	for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++) {
		const struct format *fit = next_format(NULL), *before = NULL;

		while (fit && fit->gpa_bits < wanted[i])
			fit = next_format(fit);
		/* Start with another format, if there is one. */
		before = fit == host.widest ? next_format(NULL) : host.widest;
		if (set_mode(vm, before->mode))
			bail("cannot set %s", before->name);
		if (fit)
			ok(is(set_gpa_bits(vm, wanted[i]), 0) && vm_has(vm, fit),
			   "VM_GPA_BITS %llu gives a VM %s", (unsigned long long)wanted[i],
			   fit->name);
		else
			ok(is(set_gpa_bits(vm, wanted[i]), EINVAL) && vm_has(vm, before),
			   "VM_GPA_BITS %llu, which is more than the host has: EINVAL",
			   (unsigned long long)wanted[i]);
	}
	if (set_mode(vm, next_format(NULL)->mode))
		bail("cannot set a mode");
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		ok(is(set_gpa_bits(vm, bad[i]), EINVAL) && vm_has(vm, next_format(NULL)),
		   "VM_GPA_BITS 0x%llx: EINVAL", (unsigned long long)bad[i]);
	ok(is(enable_cap(vm, KVM_CAP_VM_GPA_BITS, 1, host.widest->gpa_bits, 0, 0, 0), EINVAL) &&
		   is(enable_cap(vm, KVM_CAP_VM_GPA_BITS, ~0U, 0, 0, 0, 0), EINVAL) &&
		   vm_has(vm, next_format(NULL)),
	   "VM_GPA_BITS with flags: EINVAL");
	ok(!set_gpa_bits(vm, 0) && vm_has(vm, next_format(NULL)) &&
		   !set_mode(vm, host.widest->mode) && vm_has(vm, host.widest) &&
		   !set_gpa_bits(vm, 41) && vm_has(vm, next_format(NULL)),
	   "SET_HGATP_MODE and VM_GPA_BITS set the same format");
	close(vm);
}

/* Do all capabilities that choose a format give this error? */
static bool all_give(int vm, int expected)
{
	const struct format *f;
	bool good = true;

	for_each_format(f)
		good &= is(enable_cap(vm, mode_caps[0], 0, f->mode, 0, 0, 0), expected) &&
			is(enable_cap(vm, mode_caps[1], 0, f->mode, 0, 0, 0), expected) &&
			is(set_gpa_bits(vm, f->gpa_bits), expected);
	return good && is(set_gpa_bits(vm, 0), expected);
}

static void busy(void)
{
	const struct format *f = next_format(NULL);
	int vm = vm_bare(), other = vm_bare(), vcpu;

	if (set_mode(vm, f->mode) || set_slot(vm, 0, 0, 0, SZ_4K, page))
		bail("cannot prepare a VM");
	ok(all_give(vm, EBUSY) && vm_has(vm, f), "EBUSY while there is a memslot");
	if (set_slot(vm, 1, KVM_MEM_READONLY, SZ_1G, SZ_4K, page) || set_slot(vm, 0, 0, 0, 0, page))
		bail("cannot change slots");
	ok(all_give(vm, EBUSY) && vm_has(vm, f), "EBUSY while there is a read-only memslot");
	if (set_slot(vm, 1, KVM_MEM_READONLY, SZ_1G, 0, page))
		bail("cannot delete a slot");
	ok(vm_has(vm, f), "the format stays when all memslots are deleted");
	ok(all_give(vm, 0), "the format can be set again after the last memslot is deleted");
	ok(!set_mode(vm, f->mode) && vm_has(vm, f), "the VM then has the new format");

	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	ok(vcpu >= 0 && all_give(vm, EBUSY) && vm_has(vm, f), "EBUSY when there is a vCPU");
	close(vcpu);
	ok(all_give(vm, EBUSY) && vm_has(vm, f), "EBUSY after the vCPU's fd is closed");
	ok(!set_slot(vm, 0, 0, 0, SZ_4K, page) && all_give(vm, EBUSY) &&
		   !set_slot(vm, 0, 0, 0, 0, page) && all_give(vm, EBUSY) && vm_has(vm, f),
	   "EBUSY after a vCPU was created, whatever memslots are created and deleted");
	ok(all_give(other, 0), "another VM is not affected");
	close(vm);
	close(other);
}

/* These results are the same with the stock module, which shows that they are right. */
static void unchanged(void)
{
	struct kvm_one_reg reg = { .id = KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CSR |
					 KVM_REG_RISCV_CSR_GENERAL | 0xfff };
	const struct {
		long cap;
		int value;
	} same[] = {
		{ KVM_CAP_USER_MEMORY, 1 },
		{ KVM_CAP_ONE_REG, 1 },
		{ KVM_CAP_MP_STATE, 1 },
		{ KVM_CAP_SYNC_MMU, 1 },
		{ KVM_CAP_READONLY_MEM, 1 },
		{ KVM_CAP_IMMEDIATE_EXIT, 1 },
		{ KVM_CAP_NR_MEMSLOTS, 32767 },
		{ KVM_CAP_NR_VCPUS, sysconf(_SC_NPROCESSORS_ONLN) },
		{ KVM_CAP_S390_GMAP, 0 },
		{ 246, 0 },
		{ 249, 0 },
	};
	static const long absent[] = { 245, 246, 249, 250, 1000 };
	int vm = vm_bare(), vcpu;
	bool good = true;

	for (unsigned int i = 0; i < ARRAY_SIZE(same); i++) {
		if (has(vm, same[i].cap) == same[i].value)
			continue;
		diag("capability %ld: %d", same[i].cap, has(vm, same[i].cap));
		good = false;
	}
	ok(good, "other capabilities are the same as with the stock module");
	ok(has(vm, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2) ==
		   (host.gstage || stock()->initially_set ? 3 : 1),
	   "MANUAL_DIRTY_LOG_PROTECT2: with gstage a dirty bitmap can be initially set");
	ok(has(vm, KVM_CAP_VM_GPA_BITS) == (int)host.widest->gpa_bits,
	   "VM_GPA_BITS of a VM that does not choose is the same as with the stock module");

	good = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(absent); i++)
		good &= is(enable_cap(vm, absent[i], 0, 8, 0, 0, 0), EINVAL);
	ok(good, "capabilities that do not exist cannot be enabled");
	ok(!enable_cap(vm, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, 0, 1, 0, 0, 0),
	   "a stock capability can be enabled");

	vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
	reg.addr = (uintptr_t)page;
	ok(ioctl(vcpu, KVM_SET_ONE_REG, &reg) && (errno == EINVAL || errno == ENOENT),
	   "an unknown register is an error");
	close(vcpu);
	close(vm);
}

int main(void)
{
	host_init(60);
	page = mem_map(SZ_4K, SMALL);
	unchanged();
	if (!host.gstage) {
		ok(!has(host.kvm, KVM_CAP_RISCV_SET_HGATP_MODE) &&
			   !has(host.kvm, KVM_CAP_RISCV_SET_HGATP_MODE_ALT),
		   "the stock module reports that it does not have the capability");
		return done();
	}
	check_extension();
	choose_mode();
	refuse_modes();
	refuse_arguments();
	gpa_bits();
	busy();
	ok(!tables_live(), "no tables are left");
	return done();
}
