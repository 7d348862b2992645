/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: included ahead of the stock tlb.c. Its HFENCE.VVMA functions write hgatp and restore it.
 * With these macros they leave hgatp alone: gst_kvm_vvma_begin() says why. If the stock code writes
 * another CSR, it does not compile.
 */
#ifndef GST_KVM_COMPAT_STOCK_TLB_H
#define GST_KVM_COMPAT_STOCK_TLB_H

#include <linux/build_bug.h>
#include <linux/kvm_host.h>
#include <asm/csr.h>

unsigned long gst_kvm_vvma_begin(unsigned long vmid);
void gst_kvm_vvma_end(unsigned long flags);

#undef csr_swap
#define csr_swap(csr, value)                                                                       \
	({                                                                                         \
		BUILD_BUG_ON((csr) != CSR_HGATP);                                                  \
		gst_kvm_vvma_begin(value);                                                         \
	})

#undef csr_write
#define csr_write(csr, value)                                                                      \
	({                                                                                         \
		BUILD_BUG_ON((csr) != CSR_HGATP);                                                  \
		gst_kvm_vvma_end(value);                                                           \
	})

#endif /* GST_KVM_COMPAT_STOCK_TLB_H */
