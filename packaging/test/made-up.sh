# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Make up packages, installed kernels and kernel trees. Sourced by tests of the packages.

# package NAME VERSION: install a package of that name, with the files of the folder `files`.
package() {
	mkdir -p files/DEBIAN
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: a test <test@example.org>\nDescription: a test\n' \
		"$1" "$2" >files/DEBIAN/control
	dpkg-deb -b files "$1.deb" >/dev/null
	rm -rf files
	run dpkg -i "$1.deb"
}

# kernel KERNEL VERSION: install the headers of a kernel of that version, without a package.
kernel() {
	local about=/lib/modules/$1/build/include/generated/uapi/linux
	mkdir -p "$about"
	echo "$2" | awk -F. '{ printf "#define LINUX_VERSION_MAJOR %d\n#define LINUX_VERSION_PATCHLEVEL %d\n#define LINUX_VERSION_SUBLEVEL %d\n",
		$1, $2, $3 }' >"$about/version.h"
	: >"/lib/modules/$1/modules.builtin"
}

# tree FOLDER VERSION: make a kernel tree of that version, with real sources of KVM.
tree() {
	mkdir -p "$1"
	(cd /kernel/src && tar -c Makefile arch/riscv/kvm virt/kvm arch/riscv/include/asm/kvm_*.h include/linux/kvm_host.h) | tar -x -C "$1"
	sed -i "s/^VERSION = .*/VERSION = $(echo "$2" | cut -d. -f1)/; s/^PATCHLEVEL = .*/PATCHLEVEL = $(echo "$2" | cut -d. -f2)/
		s/^SUBLEVEL = .*/SUBLEVEL = $(echo "$2" | cut -d. -f3)/" "$1/Makefile"
}

# oldest: print the oldest kernel series that the package knows.
oldest() { dpkg-deb -c gstage-dkms_*_all.deb | sed -n 's,.*/kvm/compat/v\(.*\)\.mk$,\1,p' | sort -V | head -n 1; }
