#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# refuse.sh LOG: check that the build refuses a kernel without a header in kvm/compat/ and names the supported ones, that it
# refuses headers of another kernel than the sources, and that it accepts supported kernels (without building one).

top=$(cd "${0%/*}/../.." && pwd)
kvm=$top/kvm
LOG=$1
TMP=$(mktemp -d)
trap 'rm -rf "$TMP"' EXIT
# shellcheck source=tests/cli/tap.sh
. "$top/tests/cli/tap.sh"

# kernel SOURCES HEADERS: make the few files of a kernel that kvm/Makefile looks at.
kernel() {
	local parts
	mkdir -p "$TMP/src" "$TMP/headers/include/config"
	IFS=. read -r -a parts <<<"$1"
	printf 'VERSION = %s\nPATCHLEVEL = %s\nSUBLEVEL = %s\n' "${parts[@]}" >"$TMP/src/Makefile"
	echo 'modules:' >"$TMP/headers/Makefile"
	echo "$2" >"$TMP/headers/include/config/kernel.release"
}

# build: let kvm/Makefile check that kernel, without building anything.
build() {
	command="make -C kvm, sources $(xargs <"$TMP/src/Makefile"), headers $(cat "$TMP/headers/include/config/kernel.release")"
	make -n -C "$kvm" KDIR="$TMP/headers" KSRC="$TMP/src" OUT="$TMP/out" >"$TMP/out" 2>"$TMP/err"
	status=$?
}

supported=$(cd "$kvm/compat" && printf '%s\n' v*.h | sed 's/^v//; s/[.]h$//' | xargs)

for version in 5.10.0 6.11.0 6.13.7 7.1.2 7.99.0; do
	kernel "$version" "$version-riscv64"
	build
	[ "$status" -ne 0 ] && grep -qF "does not support Linux $version" "$TMP/err"
	result $? "Linux $version is refused"
	grep -qF "it supports $supported" "$TMP/err"
	result $? "the message for Linux $version names the supported kernels: $supported"
done

for series in $supported; do
	kernel "$series.3" "$series.3+deb13-riscv64"
	build
	result "$status" "Linux $series.3 is accepted"
	kernel "$series.3" 6.1.0-riscv64
	build
	[ "$status" -ne 0 ] && grep -qF "the headers are of Linux 6.1.0-riscv64, and the sources of Linux $series.3" "$TMP/err"
	result $? "Linux $series.3 is refused with headers of another kernel"
	kernel "$series.3" "${series}0.3-riscv64"
	build
	[ "$status" -ne 0 ]
	result $? "Linux $series.3 is refused with headers of Linux ${series}0.3"
done

# Look for code that tests the version. Comments may name versions.
command="grep for versions in kvm/"
grep -rnE 'LINUX_VERSION_CODE|KERNEL_VERSION *\(|linux/version\.h' "$kvm" --include='*.[chS]' --include=Kbuild |
	grep -v "^$kvm/compat/" >"$TMP/out"
[ ! -s "$TMP/out" ]
result $? "no file outside of kvm/compat/ tests the kernel version"

say "1..$count"
[ "$failed" -eq 0 ]
