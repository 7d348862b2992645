#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# guest.sh on a host with AIA. The guests' IMSIC files are pages outside of all memslots.
exec sh ./guest.sh virt,aia=aplic-imsic AIA
