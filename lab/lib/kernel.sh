# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Kernels: locked sets of packages, unpacked to boot them and to build modules. Sourced by lab/lab.

# kernels: print the series in the lock file.
kernels() { awk '!/^#/ && $2 ~ /^linux-source-/ { print $1 }' "$LOCK" | sort -V; }

# kernel_name: set KDIR_CACHE to the folder of this set in the cache. Its name depends on the locked lines.
kernel_name() {
	local lines hash
	[ -z "$TREE" ] || { tree_name; return; }
	lines=$(locked "$KERNEL")
	[ -n "$lines" ] || die "there is no kernel $KERNEL" "one of: $(kernels | xargs)"
	hash=$({ echo "$lines"; ! from_source || what_builds; } | sha256sum)
	KDIR_CACHE=$CACHE/kernel-$KERNEL-${hash:0:12}
}

have_kernel() {
	kernel_name
	[ -d "$KDIR_CACHE" ] || return
	read -r KVERSION KABI <"$KDIR_CACHE/version"
	KRELEASE=$KABI-riscv64
}

# fetch_newest SET: download the locked packages of a set. If the mirror lacks one of them, download the newest complete set that it
# has. The file `set` in the cache says which packages were taken.
fetch_newest() {
	local status=0
	locked "$1" >"$CACHE/set"
	fetch_set <"$CACHE/set" || status=$?
	[ "$status" -eq 2 ] || return "$status"
	echo "the mirror no longer has the locked set: looking for the newest complete set"
	need_index "$1"
	newest "$1" "$CACHE/set" || {
		printf '%s\n' "${LACKS[@]}"
		die "the mirror has no complete set of packages of $1" "set GSTAGE_MIRROR to the URI of a complete Debian mirror"
	}
	fetch_set <"$CACHE/set"
}

# say_newer SET TITLE: say so if the mirror did not have the locked packages.
say_newer() {
	! cmp -s "$CACHE/set" <(locked "$1") || return 0
	say "the mirror no longer has the locked packages of $2:"
	say "  locked: $(set_version <(locked "$1"))"
	say "  used:   $(set_version "$CACHE/set")  (to lock this version: lab/lab lock $1)"
}

# take_from DEB DIR PATTERN...: unpack the files of a package that match.
take_from() {
	local deb=$1 dir=$2
	shift 2
	in_private bash -c 'set -o pipefail; dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --wildcards "${@:3}"' - "$deb" "$dir" "$@"
}

# unpack_kernel DIR: unpack the packages into DIR as have_kernel expects. For a kernel that is to be built, unpack only the sources.
unpack_kernel() {
	local part=$1 set pkg arch version sha path deb sources=("${KEPT_SOURCES[@]}")
	# Of the modules take only kvm.ko: Debian's kernel has everything else that the host needs built in.
	local kvm="./usr/lib/modules/*/kernel/arch/riscv/kvm/kvm.ko.xz"
	! from_source || sources=('*')
	mkdir -p "$part/src" "$part/image"
	while read -r set pkg arch version sha path; do
		deb=$CACHE/debs/${path##*/}
		case $pkg in
		linux-source-*) take_source "$deb" "$part/src" "${sources[@]}" ;;
		linux-image-*) take_from "$deb" "$part/image" "./boot/vmlinux-*" "$kvm" ;;
		linux-binary-*) take_from "$deb" "$part/image" "./usr/lib/modules/*/vmlinuz" ;;
		linux-modules-*) take_from "$deb" "$part/image" "$kvm" ;;
		*) in_private dpkg-deb -x "$deb" "$part" ;;
		esac
		case $pkg in linux-kbuild-*) echo "$version ${pkg#linux-kbuild-}" >"$part/version" ;; esac
	done <"$CACHE/set"
	! from_source || return 0
	find "$part/image" -name 'vmlinu[xz]*' -type f -exec mv {} "$part/Image" \;
	find "$part/image" -name kvm.ko.xz -exec xz -dc {} + >"$part/kvm.ko"
	rm -rf "$part/image"
	[ -s "$part/Image" ]
	[ -s "$part/kvm.ko" ]
}

# set_version FILE: print the version of a set of packages, of a kernel or of QEMU.
set_version() { awk '$2 ~ /^(linux-source-.*|qemu-system-riscv)$/ && $1 != "riscv64" { print $4 }' "$1"; }

need_kernel() {
	local part
	have_kernel && return
	[ -z "$TREE" ] || { need_tree; return; }
	part=$KDIR_CACHE.part
	need_space 4096
	need_mirror
	step "downloading kernel $KERNEL" fetch_newest "$KERNEL"
	say_newer "$KERNEL" "kernel $KERNEL"
	rm -rf "$CACHE"/kernel-*.part
	TRASH+=("$part")
	step "unpacking kernel $KERNEL" unpack_kernel "$part"
	if from_source; then
		say "Debian has no riscv64 package of kernel $KERNEL: building it once (10 minutes on two idle cores)"
		step "building kernel $KERNEL" build_kernel "$part" "$(set_version "$CACHE/set")"
	fi
	cp "$CACHE/set" "$part/set"
	mv "$part" "$KDIR_CACHE"
	have_kernel
}

# lab_kernels: print the kernels, and which of them are set up.
lab_kernels() {
	local from ours up
	printf '%-7s %-20s %-28s %-11s %s\n' series version 'comes from' 'our kvm.ko' 'set up'
	for KERNEL in $(kernels); do
		from="Debian's packages" ours=no up=no
		! from_source || from='its source, built here'
		[ ! -f "$TOP/kvm/compat/v$KERNEL.mk" ] || ours=yes
		KVERSION=$(set_version <(locked "$KERNEL"))
		if have_kernel; then
			up=$KRELEASE
			cmp -s "$KDIR_CACHE/set" <(locked "$KERNEL") || up+=", not the locked version, because the mirror did not have it any more"
		fi
		printf '%-7s %-20s %-28s %-11s %s\n' "$KERNEL" "$KVERSION" "$from" "$ours" "$up"
	done
	list_trees
}
