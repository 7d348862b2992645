/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * gstage: what its kvm.ko adds to the KVM API of RISC-V.
 *
 * For VMMs, for the command gstage(1) and for the module itself.  Only
 * constants: it includes nothing, and may come before or after <linux/kvm.h>.
 */
#ifndef GSTAGE_UAPI_KVM_H
#define GSTAGE_UAPI_KVM_H

/**
 * DOC: KVM_CAP_RISCV_SET_HGATP_MODE
 *
 * VM capability: selects the G-stage page-table format of one VM.
 *
 * KVM_CHECK_EXTENSION, on /dev/kvm or on a VM fd, returns a bit mask of the
 * hgatp.MODE encodings that the host supports (KVM_RISCV_HGATP_MODE_BIT());
 * 0 means that the module does not have the capability.  The mask may have
 * holes: the ISA allows a host that has Sv57x4 and not Sv48x4.
 *
 * KVM_ENABLE_CAP on a VM fd takes flags = 0 and
 *
 * - args[0]: one of KVM_RISCV_HGATP_MODE_*, supported by the host
 * - args[1]: 0 or KVM_RISCV_HGATP_GROW
 * - args[2], args[3]: 0
 *
 * and fails with EINVAL for anything else, with EBUSY once the VM has a vCPU
 * or a non-empty memslot.  It may be repeated until then; the last one wins.
 */
#define KVM_CAP_RISCV_SET_HGATP_MODE	247

/*
 * The same capability under its second number: the public patch series used
 * 247 up to its version 5 and 248 from version 6 on.
 */
#define KVM_CAP_RISCV_SET_HGATP_MODE_ALT	248

/**
 * DOC: KVM_CAP_VM_GPA_BITS
 *
 * VM capability, as in mainline from 7.1 on, here on every kernel.
 *
 * KVM_CHECK_EXTENSION returns the GPA width in bits: on /dev/kvm that of the
 * host's highest mode, on a VM fd that of the VM's own mode.  KVM_ENABLE_CAP
 * rounds args[0] bits up to the narrowest supported mode that holds them.
 */
#ifndef KVM_CAP_VM_GPA_BITS
#define KVM_CAP_VM_GPA_BITS	207
#endif

/**
 * DOC: KVM_RISCV_HGATP_GROW
 *
 * Bit 0 of args[1]: start in the mode of args[0] and widen, live, to the
 * narrowest supported mode that fits when a memslot needs it.
 */
#define KVM_RISCV_HGATP_GROW	(1ULL << 0)

/**
 * DOC: KVM_RISCV_VM_GSTAGE
 *
 * Group of device attributes on a VM fd (KVM_HAS_DEVICE_ATTR,
 * KVM_GET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR). An unknown group or attribute gives
 * ENXIO, a flag EINVAL.
 *
 * KVM_RISCV_VM_GSTAGE_MODE, u64: one of KVM_RISCV_HGATP_MODE_*. Get tells the
 * mode in use. Set changes it now, with vCPUs running or not: EINVAL for a mode
 * that the host does not support, ERANGE where a memslot or a mapping lies above
 * the narrower range, ENOMEM; nothing has changed then.
 */
#define KVM_RISCV_VM_GSTAGE		1
#define KVM_RISCV_VM_GSTAGE_MODE	0

/*
 * Encodings of hgatp.MODE, as the privileged architecture numbers them:
 *
 *	mode	XLEN	GPA bits	levels
 *	Sv32x4	32	34		2
 *	Sv39x4	64	41		3
 *	Sv48x4	64	50		4
 *	Sv57x4	64	59		5
 */
#define KVM_RISCV_HGATP_MODE_SV32X4	1
#define KVM_RISCV_HGATP_MODE_SV39X4	8
#define KVM_RISCV_HGATP_MODE_SV48X4	9
#define KVM_RISCV_HGATP_MODE_SV57X4	10

/**
 * KVM_RISCV_HGATP_MODE_BIT() - a mode's bit in KVM_CHECK_EXTENSION's mask
 * @mode: one of KVM_RISCV_HGATP_MODE_*
 */
#define KVM_RISCV_HGATP_MODE_BIT(mode)	(1UL << (mode))

#endif /* GSTAGE_UAPI_KVM_H */
