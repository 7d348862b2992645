// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: faults of the stock PMU.
 *
 * Linux 6.12 uses numbers from the guest as indices, and does not check all of them. Later kernels
 * check them. But a guest can give an event of hardware to a firmware counter, and a read of that
 * counter then makes these kernels print a warning with a backtrace. A call that is refused here
 * gets the same answer as one with a number that is too large.
 */
#include <linux/kvm_host.h>
#include <asm/kvm_vcpu_insn.h>
#include <asm/kvm_vcpu_sbi.h>
#include <asm/sbi.h>

#include "../gstage.h"

#ifdef CONFIG_RISCV_PMU_SBI
extern const struct kvm_vcpu_sbi_extension stock_vcpu_sbi_ext_pmu;
int stock_kvm_riscv_vcpu_pmu_read_hpm(struct kvm_vcpu *vcpu, unsigned int csr_num,
				      unsigned long *val, unsigned long new_val,
				      unsigned long wr_mask);

static bool is_counter(const struct kvm_pmu *pmu, unsigned long counter)
{
	return counter < pmu->num_hw_ctrs + pmu->num_fw_ctrs;
}

/* The event of a firmware counter is an index. A counter that was never configured has none. */
static bool is_readable(const struct kvm_pmu *pmu, unsigned long counter)
{
	const struct kvm_pmc *pmc;

	if (!is_counter(pmu, counter))
		return false;
	pmc = &pmu->pmc[counter];
	return pmc->cinfo.type != SBI_PMU_CTR_TYPE_FW ||
	       (pmc->event_idx & SBI_PMU_EVENT_IDX_CODE_MASK) < SBI_PMU_FW_MAX;
}

static int pmu_handler(struct kvm_vcpu *vcpu, struct kvm_run *run,
		       struct kvm_vcpu_sbi_return *retdata)
{
	const struct kvm_cpu_context *regs = &vcpu->arch.guest_context;
	const struct kvm_pmu *pmu = vcpu_to_pmu(vcpu);
	bool good = true;

	switch (regs->a6) {
	case SBI_EXT_PMU_COUNTER_GET_INFO:
		good = regs->a0 < RISCV_KVM_MAX_COUNTERS;
		break;
	/*
	 * This is the first of several counters. Stock KVM checks the last one, and its number may
	 * overflow.
	 */
	case SBI_EXT_PMU_COUNTER_CFG_MATCH:
	case SBI_EXT_PMU_COUNTER_START:
	case SBI_EXT_PMU_COUNTER_STOP:
		good = is_counter(pmu, regs->a0);
		break;
	case SBI_EXT_PMU_COUNTER_FW_READ:
#ifdef GST_HAS_FW_READ_HI
	case SBI_EXT_PMU_COUNTER_FW_READ_HI:
#endif
		good = is_readable(pmu, regs->a0);
		break;
	}
	if (pmu->init_done && !good) {
		retdata->err_val = SBI_ERR_INVALID_PARAM;
		return 0;
	}
	return stock_vcpu_sbi_ext_pmu.handler(vcpu, run, retdata);
}

static unsigned long pmu_probe(struct kvm_vcpu *vcpu)
{
	return stock_vcpu_sbi_ext_pmu.probe(vcpu);
}

const struct kvm_vcpu_sbi_extension vcpu_sbi_ext_pmu = {
	.extid_start = SBI_EXT_PMU,
	.extid_end = SBI_EXT_PMU,
	.handler = pmu_handler,
	.probe = pmu_probe,
};

/*
 * The guest reads the CSR of a counter. With few hardware counters this may be a firmware counter.
 */
int kvm_riscv_vcpu_pmu_read_hpm(struct kvm_vcpu *vcpu, unsigned int csr_num, unsigned long *val,
				unsigned long new_val, unsigned long wr_mask)
{
	const struct kvm_pmu *pmu = vcpu_to_pmu(vcpu);

	if (pmu->init_done && !is_readable(pmu, csr_num - CSR_CYCLE))
		return KVM_INSN_ILLEGAL_TRAP;
	return stock_kvm_riscv_vcpu_pmu_read_hpm(vcpu, csr_num, val, new_val, wr_mask);
}
#endif
