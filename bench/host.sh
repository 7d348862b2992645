#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host.sh ROUNDS [MEASURE[=SIZE]...]: in the emulated host, measure the stock module and gstage's by turns. Prints the lines
# of bench/compare with round and module before them; other lines begin with "# ".

rounds=$1
shift

# measure ROUND MODULE MEASURES...
measure() {
	round=$1
	module=$2
	shift 2
	echo "# round $round of $rounds: $module"
	insmod "$module.ko" || exit 1
	GSTAGE_MODULE=$module ./compare "$@" >figures
	status=$?
	if [ $status -ne 0 ]; then
		sed 's/^/# /' figures
		exit $status
	fi
	sed "s/^/$round\t$module\t/" figures
	# The last VM may still be on its way out.
	n=0
	until rmmod kvm 2>rmmod.err; do
		n=$((n + 1))
		[ $n -lt 50 ] || { sed 's/^/# /' rmmod.err; exit 1; }
		usleep 100000
	done
}

round=1
while [ $round -le "$rounds" ]; do
	# Who goes first changes, as the host itself may be slower or faster as time goes by.
	if [ $((round % 2)) = 1 ]; then order='stock gstage'; else order='gstage stock'; fi
	for module in $order; do measure "$round" "$module" "$@"; done
	round=$((round + 1))
done
