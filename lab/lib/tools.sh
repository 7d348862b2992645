# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Programs for the host that read tracepoints, with their libraries. They take 180 MiB, so the host has them only with --with-tools.
# Sourced by lab/lab.

TOOLS_PACKAGES=(linux-perf bpftrace trace-cmd)
TOOLS_PROGRAMS=(perf bpftrace trace-cmd)

have_tools() {
	local hash
	hash=$(cat <(printf '%s\n' "$SUITE" "${TOOLS_PACKAGES[@]}") <(locked riscv64) <(locked tools) <(code "$LAB/lib/bundle.sh") | sha256sum)
	TOOLS=$CACHE/tools-${hash:0:12}
	[ -d "$TOOLS" ]
}

make_tools() {
	local part=$TOOLS.part
	rm -rf "$CACHE"/tools-*.part
	TRASH+=("$part")
	mkdir -p "$part"
	fetch_tree "$part/tree" 'riscv64 tools' "${TOOLS_PACKAGES[*]}"
	bundle "$part" "${TOOLS_PROGRAMS[@]}"
	rm -rf "$part/tree"
	mv "$part" "$TOOLS"
}

need_tools() {
	have_tools && return
	alone
	need_space 1024
	need_mirror
	step "fetching ${TOOLS_PROGRAMS[*]} for riscv64" make_tools
	not_alone
}
