# SPDX-License-Identifier: GPL-2.0-only
#
# Faults of Linux 7.3 in stock objects (docs/SECURITY.md). A function of gstage stands before each
# faulty one, and checks the arguments.
gstage-fixes += fixes-pmu.o

CFLAGS_vcpu_pmu.o += -Dkvm_riscv_vcpu_pmu_read_hpm=stock_kvm_riscv_vcpu_pmu_read_hpm
CFLAGS_vcpu_sbi_pmu.o += -Dvcpu_sbi_ext_pmu=stock_vcpu_sbi_ext_pmu
