#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# pc.sh DEBS KERNEL LOGDIR: test the packages without a RISC-V machine, in the root that builds packages. It installs everything on an
# overlay over that root, with a kernel in /lib/modules as on a RISC-V machine, and DKMS compiles with the cross compiler. It writes
# libgst.tap, dkms.tap and baremetal.elf into LOGDIR.
set -euo pipefail

debs=$(readlink -f "$1")
release=$2
logs=$(readlink -f "$3")
here=$(dirname "$(readlink -f "$0")")

mount -t tmpfs -o size=3G tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
for folder in /proc /dev /gstage /kernel "/usr/src/linux-headers-$release" "/usr/src/linux-headers-${release%-*}-common" \
		/usr/lib/linux-kbuild-*; do
	mkdir -p "/mnt/root$folder"
	mount --bind "$folder" "/mnt/root$folder"
done
mount -t tmpfs tmpfs /mnt/root/tmp
cp "$debs"/*.deb "$here/../../examples/check.sh" "$here/tap.sh" "$here"/pc-*.sh /mnt/root/tmp/
mkdir /mnt/root/tmp/logs
# That root was made without documentation. Let dpkg install documentation now.
rm -f /mnt/root/etc/dpkg/dpkg.cfg.d/*mmdebstrap*
for test in libgst dkms; do
	chroot /mnt/root env -C /tmp bash "./pc-$test.sh" "$release" | tee "$logs/$test.tap"
done
cp /mnt/root/tmp/logs/* "$logs/"
