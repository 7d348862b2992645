// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: which formats the host has, and what each hart has in hgatp.
 *
 * While a hart is enabled for KVM, its hgatp always has a root of gstage: the root of the VM whose
 * vCPU was loaded last, or the void root, which maps nothing. MODE is never Bare. A vCPU that
 * entered the guest with the void root would fault at once, and not reach memory of the host.
 */
#include <linux/gfp.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/csr.h>

#include "hart/hart.h"

/* Bitmask of hgatp.MODE encodings; not 0 once the module is loaded. */
static u64 host_modes __ro_after_init;

/* hgatp with the void root and VMID 0, and the root's pages. */
static unsigned long void_hgatp __ro_after_init;
static struct page *void_root __ro_after_init;

/**
 * struct hart - what one hart has loaded
 * @hgatp: the value that gstage has written to its hgatp; 0 if the hart is not enabled
 * @generation: the generation of the VMIDs that it may have cached translations of
 * @loading: the hart has begun to read a root, and has not stored it in @hgatp yet
 */
struct hart {
	unsigned long hgatp;
	unsigned long generation;
	bool loading;
};

static DEFINE_PER_CPU(struct hart, harts);

u64 gst_kvm_modes(void)
{
	return host_modes;
}

const struct gst_format *gst_kvm_widest(void)
{
	return gst_format_widest(host_modes);
}

static unsigned long hgatp_of(unsigned int mode, void *table)
{
	unsigned long ppn = __pa(table) >> PAGE_SHIFT;

	return ((unsigned long)mode << HGATP_MODE_SHIFT) | (ppn & HGATP_PPN);
}

/* A root that maps nothing. */
static struct page *alloc_root(void)
{
	return alloc_pages(GFP_KERNEL | __GFP_ZERO, get_order(GST_ROOT_SIZE));
}

static void free_root(struct page *root)
{
	__free_pages(root, get_order(GST_ROOT_SIZE));
}

/*
 * Try each mode: a host may have Sv57x4 without Sv48x4. MODE is WARL, so start from a known state
 * and compare what reads back.
 */
static void __init detect_modes(void *root)
{
	for (unsigned int i = 0; i < GST_FORMATS; i++) {
		const struct gst_format *fmt = &gst_formats[i];

		if (fmt->xlen != GST_XLEN)
			continue;
		csr_write(CSR_HGATP, 0);
		csr_write(CSR_HGATP, hgatp_of(fmt->mode, root));
		if (csr_read(CSR_HGATP) >> HGATP_MODE_SHIFT == fmt->mode)
			host_modes |= BIT_ULL(fmt->mode);
	}
	host_modes &= gst_kvm_test_modes();
}

/*
 * With interrupts off: nothing else may run on this hart, nor this on another, before the fence.
 * hgatp gets a root that maps nothing, since the hart may walk with each value by speculation.
 */
void __init gst_kvm_detect_modes(void)
{
	struct page *root = alloc_root();
	unsigned long flags;

	if (!root)
		return;
	local_irq_save(flags);
	gst_kvm_write_vsatp(0);
	detect_modes(page_address(root));
	if (gst_kvm_widest())
		gst_kvm_detect_vmids(hgatp_of(gst_kvm_widest()->mode, page_address(root)));
	csr_write(CSR_HGATP, 0);
	kvm_riscv_local_hfence_gvma_all();
	local_irq_restore(flags);
	free_root(root);
}

/**
 * gst_kvm_void_root_init() - make the void root
 *
 * Return: 0 or -ENOMEM.
 */
int gst_kvm_void_root_init(void)
{
	void_root = alloc_root();
	if (!void_root)
		return -ENOMEM;
	void_hgatp = hgatp_of(gst_format_fitting(host_modes, 0)->mode, page_address(void_root));
	return 0;
}

/* No hart is enabled any more. */
void gst_kvm_void_root_exit(void)
{
	free_root(void_root);
}

