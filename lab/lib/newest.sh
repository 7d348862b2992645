# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The newest version of a locked set that the mirror's index has, as lines of a lock file. Sourced by lab/lab.

# The packages that the tests of our packages need. apt adds their dependencies. libvirt wants all of QEMU; lab/system/unpack has
# what stands in for the QEMU of other machines.
SYSTEM_PACKAGES=(apt mawk systemd systemd-sysv udev adduser dkms gcc openssl initramfs-tools qemu-system-riscv libvirt-daemon
	libvirt-daemon-driver-qemu libvirt-daemon-log libvirt-clients libjson-c5 linux-image-riscv64 linux-headers-riscv64 linux-source-6.12)

# What a QEMU of another suite is, besides libraries; and dependencies that no emulated host needs: code for other cards, character sets.
QEMU_PACKAGES=(qemu-system-riscv opensbi)
QEMU_LEFT_OUT=(qemu-system-common ipxe-qemu libc-gconv-modules-extra)

LACKS=()        # what newest says about versions that it could not take

# newest SET FILE: write the lines of the newest complete version of the set into FILE. Fill LACKS. Status 1: there is none.
newest() {
	local kind
	LACKS=()
	case $1 in
	qemu-*) kind=qemu ;;
	system) kind=system ;;
	*) if [ -n "$(set_version <(locked "$1"))" ]; then kind=kernel; else kind=libraries; fi ;;
	esac
	"newest_$kind" "$1" >"$2" || return
	[ -s "$2" ]
}

