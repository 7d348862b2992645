/* SPDX-License-Identifier: (GPL-2.0-only WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * gstage: the additions of its kvm.ko to the KVM API of RISC-V.
 *
 * VMMs, the command gstage(1) and the module itself use this header.  It has only
 * constants and includes nothing.  Include it before or after <linux/kvm.h>.
 */
#ifndef GSTAGE_UAPI_KVM_H
#define GSTAGE_UAPI_KVM_H

/**
 * DOC: KVM_CAP_RISCV_SET_HGATP_MODE
 *
 * VM capability: it selects the G-stage page-table format of one VM.
 *
 * KVM_CHECK_EXTENSION, on /dev/kvm or on a VM fd, returns a bit mask of the
 * hgatp.MODE encodings that the host supports (KVM_RISCV_HGATP_MODE_BIT()).
 * It returns 0 if the module does not have the capability.  The mask may have
 * holes: the ISA allows a host that has Sv57x4 without Sv48x4.
 *
 * KVM_ENABLE_CAP on a VM fd takes flags = 0 and
 *
 * - args[0]: one of KVM_RISCV_HGATP_MODE_*, supported by the host
 * - args[1]: 0 or KVM_RISCV_HGATP_GROW
 * - args[2], args[3]: 0
 *
 * It fails with EINVAL for any other values.  It fails with EBUSY once the VM has
 * a vCPU or a non-empty memslot.  Until then it may be repeated, and the last call
 * takes effect.
 */
#define KVM_CAP_RISCV_SET_HGATP_MODE 247

/*
 * A second number of the same capability.  The public patch series used 247 up
 * to its version 5 and 248 from version 6 on.
 */
#define KVM_CAP_RISCV_SET_HGATP_MODE_ALT 248

/**
 * DOC: KVM_CAP_VM_GPA_BITS
 *
 * VM capability of mainline since 7.1.  The module has it on every kernel.
 *
 * KVM_CHECK_EXTENSION returns the GPA width in bits: on /dev/kvm the width of the
 * host's highest mode, on a VM fd the width of the VM's mode.  KVM_ENABLE_CAP
 * selects the narrowest supported mode that has at least args[0] bits.
 */
#ifndef KVM_CAP_VM_GPA_BITS
#define KVM_CAP_VM_GPA_BITS 207
#endif

/**
 * DOC: KVM_RISCV_HGATP_GROW
 *
 * Bit 0 of args[1]: the VM starts in the mode of args[0].  When a memslot needs
 * more, the module changes the running VM to the narrowest supported mode that
 * is wide enough.
 */
#define KVM_RISCV_HGATP_GROW (1ULL << 0)

/**
 * DOC: KVM_RISCV_VM_GSTAGE
 *
 * A group of device attributes of a VM fd (KVM_HAS_DEVICE_ATTR,
 * KVM_GET_DEVICE_ATTR, KVM_SET_DEVICE_ATTR).  An unknown group or attribute fails
 * with ENXIO, an unknown flag with EINVAL.
 *
 * KVM_RISCV_VM_GSTAGE_MODE, u64: one of KVM_RISCV_HGATP_MODE_*.  Get returns the
 * VM's mode.  Set changes it at once, also while vCPUs run.  It fails with EINVAL
 * if the host does not support the mode, with ERANGE if a memslot or a mapping
 * lies above the end of the new mode, and with ENOMEM.  After an error nothing
 * has changed.
 */
#define KVM_RISCV_VM_GSTAGE      1
#define KVM_RISCV_VM_GSTAGE_MODE 0

/*
 * The encodings of hgatp.MODE in the privileged architecture:
 *
 *	mode	XLEN	GPA bits	levels
 *	Sv32x4	32	34		2
 *	Sv39x4	64	41		3
 *	Sv48x4	64	50		4
 *	Sv57x4	64	59		5
 */
#define KVM_RISCV_HGATP_MODE_SV32X4 1
#define KVM_RISCV_HGATP_MODE_SV39X4 8
#define KVM_RISCV_HGATP_MODE_SV48X4 9
#define KVM_RISCV_HGATP_MODE_SV57X4 10

/**
 * KVM_RISCV_HGATP_MODE_BIT() - the bit of a mode in the mask of KVM_CHECK_EXTENSION
 * @mode: one of KVM_RISCV_HGATP_MODE_*
 */
#define KVM_RISCV_HGATP_MODE_BIT(mode) (1UL << (mode))

#endif /* GSTAGE_UAPI_KVM_H */
