# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# riscv64 programs for the host and its guests: busybox, and QEMU with its libraries. Also the libraries of the command.
# Sourced by lab/lab.

RV_PACKAGES=(qemu-system-riscv busybox-static libncurses-dev libsmartcols-dev libjson-c-dev libelf-dev)

# The name of the folder depends on the locked packages, on the packages to take from an index, and on how they are packed.
rv_name() {
	local hash
	hash=$(cat <(printf '%s\n' "$SUITE" "${RV_PACKAGES[@]}") <(locked riscv64) <(code "$LAB/lib/bundle.sh") | sha256sum)
	RV=$CACHE/riscv64-${hash:0:12}
}

have_rv() { rv_name; [ -d "$RV" ]; }

# fetch_tree TREE SETS PACKAGES: unpack the packages of those locked sets. If the mirror no longer has them, unpack PACKAGES and
# their dependencies.
fetch_tree() {
	local tree=$1 sets=$2 packages=$3 set pkg arch version sha path status=0
	for set in $sets; do locked "$set"; done >"$CACHE/set"
	fetch_set <"$CACHE/set" || status=$?
	if [ "$status" -eq 2 ]; then
		echo "the mirror no longer has the locked set: taking the versions in its index"
		# `extract` runs no maintainer scripts, because this machine cannot run riscv64 programs.
		mmdebstrap_into "$tree" --variant=extract --architectures=riscv64 --include="${packages// /,}"
		return
	fi
	[ "$status" -eq 0 ] || return "$status"
	mkdir "$tree"
	while read -r set pkg arch version sha path; do
		in_private dpkg-deb -x "$CACHE/debs/${path##*/}" "$tree"
	done <"$CACHE/set"
}

# bundle DIR NAME...: pack those programs and libraries of DIR/tree into DIR/bundle.cpio.
bundle() {
	local dir=$1
	shift
	ROOT_BINDS=("$dir" /rv.part "$LAB/lib" /lab)
	in_root bash /lab/bundle.sh /rv.part/tree /rv.part/bundle "$@"
	ROOT_BINDS=()
	rm -rf "$dir/bundle"
}

make_rv() {
	local part=$RV.part
	rm -rf "$CACHE"/riscv64-*.part
	TRASH+=("$part")
	mkdir -p "$part"
	fetch_tree "$part/tree" riscv64 "${RV_PACKAGES[*]}"
	# `-M virt -accel kvm` needs no firmware.
	bundle "$part" qemu-system-riscv64 libsmartcols.so.1 libelf.so.1
	cp "$part/tree/usr/bin/busybox" "$part/busybox"
	# What the command is linked with. Debian has no libsmartcols.a, and its libelf.a lacks functions. The linker also looks into
	# libz and libzstd, because libelf needs them.
	mkdir -p "$part/sysroot/lib"
	cp -a "$part/tree/usr/include" "$part/sysroot/"
	cp -a "$part"/tree/usr/lib/riscv64-linux-gnu/lib{ncursesw.a,tinfo.a,json-c.a,smartcols.so,elf.so,elf-,z.so,zstd.so}* \
		"$part/sysroot/lib/"
	rm -rf "$part/tree"
	mv "$part" "$RV"
}

need_rv() {
	have_rv && return
	need_space 2048
	need_mirror
	step "fetching QEMU and busybox for riscv64" make_rv
}
