#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# In the lab: three guests in three formats, what `gstage vms` says of them, and `gstage top` while they boot.

for m in sv39x4 sv48x4 sv57x4; do
	./gstage exec --mode $m -- qemu-system-riscv64 -M virt -accel kvm -cpu host -m 256 -smp 1 -nographic -nodefaults \
		-serial stdio -kernel /guest/Image -initrd /guest/initrd \
		-append "console=ttyS0 quiet panic=-1 gstage=$m gstage_loop=10" -no-reboot >$m.out 2>&1 </dev/null &
done
# They are at work when each has mapped some memory.
tries=0
until [ "$(./gstage vms | awk '$4 ~ /^sv/ && $8 > 2000' | wc -l)" = 3 ] || [ $tries = 120 ]; do
	sleep 1
	tries=$((tries + 1))
done
echo '$ gstage vms'
./gstage vms
./in-pty 12x104 top.raw '....q' ./gstage top -d 1 -s tables
echo @top
base64 top.raw
kill -9 %1 %2 %3
