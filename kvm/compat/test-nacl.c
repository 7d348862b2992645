// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: a test build plays the hypervisor below, with nested acceleration (SBI 3.0, chapter 15).
 * No hypervisor in Debian has that. With test_nacl=1, stock KVM finds the extension, and its calls
 * come here. As with such a hypervisor,
 *
 * - a CSR or a fence that is written to the shared memory of a hart takes effect when it is
 *   synchronized or the guest is entered, and not before;
 * - after the guest was left, the shared memory has the values of the CSRs.
 *
 * This is only for kernels that support the extension. kvm/Kbuild says when it is built, and which
 * names it replaces.
 */
#include <linux/atomic.h>
#include <linux/kvm_host.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <asm/csr.h>
#include <asm/kvm_nacl.h>
#include <asm/kvm_tlb.h>

/* Linux 6.18 has no name for the type of an entry. */
#ifndef __lelong
#define __lelong unsigned long
#endif

static bool test_nacl;
module_param(test_nacl, bool, 0400);

/* Counters: entries into the guest, fences executed, CSRs and fences that are unknown here. */
static atomic_t entries, fences, unknown;
module_param_named(test_nacl_entries, entries.counter, int, 0400);
module_param_named(test_nacl_fences, fences.counter, int, 0400);
module_param_named(test_nacl_unknown, unknown.counter, int, 0400);

/* The CSRs that KVM writes to the shared memory. */
/* clang-format off */
#define CSRS(X) \
	X(HEDELEG) X(HIDELEG) X(HENVCFG) X(HSTATEEN0) X(HTIMEDELTA) X(HGATP) \
	X(HVIP) X(HVICTL) X(HVIPRIO1) X(HVIPRIO2) X(VSISELECT) X(VSTIMECMP) \
	X(VSSTATUS) X(VSIE) X(VSTVEC) X(VSSCRATCH) X(VSEPC) X(VSCAUSE) X(VSTVAL) X(VSATP)
/* clang-format on */

#define NUMBER(csr) NR_##csr,
enum { CSRS(NUMBER) };

struct hart {
	void *shmem;
	u32 used; /* the CSRs that were ever written: a hart may lack the others */
};
static DEFINE_PER_CPU(struct hart, harts);

static __always_inline u8 *dirty_byte(void *shmem, unsigned int csr)
{
	return (u8 *)shmem + SBI_NACL_SHMEM_DBITMAP_OFFSET + SBI_NACL_SHMEM_CSR_INDEX(csr) / 8;
}

static __always_inline bool take_dirty(void *shmem, unsigned int csr)
{
	u8 bit = 1u << SBI_NACL_SHMEM_CSR_INDEX(csr) % 8, *byte = dirty_byte(shmem, csr);
	bool was = *byte & bit;

	*byte &= ~bit;
	return was;
}

static __always_inline void store(void *shmem, unsigned int csr, unsigned long value)
{
	__lelong *csrs = shmem + SBI_NACL_SHMEM_CSR_OFFSET;

	csrs[SBI_NACL_SHMEM_CSR_INDEX(csr)] = cpu_to_lelong(value);
}

