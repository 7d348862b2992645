// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: make and end the G-stage of a VM.
 */
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/sched.h>

#include "hart/hart.h"
#include "user/user.h"

struct kvm *kvm_arch_alloc_vm(void)
{
	struct gst_kvm *gk = kvzalloc(sizeof(*gk), GFP_KERNEL_ACCOUNT);

	if (!gk)
		return NULL;
	gk->seen = alloc_percpu_gfp(struct gst_kvm_seen, GFP_KERNEL_ACCOUNT);
	if (!gk->seen) {
		kvfree(gk);
		return NULL;
	}
	gk->process = get_task_pid(current, PIDTYPE_TGID);
	gk->thread = task_pid_nr(current);
	return &gk->kvm;
}

static void pause_teardown(void *ctx)
{
	cond_resched();
}

void gst_kvm_drop_root(struct kvm *kvm)
{
	struct gst_kvm *gk = to_gst_kvm(kvm);
	gst_root_t root;

	/* From here on MMU notifiers find no root. */
	gst_kvm_lock(kvm);
	root = gst_detach(&gk->space);
	if (root)
		gst_kvm_publish_root(gk, 0);
	gst_kvm_unlock(kvm);
	if (!root)
		return;

	gst_kvm_forget_root(gk, root);
	gst_free_detached(&gk->space, root, pause_teardown);
}

void kvm_arch_free_vm(struct kvm *kvm)
{
	/* If KVM_CREATE_VM fails after the G-stage was made, this is the only call. */
	gst_kvm_drop_root(kvm);
	free_percpu(to_gst_kvm(kvm)->seen);
	put_pid(to_gst_kvm(kvm)->process);
	kvfree(to_gst_kvm(kvm));
}

int gst_kvm_make_root(struct kvm *kvm)
{
	struct gst_kvm *gk = to_gst_kvm(kvm);
	int ret = gst_init(&gk->space, &gst_kvm_ops, gk, gst_kvm_policy(&gk->grow));

	if (!ret)
		gst_kvm_publish_root(gk, gst_root(&gk->space));
	return ret;
}

/* The process of the VM is going: nobody can run a vCPU any more. */
void kvm_arch_flush_shadow_all(struct kvm *kvm)
{
	gst_kvm_drop_root(kvm);
}
