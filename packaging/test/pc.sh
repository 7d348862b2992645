#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# pc.sh DEBS KERNEL LOGDIR [TEST...]: test the packages without a RISC-V machine, in the root that builds packages. Each test installs what it
# needs on an overlay over that root, with kernels in /lib/modules as on a RISC-V machine, and DKMS compiles with the cross compiler.
# It writes sources.tap, libgst.tap, dkms.tap and baremetal.elf into LOGDIR. A TEST is one of these names, or rpm, in the root that
# builds RPM packages.
set -euo pipefail

debs=$(readlink -m "$1")
release=$2
logs=$(readlink -f "$3")
here=$(dirname "$(readlink -f "$0")")

# root TEST: make /mnt/TEST/root for a test.
root() {
	local root=/mnt/$1/root folder
	mkdir -p "/mnt/$1/upper" "/mnt/$1/work" "$root"
	mount -t overlay -o "lowerdir=/,upperdir=/mnt/$1/upper,workdir=/mnt/$1/work" overlay "$root"
	for folder in /proc /dev /gstage /kernel "/usr/src/linux-headers-$release" "/usr/src/linux-headers-${release%-*}-common" \
			/usr/lib/linux-kbuild-*; do
		mkdir -p "$root$folder"
		mount --bind "$folder" "$root$folder"
	done
	mount -t tmpfs tmpfs "$root/tmp"
	cp "$here/../../examples/check.sh" "$here/tap.sh" "$here/made-up.sh" "$here"/pc-*.sh "$root/tmp/"
	[ ! -d "$debs" ] || find "$debs" -maxdepth 1 -name '*.deb' -exec cp {} "$root/tmp/" \;
	mkdir "$root/tmp/logs"
	# The root below was made without documentation. Let dpkg install documentation now.
	rm -f "$root"/etc/dpkg/dpkg.cfg.d/*mmdebstrap*
}

mount -t tmpfs -o size=3G tmpfs /mnt
[ $# -gt 3 ] || set -- "$@" sources libgst dkms
for test in "${@:4}"; do
	root "$test"
	chroot "/mnt/$test/root" env -C /tmp bash "./pc-$test.sh" "$release" | tee "$logs/$test.tap"
	cp -r "/mnt/$test/root/tmp/logs/." "$logs/"
done
