#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# As guest.sh, for one guest on a host with AIA: the guest's IMSIC files are pages that belong to no memslot.
exec sh ./guest.sh virt,aia=aplic-imsic AIA sv48x4
