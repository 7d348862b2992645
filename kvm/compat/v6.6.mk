# SPDX-License-Identifier: GPL-2.0-only
#
# Faults of Linux 6.6 in stock objects: those of 6.12, and more.
include $(gstage)/kvm/compat/v6.12.mk
gstage-fixes += fixes-decoder.o

CFLAGS_vcpu_insn.o += -Dkvm_riscv_vcpu_trap_redirect=gst_kvm_decoder_redirect
