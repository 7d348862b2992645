# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Look at the sources of a kernel's KVM: a folder or a tar archive. Sourced by dkms/sources, which sets these two:
: "${top:=}" "${release:=}"

# no MESSAGE: gstage's kvm.ko cannot be built for this kernel. DKMS skips a kernel if a script before the build ends with status 77.
no() {
	echo "$1" >&2
	exit 77
}

# whole FOLDER: does it have the sources of KVM? Headers alone do not.
whole() {
	for file in "$1"/arch/riscv/kvm/*.c; do [ -f "$file" ] || return 1; done
	for file in "$1"/virt/kvm/*.c; do [ -f "$file" ] || return 1; done
}

# makefile_version FOLDER: print the version that the Makefile names: 6.18.35. Without a SUBLEVEL it ends in 0, as the kernel's does.
makefile_version() {
	awk '$2 == "=" && !($1 in v) { v[$1] = $3 }
		END { if ("VERSION" in v) printf "%d.%d.%d", v["VERSION"], v["PATCHLEVEL"], v["SUBLEVEL"] }' "$1/Makefile" 2>/dev/null || :
}

# check FOLDER NAME REMEDY: are these the sources of the kernel, and does gstage support them? NAME is what a message calls them, and
# REMEDY is what to do if they are of another version.
check() {
	found=$(makefile_version "$1")
	[ "$found" = "$release" ] || no "it is Linux $release, and $2 has ${found:+Linux }${found:-no version}: $3"
	fits=$(sh "$top/kvm/compat/fit.sh" "$1")
	case $fits in
	yes*) ;;
	*) no "gstage $(cat "$top/VERSION") does not support the KVM in $2: ${fits#no }: use another kernel, or a newer gstage" ;;
	esac
}

# Files that a build or fit.sh reads.
PARTS='Makefile arch/riscv/kvm virt/kvm arch/riscv/include/asm/kvm_*.h include/linux/kvm_host.h'

# take SOURCES FOLDER NAME: copy these files to FOLDER, which must not exist.
take() {
	part=$2.part
	rm -rf "$part"
	mkdir -p "$part"
	if [ -d "$1" ]; then
		# The kernel may have been built there. Leave out what the compiler made.
		# shellcheck disable=SC2086
		(cd "$1" && tar -ch --exclude='*.o' --exclude='*.a' --exclude='*.ko' --exclude='*.mod' --exclude='*.mod.c' --exclude='.*.cmd' \
			--exclude=modules.order $PARTS) | tar -x -C "$part"
		mv "$part" "$2"
		return
	fi
	# The tree may be at the top of the archive or in a folder. This reads the whole archive, because virt/ comes last: it takes a
	# minute on a slow machine.
	set -f
	# shellcheck disable=SC2046
	error=$(XZ_DEFAULTS=-T0 LC_ALL=C tar -xf "$1" -C "$part" --wildcards --no-wildcards-match-slash \
		$(for p in $PARTS; do echo "$p" "*/$p" "./*/$p"; done) 2>&1 >/dev/null |
		grep -vE '^$|: Not found in archive$|: Exiting with failure status' | head -n 1)
	set +f
	[ -z "$error" ] || { rm -rf "$part"; no "$3 cannot be read: $error: get it again, or install what tar lacks"; }
	tree=$(find "$part" -path '*/arch/riscv/kvm' -type d | head -n 1)
	tree=${tree%/arch/riscv/kvm}
	if [ -z "$tree" ] || ! whole "$tree"; then
		rm -rf "$part"
		no "$3 is not an archive of a kernel tree: it has no arch/riscv/kvm/*.c or no virt/kvm/*.c: get one of the whole tree"
	fi
	mv "$tree" "$2"
	rm -rf "$part"
}
