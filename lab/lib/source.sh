# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Kernel sources. If Debian has no riscv64 package of a kernel, the lab builds from them the host's kernel, the stock kvm.ko, and
# the files that modules are built with. Sourced by lab/lab.

KCONFIG=("$LAB/host/kernel.config" "$LAB/host/kernel-older.config")

# The sources that stay in the cache. kvm.ko and the selftests are built from them.
KEPT_SOURCES=(arch/riscv virt include tools scripts Documentation/virt Makefile Kbuild Kconfig)

# take_source DEB DIR PATH...: unpack these files and folders of the sources. '*' stands for all.
take_source() {
	local deb=$1 dir=$2
	shift 2
	# '*' must not match a slash, because there are other folders with the name virt further down.
	# shellcheck disable=SC2016
	in_private bash -c 'set -o pipefail; dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards "./usr/src/linux-source-*.tar.xz" |
		xz -dc -T0 | tar -x -C "$2" --strip-components=1 --wildcards --no-wildcards-match-slash "${@:3}"' \
		- "$deb" "$dir" "${@/#/linux-source-*/}"
}

# from_source: must the lab build the chosen kernel? Its locked set then has no riscv64 package.
from_source() { ! locked "$KERNEL" | grep -q ' riscv64 '; }

# what_builds: print everything that such a kernel depends on, except its sources.
what_builds() { code "${KCONFIG[@]}" "$LAB/lib/source.sh"; }

# count: copy the output of make, and print the number of compiled files from time to time.
count() {
	local line n=0
	while IFS= read -r line; do
		printf '%s\n' "$line"
		case $line in '  CC'*) n=$((n + 1)); [ $((n % 250)) -ne 0 ] || printf '%s files ... ' $n >&3 ;; esac
	done
}

# compile_kernel DIR: build the kernel whose sources are in DIR/src, in DIR/build. A kernel of a tree may lack options.
compile_kernel() {
	ROOT_BINDS=("$1" /kernel "$1/build" /build)
	# The headers are for the selftests.
	in_root bash -ec '
		cd /build
		make() { command make ARCH=riscv CROSS_COMPILE="$1" KBUILD_BUILD_USER=gstage KBUILD_BUILD_HOST=lab "${@:2}"; }
		# Otherwise the version would depend on the state of a git repository.
		export LOCALVERSION=
		cat /gstage/lab/host/kernel.config /gstage/lab/host/kernel-older.config >all.config
		make "$1" -C /kernel/src O=/build KCONFIG_ALLCONFIG=all.config allnoconfig
		missing=$(grep "^CONFIG_" /gstage/lab/host/kernel.config | grep -vxFf .config || :)
		[ -z "$missing" ] || [ "$2" = lacks ] || { echo "error: this kernel does not take" $missing; exit 1; }
		case $missing in *CONFIG_KVM=m*) echo "error: this kernel does not have KVM for RISC-V as a module"; exit 1 ;; esac
		echo "$missing" >lacks
		make "$1" -j"$(nproc)" Image modules headers' - "$CROSS" "${TREE:+lacks}" > >(count)
	ROOT_BINDS=()
}

# build_kernel DIR VERSION: build a kernel from the sources in DIR/src, and give DIR the same files as unpack_kernel does.
build_kernel() {
	local dir=$1 build=$1/build headers release path
	mkdir -p "$build"
	compile_kernel "$dir"
	release=$(cat "$build/include/config/kernel.release")
	mv "$build/lacks" "$dir/"
	echo "$2 ${release%-riscv64}" >"$dir/version"
	mv "$build/arch/riscv/boot/Image" "$build/arch/riscv/kvm/kvm.ko" "$dir/"
	headers=$dir/usr/src/linux-headers-$release
	for path in .config Makefile Module.symvers include scripts arch/riscv/include; do
		mkdir -p "$(dirname "$headers/$path")"
		mv "$build/$path" "$headers/$path"
	done
	# The Makefile has the path of its own folder.
	sed -i "s|/build$|/usr/src/linux-headers-$release|" "$headers/Makefile"
	for path in "${KEPT_SOURCES[@]}"; do
		mkdir -p "$(dirname "$dir/kept/$path")"
		mv "$dir/src/$path" "$dir/kept/$path"
	done
	rm -rf "$build" "$dir/src"
	mv "$dir/kept" "$dir/src"
}