/**
 * gst_kvm_publish_root() - set the root that vCPUs of a VM load from now on
 * @gk: the VM
 * @root: the root; 0: the void root, because the VM's root is about to be freed
 *
 * Does not wait, and does not tell the vCPUs: see gst_kvm_hgatp_changed().
 */
void gst_kvm_publish_root(struct gst_kvm *gk, gst_root_t root)
{
	WRITE_ONCE(gk->hgatp_root,
		   root ? hgatp_of(gst_root_mode(root), gst_root_table(root)) : void_hgatp);
}

/* What of its translations a hart must drop. */
enum stale { STALE_NONE, STALE_VMID, STALE_ALL };

static void drop(enum stale stale, unsigned long hgatp)
{
	if (stale == STALE_ALL)
		kvm_riscv_local_hfence_gvma_all();
	else if (stale == STALE_VMID)
		kvm_riscv_local_hfence_gvma_vmid_all((hgatp & HGATP_VMID) >> HGATP_VMID_SHIFT);
}

/*
 * Load hgatp on this hart. What may the hart hold that is wrong with the new value?
 *
 * - Tables of the VM were freed since the hart last fenced them, or its root or MODE has changed:
 *   all of the VMID. The hart was not interrupted for it, if it had another VM's root then.
 * - The VMID is of another generation than the last one, so VMIDs have started over: everything.
 * - The hart has no VMIDs, and translations of all VMs look alike: everything.
 *
 * It is dropped before hgatp is written: with the new value the hart may use it at once, also by
 * speculation. It is dropped again afterwards, since the hart may have walked with the old value in
 * between, and the privileged spec demands HFENCE.GVMA with rs1=x0 after a change of MODE. See
 * docs/TLB.md, "hgatp".
 *
 * Return: whether the vCPU owes a fence of the VS-stage, too.
 */
static bool load_hgatp(unsigned long hgatp, unsigned long generation, bool purged)
{
	struct hart *hart = this_cpu_ptr(&harts);
	bool alike = !gst_kvm_vmid_bits() && hart->hgatp != hgatp;
	enum stale stale = STALE_NONE;

	if (purged && !gst_kvm_mistaken(no_purge_fence))
		stale = STALE_VMID;
	if ((hart->generation != generation && !gst_kvm_mistaken(no_generation_fence) &&
	     !gst_kvm_mistaken(no_rollover_fence)) ||
	    alike)
		stale = STALE_ALL;

	if (!gst_kvm_mistaken(no_fence_ahead))
		drop(stale, hgatp);
	gst_kvm_write_hgatp(hgatp);
	/* The hart must not have another root than the one that gst_kvm_forget_root() looks for. */
	if (hart->hgatp != hgatp)
		gst_kvm_sync_hgatp();
	WRITE_ONCE(hart->hgatp, hgatp);
	drop(stale, hgatp);
	if (stale == STALE_ALL)
		hart->generation = generation;
	return stale == STALE_ALL;
}

/**
 * gst_kvm_load_root() - load hgatp of a vCPU on this hart
 * @vcpu: the vCPU, which is loaded or being loaded here
 */
void gst_kvm_load_root(struct kvm_vcpu *vcpu)
{
	struct gst_kvm_vcpu *gv = to_gst_vcpu(vcpu);
	struct gst_kvm *gk = to_gst_kvm(vcpu->kvm);
	unsigned long hgatp, vmid, flags;
	struct gst_kvm_seen *seen, now;
	struct hart *hart;

	/*
	 * Either gst_kvm_forget_root() sees that this hart is loading, or this hart sees the new
	 * root. Both sides have a full barrier between their store and their load.
	 */
	local_irq_save(flags);
	hart = this_cpu_ptr(&harts);
	seen = this_cpu_ptr(gk->seen);
	WRITE_ONCE(hart->loading, true);
	if (!gst_kvm_mistaken(no_load_barrier))
		smp_mb();
	vmid = gst_kvm_current_vmid(gk);
	hgatp = gst_kvm_hgatp(gk, vmid);
	/* In this order: change_root() counts the purge, and then publishes the root. */
	smp_rmb();
	now = (struct gst_kvm_seen){ .vcpu = seen->vcpu,
				     .root = hgatp & ~HGATP_VMID,
				     .purges = atomic_long_read(&gk->purges) };
	if (load_hgatp(hgatp, gst_kvm_generation(vmid),
		       now.root != seen->root || now.purges != seen->purges) ||
	    gv->vmid != vmid) {
		gv->vmid = vmid;
		if (!gst_kvm_mistaken(no_rollover_fence))
			vcpu->arch.last_exit_cpu = -1;
	}
	*seen = now;
	if (READ_ONCE(gk->hgatp_read) != hgatp)
		WRITE_ONCE(gk->hgatp_read, gst_kvm_read_hgatp());
	smp_store_release(&hart->loading, false);
	local_irq_restore(flags);
}

