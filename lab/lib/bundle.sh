#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# bundle.sh TREE OUT NAME...: pack programs of /usr/bin, libraries, and the libraries that they need, into OUT.cpio. TREE is an
# unpacked Debian for riscv64. Runs inside the lab root.
set -euo pipefail

tree=$1
out=$2
shift 2
readelf=riscv64-linux-gnu-readelf
declare -A seen

# take FILE: copy a file of the tree, and all libraries that it needs. FILE is the path inside the tree.
take() {
	local lib path
	[ -z "${seen[$1]-}" ] || return 0
	seen[$1]=1
	install -D "$tree$1" "$out$1"
	while read -r lib; do
		path=$(find "$tree/usr/lib" -name "$lib" -print -quit)
		[ -n "$path" ] || { echo "bundle: $1 needs $lib, but no package has it" >&2; exit 1; }
		take "/usr/lib/riscv64-linux-gnu/$lib"
	done < <($readelf -d "$tree$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
}

for name; do
	case $name in
	lib*) take "/usr/lib/riscv64-linux-gnu/$name" ;;
	*) take "/usr/bin/$name" ;;
	esac
done
take /usr/lib/riscv64-linux-gnu/ld-linux-riscv64-lp64d.so.1
# Programs look for their dynamic linker in /lib.
ln -s usr/lib "$out/lib"
ln -s riscv64-linux-gnu/ld-linux-riscv64-lp64d.so.1 "$out/usr/lib/"
# Programs that use the whole terminal need terminfo.
mkdir -p "$out/usr/share"
cp -r /usr/share/terminfo "$out/usr/share/"
(cd "$out" && find . | cpio --quiet -o -H newc) >"$out.cpio"
echo "${#seen[@]} files, $(du -sh "$out.cpio" | cut -f1)"
