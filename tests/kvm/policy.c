// SPDX-License-Identifier: GPL-2.0-only
/*
 * The module's parameter gstage_mode, which decides the format of VMs that do not choose one.
 * Checks docs/ABI.md line by line. policy-load.sh has the names that are refused when the module is
 * loaded.
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
#include "vcpu.h"

static char *page;

/* Is a new VM in format @f, and may it grow? */
static bool is_like(int vm_fd, const struct format *f, bool grow)
{
	struct vm vm = { .fd = vm_fd, .tid = gettid() };
	int bits = ioctl(vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_VM_GPA_BITS);

	if (get_format(vm_fd) == f && !strcmp(fd_mode(vm_fd), f->name) &&
	    vm_stat(&vm, "grow") == grow &&
	    bits == (int)(grow ? host.widest->gpa_bits : f->gpa_bits))
		return true;
	diag("%s, grow %llu, VM_GPA_BITS %d; expected %s, grow %d", get_format(vm_fd)->name,
	     (unsigned long long)vm_stat(&vm, "grow"), bits, f->name, grow);
	return false;
}

static bool is_policy(const char *name)
{
	if (!strcmp(policy(), name))
		return true;
	diag("gstage_mode is \"%s\", expected \"%s\"", policy(), name);
	return false;
}

/* Check that VMs start in @f under the policy @name. */
static void effect(const char *name, const struct format *f, bool grow)
{
	const struct format *g, *widest = host.widest;
	int before = vm_bare(), vm;
	bool good;

	if (set_mode(before, widest->mode))
		bail("cannot set a mode");
	ok(is(set_policy(name), 0) && is_policy(name), "%s: the parameter can be written and read",
	   name);
	vm = vm_bare();
	ok(is_like(vm, f, grow), "%s: a VM that does not choose starts in %s", name, f->name);
	ok(is_like(before, widest, false), "%s: a VM that exists already does not change", name);
	ok(ioctl(host.kvm, KVM_CHECK_EXTENSION, KVM_CAP_VM_GPA_BITS) == (int)widest->gpa_bits &&
		   ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_RISCV_SET_HGATP_MODE) == (int)host.modes,
	   "%s: the capabilities of the host do not change", name);
	ok(is(set_slot(vm, 0, 0, format_end(f) - SZ_4K, SZ_4K, page), 0) && is_like(vm, f, grow) &&
		   is(set_slot(vm, 1, 0, format_end(f), SZ_4K, page),
		      grow && f != widest ? 0 : EFAULT) &&
		   is_like(vm, grow && f != widest ? next_format(f) : f, grow),
	   "%s: such a VM can%s have slots above its limit", name, grow ? "" : "not");
	close(vm);

	good = true;
	for_each_format(g) {
		vm = vm_bare();
		good &= is(set_mode(vm, g->mode), 0) && is_like(vm, g, false) &&
			is(set_slot(vm, 0, 0, format_end(g), SZ_4K, page), EFAULT) &&
			is(grow_from(vm, g->mode), 0) && is_like(vm, g, true) &&
			is(enable_cap(vm, KVM_CAP_VM_GPA_BITS, 0, g->gpa_bits, 0, 0, 0), 0) &&
			is_like(vm, g, false);
		close(vm);
	}
	ok(good, "%s: a VM that chooses a format gets it", name);
	close(before);
}

/* Bad values are refused, and the parameter keeps the value @before. */
static void refused(const char *before)
{
	char list[300];
	const char *bad[] = {
		"\n",
		" ",
		"sv39",
		"sv39x",
		"sv39x4x",
		"sv39x4 x",
		"xsv39x4",
		"SV39X4",
		"Max",
		"maxx",
		"ma",
		"autos",
		"aut",
		"auto max",
		"max,auto",
		"8",
		"0",
		"-1",
		"bare",
		"none",
		"sv32x4",
		"sv64x4",
		"sv39x4\nsv48x4",
		"sv39x4         x",
		"auto            garbage",
		"max                                                                  x",
		"\xff",
		list,
	};
	static const struct {
		unsigned int mode;
		const char *name;
	} all[] = { { 8, "sv39x4" }, { 9, "sv48x4" }, { 10, "sv57x4" } };
	bool good = true;

	memset(list, 'm', sizeof(list) - 1);
	list[sizeof(list) - 1] = 0;
	if (set_policy(before))
		bail("cannot set %s", before);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		if (is(set_policy(bad[i]), EINVAL) && is_policy(before))
			continue;
		diag("wrote \"%s\"", bad[i]);
		good = false;
		set_policy(before);
	}
	ok(good, "%s: bad values are refused, and the parameter keeps its value", before);
	set_policy("");
	ok(is_policy(before), "%s: an empty write changes nothing", before);
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++)
		if (!(host.modes >> all[i].mode & 1))
			ok(is(set_policy(all[i].name), EINVAL) && is_policy(before),
			   "%s: %s, which this host does not have, is refused, and the parameter keeps its value",
			   before, all[i].name);
}

static void with_space(const char *name)
{
	char text[32];

	snprintf(text, sizeof(text), "%s\n", name);
	ok(is(set_policy(text), 0) && is_policy(name), "%s: a newline at the end is ignored", name);
	snprintf(text, sizeof(text), " \t%s \n", name);
	set_policy(strcmp(name, "max") ? "max" : "auto");
	ok(is(set_policy(text), 0) && is_policy(name), "%s: spaces around it are ignored", name);
}

/* The VMM of these tests also works if VMs start in the narrowest format and grow. */
static void guest(void)
{
	const u64 high = format_end(host.widest) - SZ_4K;
	struct vm *vm;
	struct vcpu *vcpu;

	if (set_policy("auto"))
		bail("cannot set auto");
	vm = vm_new(NULL);
	vcpu = vcpu_new(vm);
	vcpu_start(vcpu);
	guest_store(vcpu, CONTROL_GPA + CONTROL_SIZE - 8, 1);
	ok(get_format(vm->fd) == next_format(NULL) &&
		   vm_stat(vm, "hgatp") >> 60 == next_format(NULL)->mode,
	   "auto: a guest runs in %s", next_format(NULL)->name);
	ok(is(set_slot(vm->fd, 0, 0, high, SZ_4K, page), 0) && get_format(vm->fd) == host.widest,
	   "auto: the VM grows for a slot above its limit");
	guest_store(vcpu, high, 0x1234);
	ok(*(u64 *)page == 0x1234 && vm_stat(vm, "hgatp") >> 60 == host.widest->mode &&
		   vm_sound(vm),
	   "auto: the guest uses this slot");
	vcpu_stop(vcpu);
	vm_free(vm);
}

int main(void)
{
	const struct format *f;

	host_init(60);
	page = mem_map(SZ_4K, SMALL);
	ok(is_policy("max"), "the default is max");
	effect("max", host.widest, false);
	effect("auto", next_format(NULL), true);
	for_each_format(f)
		effect(f->name, f, false);
	refused("max");
	refused("auto");
	refused(next_format(NULL)->name);
	with_space("max");
	with_space("auto");
	with_space(host.widest->name);
	guest();
	set_policy("max");
	ok(is_policy("max"), "the parameter is max again");
	ok(!tables_live(), "no tables are left");
	return done();
}
