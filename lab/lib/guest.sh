# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# riscv64 programs for the host and its guests: busybox, and QEMU with its libraries. Sourced by lab/lab.

RV_PACKAGES=(qemu-system-riscv busybox-static)

rv_name() {
	local hash
	hash=$(cat <(printf '%s\n' "$SUITE" "${RV_PACKAGES[@]}") "$LAB/lib/bundle.sh" | sha256sum)
	RV=$CACHE/riscv64-${hash:0:12}
}

have_rv() { rv_name; [ -d "$RV" ]; }

make_rv() {
	local part=$RV.part
	rm -rf "$CACHE"/riscv64-*.part
	TRASH+=("$part")
	mkdir -p "$part"
	# `extract` runs no maintainer script, so nothing of riscv64 has to run here.
	mmdebstrap_into "$part/tree" --variant=extract --architectures=riscv64 \
		--include="$(IFS=,; echo "${RV_PACKAGES[*]}")"
	ROOT_BINDS=("$part" /rv.part "$LAB/lib" /lab)
	in_root bash /lab/bundle.sh /rv.part/tree /rv.part/bundle
	ROOT_BINDS=()
	cp "$part/tree/usr/bin/busybox" "$part/busybox"
	rm -rf "$part/tree" "$part/bundle"
	mv "$part" "$RV"
}

need_rv() {
	have_rv && return
	need_space 2048
	step "fetching QEMU and busybox for riscv64" make_rv
}
