#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bundle.sh TREE OUT PROGRAM...: from an unpacked riscv64 Debian in TREE, pack programs of /usr/bin and the libraries that they
# name into OUT.cpio. Runs inside the lab root.
set -euo pipefail

tree=$1
out=$2
shift 2
readelf=riscv64-linux-gnu-readelf
declare -A seen

# take FILE: copy a file of the tree, given by its path inside it, and then all that it needs.
take() {
	local lib path
	[ -z "${seen[$1]-}" ] || return 0
	seen[$1]=1
	install -D "$tree$1" "$out$1"
	while read -r lib; do
		path=$(find "$tree/usr/lib" -name "$lib" -print -quit)
		[ -n "$path" ] || { echo "bundle: $1 needs $lib, which is nowhere" >&2; exit 1; }
		take "/usr/lib/riscv64-linux-gnu/$lib"
	done < <($readelf -d "$tree$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
}

for program; do take "/usr/bin/$program"; done
take /usr/lib/riscv64-linux-gnu/ld-linux-riscv64-lp64d.so.1
# Where programs look for their interpreter.
ln -s usr/lib "$out/lib"
ln -s riscv64-linux-gnu/ld-linux-riscv64-lp64d.so.1 "$out/usr/lib/"
# What terminals do, for programs that draw.
mkdir -p "$out/usr/share"
cp -r /usr/share/terminfo "$out/usr/share/"
(cd "$out" && find . | cpio --quiet -o -H newc) >"$out.cpio"
echo "${#seen[@]} files, $(du -sh "$out.cpio" | cut -f1)"
