// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trigger each of the tracepoints kvm:kvm_gstage_... with one VM, and print the VM's gstage_stats.
 * In tests/kvm/tools.sh perf, trace-cmd and bpftrace run this program and count its events.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "live.h"
#include "tap.h"
#include "vcpu.h"

#define GPA  SZ_1G
#define SIZE (4 * SZ_2M)

int main(void)
{
	struct kvm_pre_fault_memory ahead = { .gpa = GPA + SIZE, .size = 3 * SZ_4K };
	static char stats[4096];
	char *huge, *small;
	struct vcpu *vcpu;
	struct vm *vm;

	host_init(100);
	vm = vm_new(NULL);
	vcpu = vcpu_new(vm);
	vcpu_warm(vcpu);
	huge = mem_map(SIZE, HUGE);
	small = mem_map(SIZE, SMALL);
	vm_slot(vm, 0, 0, GPA, SIZE, huge);
	vm_slot(vm, 1, 0, GPA + SIZE, SIZE, small);
	guest_fill(vcpu, GPA, SZ_2M, SIZE / SZ_2M, 1);
	guest_fill(vcpu, GPA + SIZE + SZ_2M, SZ_4K, 40, 1);
	if (ioctl(vcpu->fd, KVM_PRE_FAULT_MEMORY, &ahead))
		bail("KVM_PRE_FAULT_MEMORY: %s", strerror(errno));
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, huge);
	vm_slot(vm, 0, 0, GPA, SIZE, huge);
	madvise(small + SZ_2M, 5 * SZ_4K, MADV_DONTNEED);
	/* Two changes, if the host has more than one format: the last format is the first one. */
	change_format(vm->fd, next_format(NULL)->mode);
	change_format(vm->fd, host.widest->mode);
	vm_text(vm, "gstage_stats", stats, sizeof(stats));
	fputs(stats, stdout);
	vm_free(vm);
	return 0;
}
