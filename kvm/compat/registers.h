/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: registers of vCPUs on this hart.
 *
 * With nested acceleration (from Linux 6.13 on), registers may be in memory that is shared with the
 * hypervisor below. A value that is written there takes effect only when it is synchronized or the
 * guest runs.
 */
#ifndef GST_KVM_COMPAT_REGISTERS_H
#define GST_KVM_COMPAT_REGISTERS_H

#include <linux/kvm_host.h>
#include <asm/csr.h>

#ifdef GST_HAS_NACL
#include <asm/kvm_nacl.h>
#else
#define ncsr_write(csr, value) csr_write(csr, value)
#define ncsr_read(csr)         csr_read(csr)
#define nsync_csr(csr)         ((void)(csr))
#endif

static inline void gst_kvm_write_hgatp(unsigned long hgatp)
{
	ncsr_write(CSR_HGATP, hgatp);
}

static inline void gst_kvm_write_vsatp(unsigned long vsatp)
{
	ncsr_write(CSR_VSATP, vsatp);
}

static inline unsigned long gst_kvm_read_hgatp(void)
{
	return ncsr_read(CSR_HGATP);
}

/* Make a written hgatp take effect now. */
static inline void gst_kvm_sync_hgatp(void)
{
	nsync_csr(CSR_HGATP);
}

/*
 * Make all register writes for the vCPU that is loaded on this hart take effect now, though the
 * guest does not run.
 */
static inline void gst_kvm_sync_registers(void)
{
	nsync_csr(-1UL);
}

/*
 * Make the next vcpu_load write all registers of the hart. From Linux 7.1 on it does not write
 * registers that the hart still has. Older kernels always write them.
 */
static inline void gst_kvm_load_in_full(struct kvm_vcpu *vcpu)
{
#ifdef GST_HAS_CSR_DIRTY
	vcpu->arch.csr_dirty = true;
#endif
}

#endif /* GST_KVM_COMPAT_REGISTERS_H */
