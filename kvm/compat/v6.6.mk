# SPDX-License-Identifier: GPL-2.0-only
#
# Faults of Linux 6.6 in stock objects: those of 6.12.
include $(gstage)/kvm/compat/v6.12.mk
