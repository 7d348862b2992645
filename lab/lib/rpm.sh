# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Build the RPM packages with the cross compiler, and test them. Sourced by lab/lab.

# A root of its own: who builds Debian packages alone does not need these packages.
RPM_PACKAGES=(rpm rpmlint make gcc libc6-dev gcc-riscv64-linux-gnu libc6-dev-riscv64-cross file perl pkgconf mount)

need_rpm_root() {
	RPM_ROOT=$(package_root rpm "${RPM_PACKAGES[@]}")
	[ -d "$RPM_ROOT" ] || need_package_root "$RPM_ROOT" 1024 'RPM packages' "${RPM_PACKAGES[@]}"
}

in_rpm_root() { ROOT=$RPM_ROOT in_root "$@"; }

# make_rpms DIR: build all packages of this checkout into DIR (below build/), for x86-64 and for riscv64.
make_rpms() {
	rm -rf "$1"
	cross_libraries "$BUILD/rpm-libraries"
	# --nodeps, because this root does not have the packages under the names that they have on Fedora.
	in_rpm_root sh -ec 'cd /gstage
		libs=/gstage/build/rpm-libraries/usr/lib/riscv64-linux-gnu
		export DEPS_CFLAGS=-I/gstage/build/rpm-libraries/usr/include
		export DEPS_LIBS="-L$libs -Wl,-rpath-link,$libs -lncursesw -ltinfo -lsmartcols -ljson-c -lelf"
		build() {
			packaging/rpm/build "build/$out" --nodeps --define "kernel_doc /kernel/src/scripts/kernel-doc" "$@"
		}
		out=$1
		build --target x86_64
		build --target riscv64 --define "cross riscv64-linux-gnu-" --define "__strip riscv64-linux-gnu-strip" \
			--define "__objdump riscv64-linux-gnu-objdump"' - "${1#"$BUILD"/}"
}

# test_rpms LOGDIR: test the packages of build/rpm. Their files are compared with those of build/deb, if these are of this checkout.
test_rpms() {
	local debs=build/deb
	! stale "$BUILD/deb/gstage-dkms_$(cat "$TOP/VERSION")_all.deb" VERSION CHANGELOG.md cli debian docs engine examples include kvm \
		packaging/api-man packaging/dkms packaging/libvirt packaging/modprobe.d packaging/sources.conf uapi || debs=build/none
	in_rpm_root env -C /gstage packaging/test/pc.sh "$debs" "$KRELEASE" "${1#"$TOP"/}" rpm || :
}

lab_rpm() {
	local logs=$BUILD/test-logs/rpm
	need_base
	need_rpm_root
	build_alone
	rm -rf "$logs"
	mkdir -p "$logs"
	step "building the RPM packages" make_rpms "$BUILD/rpm"
	test_rpms "$logs"
	exec 8>&-
	say "build/rpm has $(cd "$BUILD/rpm" && printf '%s ' ./*.rpm)"
	"$TOP/tests/tally" "$logs/rpm.tap"
}
