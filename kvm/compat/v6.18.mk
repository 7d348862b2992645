# SPDX-License-Identifier: GPL-2.0-only
#
# Faults of Linux 6.18 in stock objects: those of 7.2, and more.
include $(gstage)/kvm/compat/v7.2.mk
gstage-fixes += fixes-aia.o

CFLAGS_aia_aplic.o += -Dkvm_riscv_aia_aplic_has_attr=stock_kvm_riscv_aia_aplic_has_attr
CFLAGS_aia_imsic.o += -Dkvm_riscv_aia_imsic_has_attr=stock_kvm_riscv_aia_imsic_has_attr
CFLAGS_aia_imsic.o += -Dkvm_riscv_aia_imsic_rw_attr=stock_kvm_riscv_aia_imsic_rw_attr
CFLAGS_aia_imsic.o += -Dkvm_riscv_vcpu_aia_imsic_rmw=stock_kvm_riscv_vcpu_aia_imsic_rmw
CFLAGS_aia_imsic.o += -Dkvm_riscv_vcpu_aia_imsic_update=stock_kvm_riscv_vcpu_aia_imsic_update
# A stable release may take this lock by itself. Taking it twice would deadlock.
ifeq ($(shell grep -c 'vcpu->mutex' $(src)/aia_imsic.c),0)
gstage-flags += -DGST_KVM_FIX_IMSIC_LOCK
endif
