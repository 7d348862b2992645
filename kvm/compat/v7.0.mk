# SPDX-License-Identifier: GPL-2.0-only
#
# Faults of Linux 7.0 in stock objects: those of 6.18.
include $(gstage)/kvm/compat/v6.18.mk