/*
 * Did the vCPU last leave the guest on this hart, and has no other vCPU of its VM been loaded here
 * since? If not, it owes a fence: fences that it executed on another hart do not count here, and
 * the hart may have cached translations of the other vCPU by speculation as soon as that was
 * loaded.
 */
static bool hart_is_its_own(struct kvm_vcpu *vcpu, int cpu)
{
	struct gst_kvm_seen *seen = this_cpu_ptr(to_gst_kvm(vcpu->kvm)->seen);
	bool turn = seen->vcpu != vcpu->vcpu_idx && !gst_kvm_mistaken(no_turn_fence);
	bool back = vcpu->arch.last_exit_cpu != cpu && !gst_kvm_mistaken(no_back_fence);

	seen->vcpu = vcpu->vcpu_idx;
	return !turn && !back;
}

/*
 * vsatp and hgatp must belong to one VM, since the hart may walk with both at any time, also
 * outside of the guest. The stock code writes vsatp first, while hgatp is still that of another VM.
 * The hart could cache translations with the other VM's VMID that go by this VM's vsatp. So vsatp
 * is Bare here before hgatp changes.
 *
 * Some kernels write no register where a vCPU comes back to the hart that it last ran on, if no
 * other vCPU was there. But hgatp may have changed: its root was taken away, or the vCPU got
 * another one while it was on another hart and did not enter the guest there.
 */
void kvm_arch_vcpu_load(struct kvm_vcpu *vcpu, int cpu)
{
	if (!hart_is_its_own(vcpu, cpu))
		vcpu->arch.last_exit_cpu = -1;
	if (!gst_kvm_root_is_loaded(vcpu)) {
		if (!gst_kvm_mistaken(no_bare_vsatp)) {
			gst_kvm_write_vsatp(0);
			gst_kvm_load_root(vcpu);
		}
		gst_kvm_load_in_full(vcpu);
	}
	stock_kvm_arch_vcpu_load(vcpu, cpu);
}

static void write_hgatp(unsigned long hgatp)
{
	gst_kvm_write_hgatp(hgatp);
	gst_kvm_sync_hgatp();
	this_cpu_write(harts.hgatp, hgatp);
	kvm_riscv_local_hfence_gvma_all();
}

/* KVM begins to use this hart. */
int gst_kvm_enable_hart(void)
{
	int ret = stock_enable_hart();

	if (ret)
		return ret;
	gst_kvm_write_vsatp(0);
	write_hgatp(void_hgatp);
	/* Nobody knows what this hart has cached. */
	gst_kvm_new_generation();
	return 0;
}

/*
 * A hart that goes offline answers no interrupt any more, so nobody could take a root away from it
 * before the root is freed. The void root is freed with the module. vsatp must be 0 first: the hart
 * could otherwise walk with the last guest's vsatp and use the guest's addresses as the host's.
 */
void gst_kvm_disable_hart(void)
{
	gst_kvm_write_vsatp(0);
	write_hgatp(0);
	stock_disable_hart();
}

