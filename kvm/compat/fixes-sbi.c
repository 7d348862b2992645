// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: faults of stock SBI calls that later kernels have repaired.
 */
#include <linux/kvm_host.h>
#include <linux/overflow.h>
#include <asm/kvm_vcpu_sbi.h>
#include <asm/sbi.h>

#include "../gstage.h"

extern const struct kvm_vcpu_sbi_extension stock_vcpu_sbi_ext_rfence;

/*
 * If a range ends in the last page of the address space, the stock loop over its pages may never
 * end: the address overflows. The vCPU's thread then stays in the kernel. Such a call fences all
 * addresses instead, as a size of -1 does.
 */
static int rfence_handler(struct kvm_vcpu *vcpu, struct kvm_run *run,
			  struct kvm_vcpu_sbi_return *retdata)
{
	struct kvm_cpu_context *regs = &vcpu->arch.guest_context;
	unsigned long size = regs->a3, end;
	int ret;

	if (check_add_overflow(regs->a2, size, &end) || check_add_overflow(end, PAGE_SIZE, &end))
		regs->a3 = -1UL;
	ret = stock_vcpu_sbi_ext_rfence.handler(vcpu, run, retdata);
	regs->a3 = size;
	return ret;
}

const struct kvm_vcpu_sbi_extension vcpu_sbi_ext_rfence = {
	.extid_start = SBI_EXT_RFENCE,
	.extid_end = SBI_EXT_RFENCE,
	.handler = rfence_handler,
};

#if defined(CONFIG_RISCV_PMU_SBI) && defined(GST_HAS_PMU_SNAPSHOT)
int stock_kvm_riscv_vcpu_pmu_snapshot_set_shmem(struct kvm_vcpu *vcpu, unsigned long saddr_low,
						unsigned long saddr_high, unsigned long flags,
						struct kvm_vcpu_sbi_return *retdata);

/*
 * If a guest sets a new area, stock KVM loses the memory of the old one. If KVM cannot write the
 * new area, 6.12 frees the memory and keeps the pointer. So hide the old area from the stock
 * function, then free it or put it back.
 */
int kvm_riscv_vcpu_pmu_snapshot_set_shmem(struct kvm_vcpu *vcpu, unsigned long saddr_low,
					  unsigned long saddr_high, unsigned long flags,
					  struct kvm_vcpu_sbi_return *retdata)
{
	struct kvm_pmu *pmu = vcpu_to_pmu(vcpu);
	struct riscv_pmu_snapshot_data *old = pmu->sdata;
	gpa_t old_addr = pmu->snapshot_addr;
	int ret;

	pmu->sdata = NULL;
	pmu->snapshot_addr = INVALID_GPA;
	ret = stock_kvm_riscv_vcpu_pmu_snapshot_set_shmem(vcpu, saddr_low, saddr_high, flags,
							  retdata);
	if (ret || retdata->err_val) {
		pmu->sdata = old;
		pmu->snapshot_addr = old_addr;
	} else {
		kfree(old);
	}
	return ret;
}
#endif
