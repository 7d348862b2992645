/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: the G-stage MMU of kvm.ko, between generic KVM and the engine. Each folder has a header
 * of its own.
 */
#ifndef GST_KVM_GSTAGE_H
#define GST_KVM_GSTAGE_H

#include <linux/atomic.h>
#include <linux/kvm_host.h>

#include "compat/compat.h"
#include <gst/gst.h>

#include "lock.h"
#include "testing.h"

static_assert(GST_ENOMEM == ENOMEM && GST_EINVAL == EINVAL && GST_ENOENT == ENOENT &&
		      GST_EEXIST == EEXIST && GST_ERANGE == ERANGE && GST_EAGAIN == EAGAIN &&
		      GST_EBUSY == EBUSY,
	      "the engine's errors must be Linux's, since they are passed on");
static_assert(sizeof(pte_t) == sizeof(gst_pte_t), "the engine must be built for the kernel's XLEN");

/* User space can cause these as often as it likes: limit their rate in the log. */
#define gst_kvm_err(fmt, ...)                                                                      \
	pr_err_ratelimited("kvm [%i]: gstage: " fmt "\n", task_pid_nr(current), ##__VA_ARGS__)

/* The kind of access that faulted. kvm_gstage_fault shows these numbers. */
enum gst_kvm_fault_kind {
	GST_KVM_LOAD,
	GST_KVM_STORE,
	GST_KVM_EXEC,
	GST_KVM_PREFAULT,
	GST_KVM_FAULT_KINDS,
};

/* What answered a fault: the level of a leaf, or one of these. */
enum {
	GST_KVM_LEAF_64K = GST_LEVELS_MAX,
	GST_KVM_NO_LEAF,
	GST_KVM_LEAVES = 8,
};
static_assert(GST_KVM_NO_LEAF < GST_KVM_LEAVES);

/**
 * struct gst_kvm_vcpu_stats - counters of one vCPU
 * @faults: faults on memslots, by kind of access (row) and by what answered them (column)
 * @retries: faults that mapped nothing because of an MMU notifier or a slot that was replaced
 * @waits: faults that waited until a notifier had left their page
 * @exclusive: faults that needed mmu_lock for writing
 * @around: pages that were mapped around the page of a fault
 * @logged: logged stores that were answered from the host's page table
 * @fences: local fences after faults
 * @entry_fences: fences of both stages that the vCPU owed when it entered the guest (hart/entry.c)
 *
 * Only the thread that runs the vCPU counts. Others read. So nothing is atomic, and vCPUs share no
 * cache line.
 */
struct gst_kvm_vcpu_stats {
	u64 faults[GST_KVM_FAULT_KINDS][GST_KVM_LEAVES];
	u64 retries;
	u64 waits;
	u64 exclusive;
	u64 around;
	u64 logged;
	u64 fences;
	u64 entry_fences;
};

/**
 * struct gst_kvm_vcpu - a vCPU with the data of gstage
 * @vcpu: what the rest of KVM sees. Generic KVM allocates the whole struct (module.c)
 * @cause: scause of the last exit
 * @vmid: &struct gst_kvm.vmid when the vCPU was last loaded
 * @stats: counters
 */
struct gst_kvm_vcpu {
	struct kvm_vcpu vcpu;
	unsigned long cause;
	unsigned long vmid;
	struct gst_kvm_vcpu_stats stats;
};

static inline struct gst_kvm_vcpu *to_gst_vcpu(struct kvm_vcpu *vcpu)
{
	return container_of(vcpu, struct gst_kvm_vcpu, vcpu);
}

/* GSTAGE_BARE builds without counters, to measure their cost: bench/counters. */
#ifdef GSTAGE_BARE
#define gst_kvm_count(vcpu, counter, n) ((void)(vcpu), (void)(n))
#else
#define gst_kvm_count(vcpu, counter, n) ((void)(to_gst_vcpu(vcpu)->stats.counter += (n)))
#endif

/**
 * struct gst_kvm_stats - counters of one VM
 * @splits: leaves that were split
 * @collapses: leaves that replaced smaller ones
 * @flushes_all: fences of all of the VMID
 * @flushes_range: fences of a range
 * @unmaps: ranges unmapped
 * @gathered_peak: the most tables that were unlinked before one flush and freed after it
 * @lock_pieces: how often long work under mmu_lock looked whether others wait
 * @lock_breaks: how often it released mmu_lock then
 * @reformats: changes of the format
 * @hgatp_rescues: how often a vCPU was about to enter the guest with a wrong hgatp, and no
 *	change under way: a fault of gstage, which entry.c has kept from the guest
 */
struct gst_kvm_stats {
	atomic64_t splits;
	atomic64_t collapses;
	atomic64_t flushes_all;
	atomic64_t flushes_range;
	atomic64_t unmaps;
	atomic64_t gathered_peak;
	atomic64_t lock_pieces;
	atomic64_t lock_breaks;
	atomic64_t reformats;
	atomic64_t hgatp_rescues;
};

/**
 * struct gst_kvm_seen - what a hart knows of a VM
 * @vcpu: the index of the vCPU of this VM that was loaded there last
 * @root: MODE and PPN of this VM that the hart had last
 * @purges: &gst_kvm.purges when the hart last fenced the G-stage of this VM
 */
struct gst_kvm_seen {
	int vcpu;
	unsigned long root;
	unsigned long purges;
};

/**
 * struct gst_kvm - a VM with the data of gstage
 * @kvm: what the rest of KVM sees
 * @space: the page tables. kvm->mmu_lock protects them; faults hold it for reading. A change of the
 *	format also needs kvm->slots_lock
 * @grow: widen the format when a memslot needs it; protected by kvm->slots_lock
 * @vmid: VMID in the low %GST_KVM_VMID_WIDTH bits, generation above (vmid.c); 0: none yet
 * @hgatp_root: MODE and PPN that vCPUs load: those of the root of @space, or of the void root
 * @changing: not 0 while @vmid or @hgatp_root is new and not all vCPUs have been told
 * @purges: how often tables or the root were about to be freed. A hart that has seen fewer may have
 *	cached pointers to them
 * @seen: what each hart knows of this VM
 * @hgatp_read: hgatp as last read back from a hart that loaded it; 0: never loaded
 * @small: dirty logging has split a large leaf, or kept one from being made. Set once, with
 *	mmu_lock held for reading or writing
 * @stats: counters
 * @process: the thread group that made the VM
 * @thread: the thread that made the VM, as KVM names its folder in debugfs
 */
struct gst_kvm {
	struct kvm kvm;
	struct gst_space space;
	bool grow;
	unsigned long vmid;
	unsigned long hgatp_root;
	atomic_t changing;
	atomic_long_t purges;
	struct gst_kvm_seen __percpu *seen;
	unsigned long hgatp_read;
	bool small;
	struct gst_kvm_stats stats;
	struct pid *process;
	pid_t thread;
};

static inline struct gst_kvm *to_gst_kvm(struct kvm *kvm)
{
	return container_of(kvm, struct gst_kvm, kvm);
}

static inline struct gst_space *gst_kvm_space(struct kvm *kvm)
{
	return &to_gst_kvm(kvm)->space;
}

/* Faults call this all the time, side by side: do not dirty the cache line again. */
static inline void gst_kvm_note_small(struct gst_kvm *gk)
{
	if (!READ_ONCE(gk->small))
		WRITE_ONCE(gk->small, true);
}

/* vm.c */
int gst_kvm_make_root(struct kvm *kvm);
void gst_kvm_drop_root(struct kvm *kvm);

/* tables.c: memory for tables */
extern const struct gst_ops gst_kvm_ops;
unsigned long gst_kvm_tables_live(void);

#endif /* GST_KVM_GSTAGE_H */
