#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# host.sh ROUNDS [MEASURE[=SIZE]...]: measure the stock module and gstage's by turns. It runs in the emulated host, and prints the
# lines of compare.c, guest.sh and selftests.sh, with the round and the module in front. All other lines begin with "# ".

rounds=$1
shift

# Try again for 5 s, because the last VM may not have ended yet.
unload() {
	n=0
	until rmmod kvm 2>rmmod.err; do
		n=$((n + 1))
		[ $n -lt 50 ] || { sed 's/^/# /' rmmod.err; exit 1; }
		usleep 100000
	done
}

# measure ROUND MODULE MEASURES...
measure() {
	round=$1
	module=$2
	shift 2
	echo "# round $round of $rounds: $module"
	insmod "$module.ko" || exit 1
	for what; do
		case $what in
		guest) set -- ./guest.sh ;;
		loads) set -- ./guest.sh loads ;;
		selftests) set -- ./selftests.sh ;;
		selftests=*) set -- ./selftests.sh "${what#*=}" ;;
		*) set -- ./compare "$what" ;;
		esac
		GSTAGE_MODULE=$module "$@" >figures
		status=$?
		if [ $status -ne 0 ]; then
			sed 's/^/# /' figures
			exit $status
		fi
		sed "s/^/$round\t$module\t/" figures
	done
	unload
}

# Let the host finish what it does after a boot, and use each module once, before anything is measured. With deterministic time the
# sleep takes no real time.
sleep 20
for module in stock gstage; do
	insmod "$module.ko" || exit 1
	GSTAGE_MODULE=$module ./compare empty >/dev/null || exit 1
	unload
done

round=1
while [ $round -le "$rounds" ]; do
	# The modules take turns in going first, because the host may get slower or faster with time.
	if [ $((round % 2)) = 1 ]; then order='stock gstage'; else order='gstage stock'; fi
	for module in $order; do measure "$round" "$module" "$@"; done
	round=$((round + 1))
done
