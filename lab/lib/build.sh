# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Building for the host: kvm.ko, the command, the guest's initramfs, the test programs. Sourced by lab/lab.

CROSS=riscv64-linux-gnu-

# stale TARGET FOLDER...: is any file in the folders newer than the target? If not, exec need not run make.
stale() {
	local target=$1 d dirs=()
	shift
	[ -e "$target" ] || return 0
	for d; do [ ! -e "$TOP/$d" ] || dirs+=("$TOP/$d"); done
	[ -n "$(find "${dirs[@]}" -newer "$target" ! -name '.*' -print -quit)" ]
}

# build_alone: allow one build at a time in a checkout, so that two execs do not write the same object files.
build_alone() {
	mkdir -p "$BUILD"
	exec 8>>"$BUILD/.lock"
	flock 8
}

# as_of_now, then fresh TARGET: give the target the time at which make started. So a target is not stale if make found it up to
# date, and is stale if a source was edited while make ran.
as_of_now() { : >"$BUILD/.now"; }
fresh() { touch -r "$BUILD/.now" "$1"; }

# built_for_kernel FOLDER: was the folder built for the chosen kernel? Objects for another kernel cannot be used.
built_for_kernel() { [ "$(cat "$1/.kernel" 2>/dev/null)" = "$KVERSION" ]; }

# module_out MODULE: print the folder below build/ for gstage or gstage-test.
module_out() { echo "module-$KERNEL${1#gstage}"; }

make_module() {
	local name test='' out
	name=$(module_out "$1")
	out=$BUILD/$name
	[ "$1" != gstage-test ] || test=1
	built_for_kernel "$out" || rm -rf "$out"
	mkdir -p "$out"
	echo "$KVERSION" >"$out/.kernel"
	as_of_now
	in_root make -C /gstage/kvm KDIR="/usr/src/linux-headers-$KRELEASE" KSRC=/kernel/src KVER="$KERNEL" \
		OUT="/gstage/build/$name" GSTAGE_TEST=$test ARCH=riscv CROSS_COMPILE="$CROSS" -j"$(nproc)"
	fresh "$out/kvm.ko"
}

# need_module MODULE: build gstage, or gstage-test, which has parameters for tests.
need_module() {
	[ -f "$TOP/kvm/Makefile" ] || die "there is no kvm/Makefile to build our kvm.ko with" "use --module stock"
	build_alone
	if stale "$BUILD/$(module_out "$1")/kvm.ko" kvm engine include uapi VERSION ||
			! built_for_kernel "$BUILD/$(module_out "$1")"; then
		step "building kvm.ko${1#gstage} for kernel $KERNEL" make_module "$1"
	fi
	exec 8>&-
}

make_lab_modules() {
	local out=$BUILD/lab-$KERNEL
	rm -rf "$out"
	mkdir -p "$out"
	as_of_now
	cp "$LAB"/host/module/* "$out/"
	in_root make -C "/usr/src/linux-headers-$KRELEASE" M="/gstage/build/lab-$KERNEL" ARCH=riscv CROSS_COMPILE="$CROSS" modules
	echo "$KVERSION" >"$out/.kernel"
	fresh "$out/lab_notifiers.ko"
}

# need_lab_modules: build the modules that the lab itself loads into the host.
need_lab_modules() {
	local out=$BUILD/lab-$KERNEL
	build_alone
	if stale "$out/lab_notifiers.ko" lab/host/module || ! built_for_kernel "$out"; then
		step "building the lab's modules for kernel $KERNEL" make_lab_modules
	fi
	exec 8>&-
}

make_cli() {
	as_of_now
	ROOT_BINDS=("$RV" /rv)
	in_root make -C /gstage/cli OUT=/gstage/build/cli CROSS_COMPILE="$CROSS" DEPS_CFLAGS=-I/rv/sysroot/include \
		DEPS_LIBS='-L/rv/sysroot/lib -Wl,-rpath-link,/rv/sysroot/lib -l:libncursesw.a -l:libtinfo.a -l:libjson-c.a -lsmartcols -lelf'
	ROOT_BINDS=()
	fresh "$BUILD/cli/gstage"
}

need_cli() {
	build_alone
	if stale "$BUILD/cli/gstage" cli uapi engine include VERSION; then step "building the gstage command" make_cli; fi
	exec 8>&-
}

make_guest() {
	local part=$BUILD/guest-$KERNEL.part guest=$BUILD/guest-$KERNEL
	rm -rf "$part" "$guest"
	mkdir -p "$part/tree/bin" "$part/bundle/guest"
	cp "$RV/busybox" "$part/tree/bin/"
	cp "$LAB/host/guest-init" "$part/tree/init"
	cp "$KDIR_CACHE/Image" "$part/bundle/guest/"
	in_root "${CROSS}gcc" -std=gnu11 -O2 -Wall -Wextra -Werror -static -o "/gstage/build/${part##*/}/tree/bin/guest-memory" \
		/gstage/lab/host/guest-memory.c
	in_root sh -ec 'cd "/gstage/build/$1/tree"; find . | cpio --quiet -o -H newc >../bundle/guest/initrd
		cd ../bundle; find . | cpio --quiet -o -H newc >../guest.cpio' - "${part##*/}"
	rm -rf "$part/tree" "$part/bundle"
	echo "$KVERSION" >"$part/.kernel"
	mv "$part" "$guest"
}

# Pack the kernel and the initramfs of guests. The host has them in /guest.
need_guest() {
	local guest=$BUILD/guest-$KERNEL
	build_alone
	if stale "$guest" lab/host/guest-init lab/host/guest-memory.c || [ "$KDIR_CACHE" -nt "$guest" ] || [ "$RV" -nt "$guest" ] ||
			! built_for_kernel "$guest"; then
		step "packing the guests' kernel $KERNEL and initramfs" make_guest
	fi
	exec 8>&-
}

lab_module() {
	need_base
	need_module gstage
	say "build/module-$KERNEL/kvm.ko is up to date"
}
