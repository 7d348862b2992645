// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hosts that lack modes: Sv39x4 and Sv57x4 only, Sv57x4 only, and Sv39x4 only. A test build with
 * the parameter test_modes plays them, on a CPU that has all three. This test has the expected
 * numbers of each host in a table. MANIFEST also runs general tests on such hosts.
 */
#include <errno.h>
#include <gstage/kvm.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "live.h"
#include "tap.h"
#include "vcpu.h"

#define T2   (1ULL << 41)
#define P1   (1ULL << 50)
#define P512 (1ULL << 59)

/* The expected results for each host. A mode of 0 means that the request is refused. */
static const struct expected {
	int mask, bits;
	/* KVM_ENABLE_CAP of VM_GPA_BITS with `bits` gives the VM `mode`. */
	struct {
		u64 bits;
		unsigned int mode;
	} round[9];
	/* A VM that starts in the narrowest mode grows to `mode` with a slot that ends at `end`. */
	struct {
		u64 end;
		unsigned int mode;
	} grow[7];
} hosts[] = {
	{ 0x500,
	  59,
	  { { 0, 8 },
	    { 34, 8 },
	    { 41, 8 },
	    { 42, 10 },
	    { 48, 10 },
	    { 50, 10 },
	    { 51, 10 },
	    { 59, 10 },
	    { 60, 0 } },
	  { { T2 - SZ_4K, 8 },
	    { T2, 8 },
	    { T2 + SZ_4K, 10 },
	    { P1, 10 },
	    { P1 + SZ_4K, 10 },
	    { P512, 10 },
	    { P512 + SZ_4K, 0 } } },
	{ 0x400,
	  59,
	  { { 0, 10 },
	    { 34, 10 },
	    { 41, 10 },
	    { 42, 10 },
	    { 48, 10 },
	    { 50, 10 },
	    { 51, 10 },
	    { 59, 10 },
	    { 60, 0 } },
	  { { T2 - SZ_4K, 10 },
	    { T2, 10 },
	    { T2 + SZ_4K, 10 },
	    { P1, 10 },
	    { P1 + SZ_4K, 10 },
	    { P512, 10 },
	    { P512 + SZ_4K, 0 } } },
	{ 0x100,
	  41,
	  { { 0, 8 },
	    { 34, 8 },
	    { 41, 8 },
	    { 42, 0 },
	    { 48, 0 },
	    { 50, 0 },
	    { 51, 0 },
	    { 59, 0 },
	    { 60, 0 } },
	  { { T2 - SZ_4K, 8 },
	    { T2, 8 },
	    { T2 + SZ_4K, 0 },
	    { P1, 0 },
	    { P1 + SZ_4K, 0 },
	    { P512, 0 },
	    { P512 + SZ_4K, 0 } } },
};

static const struct {
	unsigned int mode;
	const char *name;
} modes[] = { { 8, "sv39x4" }, { 9, "sv48x4" }, { 10, "sv57x4" } };

static char *page;

static int has(int fd, long cap)
{
	return ioctl(fd, KVM_CHECK_EXTENSION, cap);
}

static unsigned int mode_of(int vm)
{
	return get_format(vm)->mode;
}

