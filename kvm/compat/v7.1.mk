# SPDX-License-Identifier: GPL-2.0-only
#
# Faults of Linux 7.1 in stock objects: those of 7.0.
include $(gstage)/kvm/compat/v7.0.mk
