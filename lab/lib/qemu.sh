# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# --qemu VERSION: the host boots under another QEMU than that of the lab root. Sourced by lab/lab.
#
# The lock file has its packages, and the libraries that the lab root does not have in that version. They are unpacked into a folder
# of the cache. It is /qemu in the lab root.

QEMU_SERIES=''  # the version; empty: the QEMU of the lab root
QEMU_DIR=''

# qemus: print the versions in the lock file.
qemus() { lock_sets | sed -n 's/^qemu-//p' | sort -V; }

# qemu_name: set QEMU_DIR to the folder in the cache.
qemu_name() {
	local lines
	[ -n "$QEMU_SERIES" ] || return 0
	lines=$(locked "qemu-$QEMU_SERIES")
	[ -n "$lines" ] || die "there is no QEMU $QEMU_SERIES" \
		"one of: $(qemus | xargs); without --qemu the host boots under the QEMU of the lab root (Debian $SUITE)"
	QEMU_DIR=$CACHE/qemu-$QEMU_SERIES-$(sha256sum <<<"$lines" | cut -c1-12)
}

have_qemu() { qemu_name; [ -d "$QEMU_DIR" ]; }

# qemu_program: set QEMU to the program that emulates hosts. Another QEMU runs with the dynamic linker of its C library, if it has one.
# The linker looks for libraries in the lab root after those of the folder.
qemu_program() {
	local libraries=usr/lib/x86_64-linux-gnu linker=/lib64/ld-linux-x86-64.so.2 dir=${1:-$QEMU_DIR}
	QEMU=(qemu-system-riscv64)
	[ -n "$QEMU_SERIES" ] || return 0
	[ ! -e "$dir/$libraries/ld-linux-x86-64.so.2" ] || linker=/qemu/$libraries/ld-linux-x86-64.so.2
	QEMU=("$linker" --library-path "/qemu/$libraries" /qemu/usr/bin/qemu-system-riscv64 -L /qemu/usr/share/qemu)
}

# unpack_qemu DIR: unpack the packages, and see that the program starts.
unpack_qemu() {
	local part=$1 set pkg arch version sha path
	mkdir -p "$part"
	while read -r set pkg arch version sha path; do
		in_private dpkg-deb -x "$CACHE/debs/${path##*/}" "$part"
	done <"$CACHE/set"
	rm -rf "$part"/usr/share/{doc,man,locale}
	qemu_program "$part"
	ROOT_BINDS=("$part" /qemu)
	in_root "${QEMU[@]}" --version
	ROOT_BINDS=()
}

# need_qemu: set up the QEMU that the user has chosen.
need_qemu() {
	local part
	[ -n "$QEMU_SERIES" ] || return 0
	have_qemu && return
	alone
	part=$QEMU_DIR.part
	need_space 512
	need_mirror
	step "downloading QEMU $QEMU_SERIES" fetch_newest "qemu-$QEMU_SERIES"
	say_newer "qemu-$QEMU_SERIES" "QEMU $QEMU_SERIES"
	rm -rf "$CACHE"/qemu-*.part
	TRASH+=("$part")
	step "unpacking QEMU $QEMU_SERIES" unpack_qemu "$part"
	cp "$CACHE/set" "$part/set"
	mv "$part" "$QEMU_DIR"
	not_alone
}

# qemu_status: print the QEMUs that can emulate the host.
qemu_status() {
	have_root && echo "QEMU: $(root_version qemu-system-riscv), of the lab root" || echo "QEMU: that of Debian $SUITE, with the lab root"
	for QEMU_SERIES in $(qemus); do
		if have_qemu; then
			echo "QEMU $QEMU_SERIES (--qemu $QEMU_SERIES): $(set_version "$QEMU_DIR/set"), in $QEMU_DIR"
			cmp -s "$QEMU_DIR/set" <(locked "qemu-$QEMU_SERIES") || echo "  not the locked version, because the mirror did not have it any more"
		else
			echo "QEMU $QEMU_SERIES (--qemu $QEMU_SERIES): not set up yet, will be in $QEMU_DIR"
		fi
	done
}
