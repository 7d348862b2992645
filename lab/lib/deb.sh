# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Build the Debian packages with the cross compiler, and check them with lintian. Sourced by lab/lab.

# This is another root, because users who only run the lab do not need these packages.
# The headers of trixie's kernels name gcc-14.
DEB_PACKAGES=(build-essential debhelper dh-dkms dkms lintian man-db pkgconf gcc-riscv64-linux-gnu gcc-14-riscv64-linux-gnu
	libc6-dev-riscv64-cross kmod cpio xz-utils e2fsprogs mount pahole bc)

# suite_fits: can the packages be built in the suite that --suite names?
suite_fits() {
	# shellcheck disable=SC2154 # lab/lab sets it
	case $command,$SMOKE in
	deb, | rpm, | test-package,yes) ;;
	test-package,) usage_error "--suite needs --smoke: the Debian system of the other tests is of $SUITE" ;;
	*) usage_error "--suite is for deb, rpm and test-package" ;;
	esac
	[[ $PACKAGE_SUITE =~ ^[a-z]+$ ]] || usage_error "--suite takes the name of a suite of Debian, not $PACKAGE_SUITE"
}

have_deb_root() {
	DEB_ROOT=$(package_root deb "${DEB_PACKAGES[@]}")
	[ -d "$DEB_ROOT" ]
}

need_deb_root() { have_deb_root || need_package_root "$DEB_ROOT" 2048 packages "${DEB_PACKAGES[@]}"; }

in_deb_root() { ROOT=$DEB_ROOT in_root "$@"; }

# cross_libraries DIR: unpack the riscv64 libraries that the command is linked with, except the C library, which has a cross
# package. Also collect their `shlibs` files, which have the dependencies of a program that is linked with them.
cross_libraries() {
	local dir=$1 set pkg arch version sha path
	rm -rf "$dir"
	mkdir -p "$dir"
	need_mirror
	{ locked system; locked riscv64; } | awk '
		$2 ~ /^(lib((ncursesw|tinfo)6|smartcols1|json-c5|elf1t64|zstd1|(ncurses|smartcols|json-c|elf)-dev)|zlib1g)$/ && !seen[$2]++' >"$dir/set"
	fetch_set <"$dir/set"
	while read -r set pkg arch version sha path; do
		in_private dpkg-deb -x "$CACHE/debs/${path##*/}" "$dir"
		in_private dpkg-deb --ctrl-tarfile "$CACHE/debs/${path##*/}" | tar -xO ./shlibs 2>/dev/null >>"$dir/shlibs" || :
	done <"$dir/set"
}

# make_debs VERSION DIR [for-riscv64]: build all packages of this checkout, or only those for riscv64, as version VERSION, into DIR
# (below build/).
make_debs() {
	local version=$1 dir=$2 tree=$2/gstage-$1 what=full
	[ $# -lt 3 ] || what=all
	rm -rf "$dir"
	mkdir -p "$tree"
	cross_libraries "$BUILD/deb-libraries"
	tar -c -C "$TOP" --exclude=./build --exclude=./.git . | tar -x -C "$tree"
	echo "$version" >"$tree/VERSION"
	"$tree/packaging/changelog" >"$tree/debian/changelog"
	# -d, because this root lacks Build-Depends: linux-source, which the lab has unpacked, and libraries for riscv64.
	in_deb_root sh -ec 'cd "/gstage/build/$1"
		export KERNEL_DOC=/kernel/src/scripts/kernel-doc DEB_BUILD_OPTIONS=nocheck
		libs=/gstage/build/deb-libraries/usr/lib/riscv64-linux-gnu
		export DEPS_CFLAGS=-I/gstage/build/deb-libraries/usr/include
		export DEPS_LIBS="-L$libs -Wl,-rpath-link,$libs -lncursesw -ltinfo -lsmartcols -ljson-c -lelf"
		export CROSS_LIBRARIES="$libs" CROSS_SHLIBS=/gstage/build/deb-libraries/shlibs
		dpkg-buildpackage -us -uc -d --build="$2" --source-option=--tar-ignore=build
		dpkg-buildpackage -us -uc -d -B -a riscv64' - "${tree#"$BUILD"/}" "$what"
	rm -rf "$tree"
}

# lintian_clean DIR: fail on errors and warnings of lintian. Other tags are only printed.
lintian_clean() {
	in_deb_root sh -ec 'cd "/gstage/build/$1"; lintian --allow-root --fail-on error,warning --tag-display-limit 0 --info ./*.changes' \
		- "${1#"$BUILD"/}"
}

lab_deb() {
	need_base
	need_deb_root
	build_alone
	step "building the Debian packages" make_debs "$(cat "$TOP/VERSION")" "$BUILD/deb"
	exec 8>&-
	step "checking them with lintian" lintian_clean "$BUILD/deb"
	say "build/deb has $(cd "$BUILD/deb" && printf '%s ' ./*.deb)"
}
