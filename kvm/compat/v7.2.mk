# SPDX-License-Identifier: GPL-2.0-only
#
# Faults of Linux 7.2 in stock objects: those of 7.3, and more.
include $(gstage)/kvm/compat/v7.3.mk
gstage-fixes += fixes-sbi.o

CFLAGS_vcpu_pmu.o += -Dkvm_riscv_vcpu_pmu_snapshot_set_shmem=stock_kvm_riscv_vcpu_pmu_snapshot_set_shmem
CFLAGS_vcpu_sbi_replace.o += -Dvcpu_sbi_ext_rfence=stock_vcpu_sbi_ext_rfence
