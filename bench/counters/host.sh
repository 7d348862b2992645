#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host.sh ROUNDS: measure bare.ko and gstage.ko by turns, in the emulated host. It prints the lines of counters.c.

# Do not count the first run: work that the host does after a boot would be in the figures.
insmod bare.ko && GSTAGE_MODULE=gstage ./counters bare >/dev/null && rmmod kvm || exit 1

round=1
while [ $round -le "$1" ]; do
	for module in bare gstage; do
		insmod "$module.ko" || exit 1
		GSTAGE_MODULE=gstage ./counters $module || exit 1
		n=0
		until rmmod kvm; do
			n=$((n + 1))
			[ $n -lt 50 ] || exit 1
			usleep 100000
		done
	done
	round=$((round + 1))
done
