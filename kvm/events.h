/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage: tracepoints: kvm:kvm_gstage_... (docs/TRACING.md).
 *
 * KVM has several headers of this system already; each is a file of its own for the compiler.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kvm

#if !defined(GST_KVM_EVENTS_H) || defined(TRACE_HEADER_MULTI_READ)
#define GST_KVM_EVENTS_H

#include <linux/tracepoint.h>

#include "gstage.h"

/* Numbers and not names of constants: user space reads these. */
#define gst_show_mode(mode)                                                                        \
	__print_symbolic(mode, { 0, "none" }, { 1, "sv32x4" }, { 8, "sv39x4" }, { 9, "sv48x4" },   \
			 { 10, "sv57x4" })
#define gst_show_kind(kind)                                                                        \
	__print_symbolic(kind, { 0, "load" }, { 1, "store" }, { 2, "exec" }, { 3, "prefault" })
#define gst_show_attr(attr)                                                                        \
	__print_flags(attr, "", { 1, "R" }, { 2, "W" }, { 4, "X" }, { 8, "|nc" }, { 16, "|io" })

#define gst_mode_of(kvm) gst_root_mode(gst_root(gst_kvm_space(kvm)))

/* A fault is over: answered by a leaf, or by none (size 0, level -1). */
TRACE_EVENT(kvm_gstage_fault,
	TP_PROTO(struct kvm_vcpu *vcpu, u64 gpa, u64 size, int level, unsigned int kind, int ret),
	TP_ARGS(vcpu, gpa, size, level, kind, ret),

	TP_STRUCT__entry(
		__field(u64, gpa)
		__field(u64, size)
		__field(int, level)
		__field(unsigned int, mode)
		__field(int, vm)
		__field(unsigned int, vcpu)
		__field(unsigned int, kind)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->gpa = gpa;
		__entry->size = size;
		__entry->level = size ? level : -1;
		__entry->mode = gst_mode_of(vcpu->kvm);
		__entry->vm = vcpu->kvm->userspace_pid;
		__entry->vcpu = vcpu->vcpu_id;
		__entry->kind = kind;
		__entry->ret = ret;
	),

	TP_printk("vm %d vcpu %u gpa 0x%llx size 0x%llx level %d mode %s %s ret %d", __entry->vm,
		  __entry->vcpu, __entry->gpa, __entry->size, __entry->level,
		  gst_show_mode(__entry->mode), gst_show_kind(__entry->kind), __entry->ret)
);

/* A range was mapped; @pages of it, where some were mapped already. */
TRACE_EVENT(kvm_gstage_map,
	TP_PROTO(struct kvm *kvm, u64 gpa, u64 size, int level, u64 pa, gst_attr_t attr, u64 pages),
	TP_ARGS(kvm, gpa, size, level, pa, attr, pages),

	TP_STRUCT__entry(
		__field(u64, gpa)
		__field(u64, size)
		__field(int, level)
		__field(unsigned int, mode)
		__field(int, vm)
		__field(u64, pa)
		__field(unsigned int, attr)
		__field(u64, pages)
	),

	TP_fast_assign(
		__entry->gpa = gpa;
		__entry->size = size;
		__entry->level = level;
		__entry->mode = gst_mode_of(kvm);
		__entry->vm = kvm->userspace_pid;
		__entry->pa = pa;
		__entry->attr = attr & (GST_READ | GST_WRITE | GST_EXEC | GST_NC | GST_IO);
		__entry->pages = pages;
	),

	TP_printk("vm %d gpa 0x%llx size 0x%llx level %d mode %s pa 0x%llx %s pages %llu",
		  __entry->vm, __entry->gpa, __entry->size, __entry->level,
		  gst_show_mode(__entry->mode), __entry->pa, gst_show_attr(__entry->attr),
		  __entry->pages)
);

DECLARE_EVENT_CLASS(kvm_gstage_range,
	TP_PROTO(struct kvm *kvm, u64 gpa, u64 size, int level),
	TP_ARGS(kvm, gpa, size, level),

	TP_STRUCT__entry(
		__field(u64, gpa)
		__field(u64, size)
		__field(int, level)
		__field(unsigned int, mode)
		__field(int, vm)
	),

	TP_fast_assign(
		__entry->gpa = gpa;
		__entry->size = size;
		__entry->level = level;
		__entry->mode = gst_mode_of(kvm);
		__entry->vm = kvm->userspace_pid;
	),

	TP_printk("vm %d gpa 0x%llx size 0x%llx level %d mode %s", __entry->vm, __entry->gpa,
		  __entry->size, __entry->level, gst_show_mode(__entry->mode))
);

/* A range was unmapped. @level: of the smallest leaf that went, -1: nothing was mapped. */
DEFINE_EVENT(kvm_gstage_range, kvm_gstage_unmap,
	TP_PROTO(struct kvm *kvm, u64 gpa, u64 size, int level),
	TP_ARGS(kvm, gpa, size, level)
);

/* The leaf was split. */
DEFINE_EVENT(kvm_gstage_range, kvm_gstage_split,
	TP_PROTO(struct kvm *kvm, u64 gpa, u64 size, int level),
	TP_ARGS(kvm, gpa, size, level)
);

/* The leaf came in the place of smaller ones. */
DEFINE_EVENT(kvm_gstage_range, kvm_gstage_collapse,
	TP_PROTO(struct kvm *kvm, u64 gpa, u64 size, int level),
	TP_ARGS(kvm, gpa, size, level)
);

/* The VM has another format: @size bytes of gpa space, with a root of @level. */
TRACE_EVENT(kvm_gstage_reformat,
	TP_PROTO(struct kvm *kvm, u64 size, int level, unsigned int from, unsigned int mode),
	TP_ARGS(kvm, size, level, from, mode),

	TP_STRUCT__entry(
		__field(u64, gpa)
		__field(u64, size)
		__field(int, level)
		__field(unsigned int, mode)
		__field(int, vm)
		__field(unsigned int, from)
	),

	TP_fast_assign(
		__entry->gpa = 0;
		__entry->size = size;
		__entry->level = level;
		__entry->mode = mode;
		__entry->vm = kvm->userspace_pid;
		__entry->from = from;
	),

	TP_printk("vm %d gpa 0x%llx size 0x%llx level %d mode %s from %s", __entry->vm,
		  __entry->gpa, __entry->size, __entry->level, gst_show_mode(__entry->mode),
		  gst_show_mode(__entry->from))
);

/* A fence on all harts: of all of the VM's translations, or of a range. */
TRACE_EVENT(kvm_gstage_flush,
	TP_PROTO(struct kvm *kvm, u64 gpa, u64 size, int level, bool all),
	TP_ARGS(kvm, gpa, size, level, all),

	TP_STRUCT__entry(
		__field(u64, gpa)
		__field(u64, size)
		__field(int, level)
		__field(unsigned int, mode)
		__field(int, vm)
		__field(bool, all)
	),

	TP_fast_assign(
		__entry->gpa = gpa;
		__entry->size = size;
		__entry->level = level;
		__entry->mode = gst_mode_of(kvm);
		__entry->vm = kvm->userspace_pid;
		__entry->all = all;
	),

	TP_printk("vm %d gpa 0x%llx size 0x%llx level %d mode %s %s", __entry->vm, __entry->gpa,
		  __entry->size, __entry->level, gst_show_mode(__entry->mode),
		  __entry->all ? "all" : "range")
);

#endif /* GST_KVM_EVENTS_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE events

#include <trace/define_trace.h>
