#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the lab: starts three guests in three formats, and shows them with `gstage vms`, `explain`, `doctor` and `top` while they
# work. The memory of the last one is not aligned, which `explain` tells.

for m in sv39x4 sv48x4 sv57x4; do
	[ $m = sv57x4 ] && align=off || align=auto
	./gstage exec --mode $m --align="$align" -- qemu-system-riscv64 -name guest-$m -M virt -accel kvm -cpu host -m 256 -smp 1 -nographic \
		-nodefaults -serial stdio -kernel /guest/Image -initrd /guest/initrd \
		-append "console=ttyS0 quiet panic=-1 gstage=$m gstage_loop=30" -no-reboot >$m.out 2>&1 </dev/null &
done
# busy: print how many guests have mapped some memory. The columns are found by their headings.
busy() {
	./gstage vms | awk 'NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
		NR > 1 && column["2M"] && $column["MODE"] ~ /^sv/ && $column["4K"] + 512 * $column["2M"] > 2000 { n++ }
		END { print n + 0 }'
}

# Wait until all three work.
tries=0
until [ "$(busy)" = 3 ] || [ $tries = 120 ]; do
	sleep 1
	tries=$((tries + 1))
done
echo '$ gstage vms'
./gstage vms
echo @explain
echo '$ gstage explain guest-sv57x4'
./gstage explain guest-sv57x4
echo @doctor
echo '$ gstage doctor'
./gstage doctor
echo @top
./in-pty 12x104 top.raw '....q' ./gstage top -d 1 -s tables
base64 top.raw
kill -9 %1 %2 %3
