// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host that has a hypervisor below, with nested acceleration: CSRs and fences go by way of memory that is shared with
 * it. A test build plays it (kvm/compat/test-nacl.c). This asks whether it is used; the general tests run there
 * too, see MANIFEST.
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
		bail("no %s: this wants the module gstage-test with test_nacl=1", path);
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
		   "%s: the guest is entered by way of the hypervisor below", f->name);

		fences = counted("fences");
		madvise(mem, SIZE, MADV_DONTNEED);
		ok(guest_check(vcpu, SZ_1G, SZ_4K, PAGES, 1) == PAGES,
		   "%s: what was taken away is gone", f->name);
		ok(counted("fences") > fences, "%s: and it makes the fences", f->name);

		guest_fill(vcpu, SZ_1G, SZ_4K, PAGES, 2);
		ok(!change_format(vm->fd, host.widest->mode) &&
			   !guest_check(vcpu, SZ_1G, SZ_4K, PAGES, 2),
		   "%s: it gets another root", f->name);
		ok(vm_sound(vm), "%s: sound", f->name);
		vm_free(vm);
		mem_unmap(mem, SIZE);
	}
	ok(!counted("unknown"), "it knows all that it is asked for");
	return done();
}
