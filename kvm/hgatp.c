// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: which formats the host has, and what each hart has in hgatp.
 */
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/csr.h>

#include "gstage.h"

/* Bitmask of hgatp.MODE encodings; not 0 once the module is loaded. */
static u64 host_modes __ro_after_init;

/* What gstage has put into this hart's hgatp; 0 where nothing is left of it. */
static DEFINE_PER_CPU(unsigned long, loaded_hgatp);

/* This hart is between reading a root word and having it in loaded_hgatp. */
static DEFINE_PER_CPU(bool, loading);

u64 gst_kvm_modes(void)
{
	return host_modes;
}

const struct gst_format *gst_kvm_widest(void)
{
	return gst_format_widest(host_modes);
}

/*
 * Each mode by itself: a host may have Sv57x4 without Sv48x4. MODE is WARL, so
 * start from a known state and compare what reads back.
 */
void __init gst_kvm_detect_modes(void)
{
	for (unsigned int i = 0; i < GST_FORMATS; i++) {
		const struct gst_format *fmt = &gst_formats[i];

		if (fmt->xlen != GST_XLEN)
			continue;
		csr_write(CSR_HGATP, 0);
		csr_write(CSR_HGATP, (unsigned long)fmt->mode << HGATP_MODE_SHIFT);
		if (csr_read(CSR_HGATP) >> HGATP_MODE_SHIFT == fmt->mode)
			host_modes |= BIT_ULL(fmt->mode);
	}
	csr_write(CSR_HGATP, 0);
	kvm_riscv_local_hfence_gvma_all();
	host_modes &= gst_kvm_test_modes();
}

static unsigned long make_hgatp(gst_root_t root, unsigned long vmid)
{
	unsigned long ppn = __pa(gst_root_table(root)) >> PAGE_SHIFT;

	return ((unsigned long)gst_root_mode(root) << HGATP_MODE_SHIFT) |
	       ((vmid << HGATP_VMID_SHIFT) & HGATP_VMID) | (ppn & HGATP_PPN);
}

/*
 * Load hgatp on this hart. Where the VMID stays and the root or the MODE does
 * not, the hart may hold translations of the old one under that VMID, even made
 * by speculation while no guest ran: HFENCE.GVMA with rs1=x0, as the privileged
 * spec demands after a change of MODE. See docs/TLB.md.
 */
static void load_hgatp(unsigned long hgatp)
{
	unsigned long old = this_cpu_read(loaded_hgatp);

	gst_kvm_write_hgatp(hgatp);
	/* So that the hart has no root but the one that gst_kvm_forget_root() looks for. */
	if (old != hgatp)
		gst_kvm_sync_hgatp();
	this_cpu_write(loaded_hgatp, hgatp);

	if (!kvm_riscv_gstage_vmid_bits())
		kvm_riscv_local_hfence_gvma_all();
	else if (old != hgatp && (old & HGATP_VMID) == (hgatp & HGATP_VMID))
		kvm_riscv_local_hfence_gvma_vmid_all((hgatp & HGATP_VMID) >> HGATP_VMID_SHIFT);
}

/**
 * gst_kvm_load_root() - load hgatp of a vCPU on this hart
 * @vcpu: the vCPU, which is loaded or being loaded here
 */
void gst_kvm_load_root(struct kvm_vcpu *vcpu)
{
	struct gst_kvm *gk = to_gst_kvm(vcpu->kvm);
	unsigned long hgatp, flags;
	gst_root_t root;

	/*
	 * gst_kvm_forget_root() sees that this hart is at it, or this hart sees the new
	 * root: there is a full barrier between the store and the load on either side.
	 */
	local_irq_save(flags);
	this_cpu_write(loading, true);
	smp_mb();
	root = gst_root(&gk->space);
	/* No vCPU of a VM whose tables are gone runs again. */
	if (root) {
		hgatp = make_hgatp(root, READ_ONCE(vcpu->kvm->arch.vmid.vmid));
		load_hgatp(hgatp);
		if (READ_ONCE(gk->hgatp) != hgatp)
			WRITE_ONCE(gk->hgatp, gst_kvm_read_hgatp());
	}
	smp_store_release(this_cpu_ptr(&loading), false);
	local_irq_restore(flags);
}

/*
 * Some kernels leave everything as it is where a vCPU comes back to the hart that it last
 * ran on, and no other was there. hgatp may be another by now all the same: forgotten, or
 * changed for the vCPU while it was on another hart and did not get to run there.
 */
void kvm_arch_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	gst_root_t root = gst_root(gst_kvm_space(vcpu->kvm));

	if (root && this_cpu_read(loaded_hgatp) !=
			    make_hgatp(root, READ_ONCE(vcpu->kvm->arch.vmid.vmid)))
		gst_kvm_load_in_full(vcpu);
	stock_kvm_arch_vcpu_load(vcpu, cpu);
}

static void clear_hgatp(void)
{
	gst_kvm_write_hgatp(0);
	gst_kvm_sync_hgatp();
	this_cpu_write(loaded_hgatp, 0);
	kvm_riscv_local_hfence_gvma_all();
}

/*
 * A hart that goes offline answers no more: neither where a root is forgotten, nor where
 * VMIDs start over.
 */
void kvm_arch_disable_virtualization_cpu(void)
{
	clear_hgatp();
	stock_kvm_arch_disable_virtualization_cpu();
}

static void forget_local(void *info)
{
	if ((this_cpu_read(loaded_hgatp) & HGATP_PPN) == *(unsigned long *)info)
		clear_hgatp();
}

/* May the hart have this root? Where it is just loading, it answers for itself, with interrupts on. */
static bool may_hold(int cpu, void *info)
{
	return smp_load_acquire(per_cpu_ptr(&loading, cpu)) ||
	       (READ_ONCE(per_cpu(loaded_hgatp, cpu)) & HGATP_PPN) == *(unsigned long *)info;
}

/**
 * gst_kvm_forget_root() - take a root that is about to be freed out of every hart's hgatp
 * @root: the root, which no space has any more
 *
 * A hart in HS-mode may still walk it by speculation, since HLV could use it at any
 * time. A vCPU that has it loaded while it is outside of the guest is left with
 * hgatp = 0: it has KVM_REQ_UPDATE_HGATP posted, or belongs to a VM that is gone.
 * Harts that have another root, most often all, are not interrupted.
 */
void gst_kvm_forget_root(gst_root_t root)
{
	unsigned long ppn = make_hgatp(root, 0) & HGATP_PPN;

	smp_mb();
	on_each_cpu_cond(may_hold, forget_local, &ppn, true);
}
