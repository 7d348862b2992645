#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# As guest.sh, on a host with AIA: the guests' IMSIC files are pages that belong to no memslot.
exec sh ./guest.sh virt,aia=aplic-imsic AIA
