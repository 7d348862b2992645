// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host that runs under a hypervisor with nested acceleration (SBI NACL): KVM writes CSRs and
 * fences to memory that it shares with that hypervisor. A test build plays the hypervisor
 * (kvm/compat/test-nacl.c). This test checks that KVM uses it. MANIFEST also runs general tests on
 * such a host.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "live.h"
#include "tap.h"
#include "vcpu.h"

#define PAGES 64
#define SIZE  (PAGES * SZ_4K)

static long counted(const char *what)
{
	char path[96], text[32];

	snprintf(path, sizeof(path), "/sys/module/kvm/parameters/test_nacl_%s", what);
	if (read_text(path, text, sizeof(text)))
		bail("no %s: the test needs the module gstage-test with test_nacl=1", path);
	return atol(text);
}

int main(void)
{
	const struct format *f = NULL;

	host_init(60);
	for_each_format(f) {
		struct vm *vm = vm_new(f);
		struct vcpu *vcpu = vcpu_new(vm);
		char *mem = mem_map(SIZE, SMALL);
		long entries = counted("entries"), fences;

		vm_slot(vm, 0, 0, SZ_1G, SIZE, mem);
		guest_fill(vcpu, SZ_1G, SZ_4K, PAGES, 1);
		ok(counted("entries") - entries >= (long)vm_stat(vm, "faults"),
		   "%s: KVM enters the guest through the hypervisor", f->name);

		/* The other half keeps the table: tables that go are fenced by each hart itself. */
		fences = counted("fences");
		madvise(mem, SIZE / 2, MADV_DONTNEED);
		ok(guest_check(vcpu, SZ_1G, SZ_4K, PAGES / 2, 1) == PAGES / 2,
		   "%s: the guest does not reach dropped pages any more", f->name);
		ok(counted("fences") > fences, "%s: the hypervisor executes the fences", f->name);

		guest_fill(vcpu, SZ_1G, SZ_4K, PAGES, 2);
		ok(!change_format(vm->fd, host.widest->mode) &&
			   !guest_check(vcpu, SZ_1G, SZ_4K, PAGES, 2),
		   "%s: the guest runs with another root", f->name);
		ok(vm_sound(vm), "%s: the tables are sound", f->name);
		vm_free(vm);
		mem_unmap(mem, SIZE);
	}
	ok(!counted("unknown"), "the hypervisor of the test build knows all requests of KVM");
	return done();
}