static void reported(const struct expected *e, unsigned int narrowest, unsigned int widest)
{
	struct vm vm = { .fd = vm_bare(), .tid = gettid() };
	bool good = true;

	ok(has(host.kvm, KVM_CAP_RISCV_SET_HGATP_MODE) == e->mask &&
		   has(host.kvm, KVM_CAP_RISCV_SET_HGATP_MODE_ALT) == e->mask &&
		   has(vm.fd, KVM_CAP_RISCV_SET_HGATP_MODE) == e->mask,
	   "the mask is 0x%x", e->mask);
	ok(has(host.kvm, KVM_CAP_VM_GPA_BITS) == e->bits &&
		   has(vm.fd, KVM_CAP_VM_GPA_BITS) == e->bits,
	   "VM_GPA_BITS is %d", e->bits);
	ok(mode_of(vm.fd) == widest, "a VM that does not choose has mode %u", widest);

	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++) {
		int err = e->mask >> modes[i].mode & 1 ? 0 : EINVAL;
		unsigned int then = err ? widest : modes[i].mode;

		ok(is(set_mode(vm.fd, modes[i].mode), err) && mode_of(vm.fd) == then &&
			   is(set_mode(vm.fd, widest), 0) &&
			   is(grow_from(vm.fd, modes[i].mode), err) && mode_of(vm.fd) == then &&
			   is(set_mode(vm.fd, widest), 0),
		   "ENABLE_CAP %s, with GROW or without: %s", modes[i].name,
		   err ? "EINVAL" : "accepted");
		ok(is(change_format(vm.fd, modes[i].mode), err) && mode_of(vm.fd) == then &&
			   is(change_format(vm.fd, widest), 0) &&
			   is(write_format(vm.tid, vm.fd, modes[i].name), err) &&
			   mode_of(vm.fd) == then && is(change_format(vm.fd, widest), 0),
		   "attribute and debugfs, %s: %s", modes[i].name, err ? "EINVAL" : "accepted");
		ok(is(set_policy(modes[i].name), err) &&
			   !strcmp(policy(), err ? "max" : modes[i].name) && !set_policy("max"),
		   "gstage_mode, %s: %s", modes[i].name, err ? "EINVAL" : "accepted");
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(e->round); i++) {
		int err = enable_cap(vm.fd, KVM_CAP_VM_GPA_BITS, 0, e->round[i].bits, 0, 0, 0);
		unsigned int mode = e->round[i].mode;

		good &= is(err, mode ? 0 : EINVAL) && mode_of(vm.fd) == (mode ? mode : widest) &&
			is(set_mode(vm.fd, widest), 0);
	}
	ok(good, "ENABLE_CAP VM_GPA_BITS rounds up to the next mode of the host");
	close(vm.fd);

	if (set_policy("auto"))
		bail("cannot set gstage_mode to auto");
	vm.fd = vm_bare();
	ok(mode_of(vm.fd) == narrowest && has(vm.fd, KVM_CAP_VM_GPA_BITS) == e->bits,
	   "auto starts in mode %u, and may grow to %d bits", narrowest, e->bits);
	close(vm.fd);
	set_policy("max");
}

static void grows(const struct expected *e, unsigned int narrowest)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(e->grow); i++) {
		unsigned int mode = e->grow[i].mode;
		int vm = vm_bare(), err;

		if (grow_from(vm, narrowest) || set_slot(vm, 0, 0, SZ_1G, SZ_4K, page))
			bail("cannot create a VM that may grow");
		err = set_slot(vm, 1, 0, e->grow[i].end - SZ_4K, SZ_4K, page);
		ok(is(err, mode ? 0 : EFAULT) && mode_of(vm) == (mode ? mode : narrowest),
		   "a slot up to 0x%llx makes the VM grow from mode %u to %u (0: refused)",
		   (unsigned long long)e->grow[i].end, narrowest, mode);
		close(vm);
	}
}

/* The format changes between the narrowest and the widest one while a vCPU runs. */
static void with_guest(unsigned int narrowest, unsigned int widest)
{
	char *mem = mem_map(SZ_2M, SMALL);
	struct vm *vm = vm_new(NULL);
	struct vcpu *vcpu = vcpu_new(vm);
	bool good = true;
	u64 faults;

	vm_slot(vm, 0, 0, SZ_1G, SZ_2M, mem);
	vcpu_start(vcpu);
	guest_fill(vcpu, SZ_1G, SZ_4K, 512, 1);
	faults = vm_stat(vm, "faults");
	for (unsigned int i = 0; i < 50; i++)
		good &= is(change_format(vm->fd, i & 1 ? widest : narrowest), 0) &&
			!guest_check(vcpu, SZ_1G, SZ_4K, 512, 1) &&
			vm_stat(vm, "hgatp") >> 60 == (i & 1 ? widest : narrowest);
	ok(good && vm_stat(vm, "faults") == faults && vm_sound(vm),
	   "changes from mode %u to %u and back: the guest keeps its mappings", widest, narrowest);
	vcpu_stop(vcpu);
	vm_free(vm);
	mem_unmap(mem, SZ_2M);
}

int main(int argc, char **argv)
{
	u64 mask = argc > 1 ? strtoull(argv[1], NULL, 0) : 0;
	const struct expected *e = NULL;
	unsigned int narrowest, widest;

	host_init(60);
	for (unsigned int i = 0; i < ARRAY_SIZE(hosts); i++)
		if ((u64)hosts[i].mask == mask)
			e = &hosts[i];
	if (!e)
		bail("usage: sparse-host MASK, with a MASK of hosts[] in sparse-host.c");
	page = mem_map(SZ_4K, SMALL);
	narrowest = __builtin_ctzll(mask);
	widest = 63 - __builtin_clzll(mask);
	ok(host.modes == mask, "the test library knows the modes of this host");
	reported(e, narrowest, widest);
	grows(e, narrowest);
	with_guest(narrowest, widest);
	ok(!tables_live(), "no tables are left");
	return done();
}
