#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# compare.sh STRICT QEMU SEEDS XLEN MISTAKE...: print a result for each seed, whose line must be the same in STRICT.NONE and in QEMU,
# and for each mistake, which must change a line.

strict=$1 qemu=$2 seeds=$3 xlen=$4
shift 4
n=0
result() { # STATUS WHAT
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

while read -r word seed hash; do
	if [ "$word" = seed ] && grep -q "^seed $seed $hash\$" "$qemu"; then
		result 0 "seed 0x$seed: the same on QEMU"
	else
		result 1 "seed 0x$seed: the same on QEMU; make -C tests/strict/diff show SEED=0x$seed XLEN=$xlen"
	fi
done <"$strict.NONE"
[ "$n" -eq "$seeds" ]
result $? "all seeds have run"
for mistake; do
	! cmp -s "$strict.NONE" "$strict.$mistake"
	result $? "the mistake $mistake is seen"
done
echo "1..$n"
