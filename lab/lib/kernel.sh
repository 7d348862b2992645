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

# newest_set: print the newest version of this kernel in the mirror's index that has every package of the locked set.
newest_set() {
	local suite=$SUITE arches=amd64 apt=$CACHE/index.part keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed=
	TRASH+=("$apt")
	rm -rf "$apt"
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/etc"
	: >"$apt/status"
	[ ! -f "$keyring" ] || signed=" signed-by=$keyring"
	[[ $(locked "$KERNEL") != *~bpo* ]] || suite=$SUITE-backports
	from_source || arches=amd64,riscv64
	echo "deb [arch=$arches$signed] $MIRROR $suite main" >"$apt/sources.list"
	cat >"$apt/apt.conf" <<-END
		APT::Architecture "amd64"; APT::Architectures { "amd64"; "riscv64"; };
		Dir::State::lists "$apt/lists"; Dir::State::status "$apt/status"; Dir::Cache "$apt/cache";
		Dir::Etc::SourceList "$apt/sources.list"; Dir::Etc::SourceParts "-"; Acquire::Languages "none";
		APT::Sandbox::User "root";
	END
	child env APT_CONFIG="$apt/apt.conf" apt-get -q update >&2
	# awk prints every complete set, with the version at the start of each line. The lines of the newest version are the answer. Two
	# packages are the same part if their names differ only in the kernel's ABI, such as 6.12.107+deb13.
	cat_index "$apt" | awk -v set="$KERNEL" -v re="$KERNEL" '
		function kind(package, arch) {
			gsub(/[0-9]+[.][0-9]+[.][0-9]+[+]deb13/, "ABI", package)
			return package " " arch
		}
		BEGIN { sub(/[.]/, "[.]", re) }
		NR == FNR { want[kind($2, $3)] = 1; next }
		/^[A-Za-z0-9-]+: / { v[substr($1, 1, length($1) - 1)] = $2 }
		/^$/ {
			part = kind(v["Package"], v["Architecture"])
			version = v["Version"]
			if (part in want && version ~ "^" re "[.]" && !((version, part) in line)) {
				line[version, part] = set " " v["Package"] " " v["Architecture"] " " version " " v["SHA256"] " " v["Filename"]
				parts[version]++
			}
			split("", v)
		}
		END {
			for (key in line) {
				split(key, k, SUBSEP)
				if (parts[k[1]] == length(want)) print k[1], line[key]
			}
		}' <(locked "$KERNEL") - | sort -V >"$apt/sets"
	awk 'NR == FNR { newest = $1; next } $1 == newest { sub(/^[^ ]+ /, ""); print }' "$apt/sets" "$apt/sets"
}

cat_index() {
	find "$1/lists" -maxdepth 1 -name '*_Packages*' -print0 |
		while IFS= read -r -d '' f; do /usr/lib/apt/apt-helper cat-file "$f"; echo; done
}

fetch_kernel() {
	local status=0
	locked "$KERNEL" >"$CACHE/set"
	fetch_set <"$CACHE/set" || status=$?
	[ "$status" -ne 2 ] || {
		echo "the mirror no longer has the locked set: looking for the newest complete set"
		newest_set >"$CACHE/set"
		[ -s "$CACHE/set" ] || die "the mirror has no complete set of packages of kernel $KERNEL" \
			"set GSTAGE_MIRROR to the URI of a complete Debian mirror"
		status=0
		fetch_set <"$CACHE/set" || status=$?
	}
	return "$status"
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

# set_version FILE: print the version of a set of packages.
set_version() { awk '$2 ~ /^linux-source-/ { print $4 }' "$1"; }

need_kernel() {
	local part
	have_kernel && return
	[ -z "$TREE" ] || { need_tree; return; }
	part=$KDIR_CACHE.part
	need_space 4096
	need_mirror
	step "downloading kernel $KERNEL" fetch_kernel
	if ! cmp -s "$CACHE/set" <(locked "$KERNEL"); then
		say "the mirror no longer has the locked packages of kernel $KERNEL:"
		say "  locked: $(set_version <(locked "$KERNEL"))"
		say "  used:   $(set_version "$CACHE/set")  (to lock this version, update lab/versions.lock)"
	fi
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