/**
 * struct purge - the reason for which harts are interrupted
 * @kvm: the VM
 * @root: MODE and PPN of the root that these harts have in hgatp
 * @keep: the VM keeps @root. A hart that has a vCPU of the VM loaded keeps it in hgatp, and fences
 */
struct purge {
	struct kvm *kvm;
	unsigned long root;
	bool keep;
};

static bool has_root(unsigned long hgatp, const struct purge *purge)
{
	return (hgatp & ~HGATP_VMID) == purge->root;
}

static void purge_local(void *info)
{
	const struct purge *purge = info;
	unsigned long hgatp = this_cpu_read(harts.hgatp);
	struct kvm_vcpu *vcpu = kvm_get_running_vcpu();

	if (!has_root(hgatp, purge))
		return;
	if (purge->keep && vcpu && vcpu->kvm == purge->kvm) {
		struct gst_kvm *gk = to_gst_kvm(purge->kvm);

		this_cpu_ptr(gk->seen)->purges = atomic_long_read(&gk->purges);
		drop(STALE_VMID, hgatp);
	} else {
		write_hgatp(void_hgatp);
	}
}

/*
 * May the hart have this root? A hart that is just loading a root is interrupted after the load,
 * and looks then.
 */
static bool may_hold(int cpu, void *info)
{
	struct hart *hart = per_cpu_ptr(&harts, cpu);

	return smp_load_acquire(&hart->loading) || has_root(READ_ONCE(hart->hgatp), info);
}

/* The barrier orders what the caller has published or posted: see gst_kvm_load_root(). */
static void purge_harts(struct purge *purge)
{
	static struct purge unwaited;

	if (!gst_kvm_mistaken(no_purge_barrier))
		smp_mb();
	if (!gst_kvm_mistaken(no_purge_wait)) {
		on_each_cpu_cond(may_hold, purge_local, purge, true);
	} else {
		unwaited = *purge;
		on_each_cpu_cond(may_hold, purge_local, &unwaited, false);
	}
}

/**
 * gst_kvm_purge_harts() - let no hart walk through tables that are about to be freed
 * @gk: the VM, which keeps its root. The caller has unlinked the tables
 *
 * Returns when each hart that has the VM's root in hgatp has left the guest, if it was there, and
 * has fenced. A hart in HS-mode may walk by speculation, since HLV could use hgatp at any time. A
 * hart with Svadu may set A bits then. A hart that has no vCPU of the VM loaded gets the void root,
 * so that it is not interrupted the next time. A hart that has another root fences when it loads
 * the VM's.
 */
void gst_kvm_purge_harts(struct gst_kvm *gk)
{
	struct purge purge = { &gk->kvm, READ_ONCE(gk->hgatp_root), true };

	smp_mb__before_atomic();
	atomic_long_inc(&gk->purges);
	if (!gst_kvm_mistaken(no_purge))
		purge_harts(&purge);
}

/**
 * gst_kvm_forget_root() - take a root that is about to be freed out of every hart's hgatp
 * @gk: the VM. The caller has published another root for it, or the void root
 * @root: the old root
 *
 * Returns when each hart that had it has left the guest, if it was there. A vCPU that is loaded
 * there has the void root afterwards. It has KVM_REQ_UPDATE_HGATP posted, or its VM is being
 * destroyed. Harts that have another root are not interrupted.
 */
void gst_kvm_forget_root(struct gst_kvm *gk, gst_root_t root)
{
	struct purge purge = { &gk->kvm, hgatp_of(gst_root_mode(root), gst_root_table(root)),
			       false };

	if (!WARN_ON_ONCE(purge.root == READ_ONCE(gk->hgatp_root)) && !gst_kvm_mistaken(no_forget))
		purge_harts(&purge);
}

#ifdef GSTAGE_TEST
/* Overwrites hgatp behind gstage's back: MODE Bare, as a fault of gstage or of the hart might. */
static void lose_local(void *unused)
{
	gst_kvm_write_hgatp(0);
}

void gst_kvm_test_lose_hgatp(void)
{
	on_each_cpu(lose_local, NULL, true);
}
#endif