# newest_first: sort versions on stdin as dpkg compares them, the newest first.
newest_first() {
	local sorted=() version i
	while read -r version; do
		for ((i = ${#sorted[@]}; i > 0; i--)); do
			dpkg --compare-versions "$version" gt "${sorted[i - 1]}" || break
			sorted[i]=${sorted[i - 1]}
		done
		sorted[i]=$version
	done
	[ ${#sorted[@]} -eq 0 ] || printf '%s\n' "${sorted[@]}"
}

# newest_kernel SET: all packages of a kernel have one version. Two packages are the same part if their names differ only in the
# kernel's ABI, such as 6.12.107+deb13.
newest_kernel() {
	local set=$1 files version lacks
	mapfile -t files < <(indices "$set")
	awk -v set="$set" '
		function kind(package, arch) {
			gsub(/[0-9]+[.][0-9]+[.][0-9]+[+]deb[0-9]+/, "ABI", package)
			return package " " arch
		}
		BEGIN { re = set; sub(/[.]/, "[.]", re) }
		FILENAME == ARGV[1] { want[++parts] = kind($2, $3); wanted[want[parts]] = 1; next }
		{ part = kind($1, $2) }
		part in wanted && $3 ~ "^" re "[.]" {
			versions[$3] = 1
			line[$3, part] = set " " $1 " " $2 " " $3 " " $4 " " $5
		}
		END {
			for (version in versions)
				for (i = 1; i <= parts; i++)
					if ((version, want[i]) in line) print version, "has", line[version, want[i]]
					else print version, "lacks", want[i]
		}' <(locked "$set") "${files[@]}" >"$INDEX/versions"
	for version in $(cut -d ' ' -f 1 "$INDEX/versions" | sort -u | newest_first); do
		lacks=$(awk -v v="$version" '$1 == v && $2 == "lacks" { printf "%s%s for %s", n++ ? ", " : "", $3, $4 }' "$INDEX/versions")
		if [ -z "$lacks" ]; then
			awk -v v="$version" '$1 == v { sub(/^[^ ]+ has /, ""); print }' "$INDEX/versions"
			return
		fi
		LACKS+=("$version lacks $lacks")
	done
	return 1
}

# newest_of FILE PACKAGE [ARCH]: print the line of the newest version of the package in that index. Status 1: there is none.
newest_of() {
	local lines version
	lines=$(awk -F '\t' -v p="$2" -v a="${3-}" '$1 == p && (a == "" || $2 == a)' "$1")
	version=$(cut -f 3 <<<"$lines" | newest_first | head -n 1)
	[ -n "$version" ] || return
	awk -F '\t' -v v="$version" '$3 == v { print; exit }' <<<"$lines"
}

# newest_libraries SET: each package has a version of its own.
newest_libraries() {
	local set name arch line index status=0
	index=$(indices "$1")
	while read -r set name arch _; do
		line=$(newest_of "$index" "$name" "$arch") || {
			LACKS+=("there is no $name for $arch")
			status=1
			continue
		}
		lock_line "$set" "$line"
	done < <(locked "$1")
	return "$status"
}

lock_line() { awk -F '\t' -v set="$1" '{ print set, $1, $2, $3, $4, $5 }' <<<"$2"; }

# newest_system SET: ask apt what it would install.
newest_system() {
	local index essential
	index=$(indices "$1")
	mapfile -t essential < <(cat_index "$index.d" | awk -v RS= -F'\n' '/\nEssential: yes/ { sub(/^Package: /, "", $1); print $1 }' | sort -u)
	APT_CONFIG=$index.apt apt-get -s install "${essential[@]}" "${SYSTEM_PACKAGES[@]}" >"$INDEX/asked" 2>&1 || {
		mapfile -t LACKS < <(grep -E '^ |^E:' "$INDEX/asked" | head -n 4)
		return 1
	}
	awk '
		$2 ~ /^(qemu-system(-(arm|mips|misc|ppc|s390x|sparc|x86))?|seabios|ipxe-qemu)$/ { next }
		$1 == "Inst" { sub(/\(/, "", $3); print $2 "\t" $3 }' "$INDEX/asked" >"$INDEX/wanted"
	awk -F '\t' -v set="$1" '
		NR == FNR { wanted[$1, $2]; next }
		($1, $3) in wanted { print set, $1, $2, $3, $4, $5 }' "$INDEX/wanted" "$index" | LC_ALL=C sort
}

# newest_qemu SET: QEMU, its firmware, and those libraries that the lab root does not have, or not new enough.
newest_qemu() {
	local set=$1 index name line version todo=("${QEMU_PACKAGES[@]}")
	local -A seen=()
	index=$(indices "$set")
	while [ ${#todo[@]} -gt 0 ]; do
		name=${todo[0]} todo=("${todo[@]:1}")
		[ -z "${seen[$name]-}" ] || continue
		seen[$name]=1
		line=$(newest_of "$index" "$name") || {
			LACKS+=("there is no $name, which QEMU needs")
			return 1
		}
		version=$(cut -f 3 <<<"$line")
		if [ "$name" = qemu-system-riscv ] && [[ ${version#*:} != "${set#qemu-}".* ]]; then
			name=$(sed 's/^[0-9]*://; s/^\([0-9]*[.][0-9]*\).*/\1/' <<<"$version")
			LACKS+=("the mirror has QEMU $version, and no other: lab/lab lock qemu-$name")
			return 1
		fi
		lock_line "$set" "$line"
		while read -r name; do [ -z "$name" ] || todo+=("$name"); done < <(missing_in_root "$(cut -f 6 <<<"$line")")
	done
}

# missing_in_root DEPENDENCIES: print the packages that must come from the other suite, because the lab root does not satisfy them.
missing_in_root() {
	local clause first name op version have met
	while read -r clause; do
		first='' met=''
		while read -r name op version; do
			name=${name%%:*} op=${op#(} version=${version%)}
			: "${first:=$name}"
			[[ " ${QEMU_LEFT_OUT[*]} " != *" $name "* ]] || met=yes
			have=$(root_version "$name")
			[ -n "$have" ] || continue
			[ -n "$op" ] || met=yes
			[ -z "$op" ] || ! dpkg --compare-versions "$have" "$op" "$version" || met=yes
		done < <(tr '|' '\n' <<<"$clause" | sed 's/^ *//')
		[ -n "$met" ] || echo "$first"
	done < <(tr ',' '\n' <<<"$1" | sed 's/^ *//; /^$/d')
}

# root_version PACKAGE: print the version that is installed in the lab root.
root_version() {
	awk -v p="$1" '/^Package: / { name = $2 } /^Status: / { up = /installed$/ } /^Version: / && name == p && up { print $2; exit }' \
		"$ROOT/var/lib/dpkg/status"
}
