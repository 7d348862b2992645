# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The lab root: a Debian system in a folder, with QEMU, the cross compiler and the tools to build kernel modules. Sourced by lab/lab.

SUITE=trixie
PACKAGE_SUITE=$SUITE    # packages are built in this suite (--suite)
ROOT_PACKAGES=(qemu-system-riscv opensbi gcc-riscv64-linux-gnu libc6-dev-riscv64-cross gcc libc6-dev make kmod cpio xz-utils pahole bc
	cbmc bison flex)

# The name has a hash of everything that decides the contents of the folder. The folder gets its name when it is complete.
root_name() {
	local hash
	hash=$(printf '%s\n' "$SUITE" "${ROOT_PACKAGES[@]}" | sha256sum)
	ROOT=$CACHE/root-${hash:0:12}
}

# mmdebstrap_into DIR OPTIONS...: use the main archive only, because for riscv64 the others are sometimes incomplete.
mmdebstrap_into() {
	local dir=$1 lines=() proxy
	shift
	find_mirror
	[ -z "$MIRROR" ] || lines=("deb $MIRROR $SUITE main")
	proxy=$(apt-config shell P Acquire::http::Proxy)
	eval "$proxy"
	[ -z "${P-}" ] || set -- --aptopt="Acquire::http::Proxy \"$P\"" "$@"
	[ "$DATES" != any ] || set -- --aptopt='Acquire::Check-Valid-Until "false"' --aptopt='Acquire::Check-Date "false"' "$@"
	# mmdebstrap cannot clean up after SIGKILL, so put its temporary files into the cache.
	child env TMPDIR="$CACHE" "${PRIVATE[@]}" mmdebstrap --mode=root --format=directory \
		--aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "1"' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' "$@" "$SUITE" "$dir" "${lines[@]}"
}

make_root() {
	rm -rf "$CACHE"/root-*.part
	TRASH+=("$ROOT.part")
	mmdebstrap_into "$ROOT.part" --variant=essential --include="$(IFS=,; echo "${ROOT_PACKAGES[*]}")"
	mv "$ROOT.part" "$ROOT"
}

have_root() { root_name; [ -d "$ROOT" ]; }

need_lab_root() {
	have_root && return
	need_space 4096
	step "making the lab root (Debian $SUITE)" make_root
}

# package_root KIND PACKAGE...: print the folder of the root in which packages of this kind are built, with these packages of Debian.
package_root() {
	local hash
	hash=$(printf '%s\n' "$PACKAGE_SUITE" "${@:2}" | sha256sum)
	echo "$CACHE/root-$1-${hash:0:12}"
}

make_package_root() {
	local SUITE=$PACKAGE_SUITE
	rm -rf "${1%-*}"-*.part
	TRASH+=("$1.part")
	mmdebstrap_into "$1.part" --variant=essential --include="$(IFS=,; echo "${*:2}")"
	mv "$1.part" "$1"
}

# need_package_root DIR MIB WHAT PACKAGE...: make such a root, which takes so many MiB of disk.
need_package_root() {
	alone
	need_space "$2"
	step "making the root that builds $3 (Debian $PACKAGE_SUITE)" make_package_root "$1" "${@:4}"
	not_alone
}