/* @which: a CSR, or -1 for all */
static __always_inline void sync_csrs(struct hart *hart, unsigned long which)
{
#define SYNC(csr)                                                                                  \
	if ((which == -1UL || which == CSR_##csr) && take_dirty(hart->shmem, CSR_##csr)) {         \
		csr_write(CSR_##csr, nacl_csr_read(hart->shmem, CSR_##csr));                       \
		hart->used |= 1u << NR_##csr;                                                      \
	}
	CSRS(SYNC)
	if (which == -1UL) {
		u64 *dirty = hart->shmem + SBI_NACL_SHMEM_DBITMAP_OFFSET;

		for (unsigned int i = 0; i < SBI_NACL_SHMEM_DBITMAP_SIZE / sizeof(*dirty); i++)
			if (dirty[i])
				raw_atomic_inc(&unknown);
	}
}

static __always_inline void show_csrs(struct hart *hart)
{
#define SHOW(csr)                                                                                  \
	if (hart->used & 1u << NR_##csr)                                                           \
		store(hart->shmem, CSR_##csr, csr_read(CSR_##csr));
	CSRS(SHOW)
	store(hart->shmem, CSR_HTVAL, csr_read(CSR_HTVAL));
	store(hart->shmem, CSR_HTINST, csr_read(CSR_HTINST));
}

static void fence(unsigned long config, unsigned long page, unsigned long pages)
{
	unsigned long order = (config >> SBI_NACL_SHMEM_HFENCE_CONFIG_ORDER_SHIFT &
			       SBI_NACL_SHMEM_HFENCE_CONFIG_ORDER_MASK) +
			      SBI_NACL_SHMEM_HFENCE_ORDER_BASE;
	unsigned long vmid = config >> SBI_NACL_SHMEM_HFENCE_CONFIG_VMID_SHIFT &
			     SBI_NACL_SHMEM_HFENCE_CONFIG_VMID_MASK;
	unsigned long asid = config & SBI_NACL_SHMEM_HFENCE_CONFIG_ASID_MASK;
	/* A fence of all addresses has no order. */
	unsigned long start = pages ? page << order : 0, size = pages ? pages << order : 0;

	switch (config >> SBI_NACL_SHMEM_HFENCE_CONFIG_TYPE_SHIFT &
		SBI_NACL_SHMEM_HFENCE_CONFIG_TYPE_MASK) {
	case SBI_NACL_SHMEM_HFENCE_TYPE_GVMA:
		return kvm_riscv_local_hfence_gvma_gpa(start, size, order);
	case SBI_NACL_SHMEM_HFENCE_TYPE_GVMA_ALL:
		return kvm_riscv_local_hfence_gvma_all();
	case SBI_NACL_SHMEM_HFENCE_TYPE_GVMA_VMID:
		return kvm_riscv_local_hfence_gvma_vmid_gpa(vmid, start, size, order);
	case SBI_NACL_SHMEM_HFENCE_TYPE_GVMA_VMID_ALL:
		return kvm_riscv_local_hfence_gvma_vmid_all(vmid);
	case SBI_NACL_SHMEM_HFENCE_TYPE_VVMA:
		return kvm_riscv_local_hfence_vvma_gva(vmid, start, size, order);
	case SBI_NACL_SHMEM_HFENCE_TYPE_VVMA_ALL:
		return kvm_riscv_local_hfence_vvma_all(vmid);
	case SBI_NACL_SHMEM_HFENCE_TYPE_VVMA_ASID:
		return kvm_riscv_local_hfence_vvma_asid_gva(vmid, asid, start, size, order);
	case SBI_NACL_SHMEM_HFENCE_TYPE_VVMA_ASID_ALL:
		return kvm_riscv_local_hfence_vvma_asid_all(vmid, asid);
	}
	raw_atomic_inc(&unknown);
}

/* @which: the number of an entry, or -1 for all */
static void sync_fences(struct hart *hart, unsigned long which)
{
	for (unsigned long i = 0; i < SBI_NACL_SHMEM_HFENCE_ENTRY_MAX; i++) {
		__lelong *entry = hart->shmem + SBI_NACL_SHMEM_HFENCE_ENTRY(i);
		unsigned long config = lelong_to_cpu(entry[0]);

		if (!(config & SBI_NACL_SHMEM_HFENCE_CONFIG_PEND) || (which != -1UL && which != i))
			continue;
		fence(config, lelong_to_cpu(entry[1]), lelong_to_cpu(entry[2]));
		entry[0] = 0;
		raw_atomic_inc(&fences);
	}
}

/* SBI_EXT_NACL_SYNC_SRET. This replaces the stock code that makes the call. */
noinstr void gst_kvm_test_switch_to(struct kvm_vcpu_arch *arch, unsigned long ext,
				    unsigned long fid)
{
	struct hart *hart = this_cpu_ptr(&harts);
	unsigned long hstatus;

	sync_csrs(hart, -1UL);
	sync_fences(hart, -1UL);
	hstatus = csr_swap(
		CSR_HSTATUS,
		nacl_scratch_read_long(hart->shmem, SBI_NACL_SHMEM_AUTOSWAP_OFFSET +
							    SBI_NACL_SHMEM_AUTOSWAP_HSTATUS));
	__kvm_riscv_switch_to(arch);
	hstatus = csr_swap(CSR_HSTATUS, hstatus);
	nacl_scratch_write_long(hart->shmem,
				SBI_NACL_SHMEM_AUTOSWAP_OFFSET + SBI_NACL_SHMEM_AUTOSWAP_HSTATUS,
				hstatus);
	show_csrs(hart);
	raw_atomic_inc(&entries);
}

/*
 * The kernel's own functions. In the rest of kvm.ko these names are macros for the functions below.
 */
#undef __sbi_ecall
#undef sbi_probe_extension
struct sbiret __sbi_ecall(unsigned long arg0, unsigned long arg1, unsigned long arg2,
			  unsigned long arg3, unsigned long arg4, unsigned long arg5, int fid,
			  int ext);
long sbi_probe_extension(int ext);

long gst_kvm_test_probe_extension(int ext)
{
	return test_nacl && ext == SBI_EXT_NACL ? 1 : sbi_probe_extension(ext);
}

struct sbiret gst_kvm_test_ecall(unsigned long arg0, unsigned long arg1, unsigned long arg2,
				 unsigned long arg3, unsigned long arg4, unsigned long arg5,
				 int fid, int ext)
{
	struct sbiret ret = { .error = SBI_SUCCESS };
	unsigned long flags;

	if (!test_nacl || ext != SBI_EXT_NACL)
		return __sbi_ecall(arg0, arg1, arg2, arg3, arg4, arg5, fid, ext);
	local_irq_save(flags);
	switch (fid) {
	case SBI_EXT_NACL_PROBE_FEATURE:
		ret.value = 1;
		break;
	case SBI_EXT_NACL_SET_SHMEM:
		this_cpu_write(harts.shmem, arg0 == SBI_SHMEM_DISABLE ? NULL : __va(arg0));
		break;
	case SBI_EXT_NACL_SYNC_CSR:
		sync_csrs(this_cpu_ptr(&harts), arg0);
		break;
	case SBI_EXT_NACL_SYNC_HFENCE:
		sync_fences(this_cpu_ptr(&harts), arg0);
		break;
	default:
		ret.error = SBI_ERR_NOT_SUPPORTED;
	}
	local_irq_restore(flags);
	return ret;
}
