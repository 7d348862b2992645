#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# pc-dkms.sh KERNEL: test for which kernels gstage-dkms builds, what it prints for the others, and that its removal leaves no file.
# pc.sh runs this.
# shellcheck source=packaging/test/tap.sh
. ./tap.sh
# shellcheck source=packaging/test/made-up.sh
. ./made-up.sh

release=$1
version=$(dpkg-deb -f gstage-dkms_*_all.deb Version)
modules=/lib/modules/$release
ours=$modules/updates/dkms/kvm.ko.xz
stock=$modules/kernel/arch/riscv/kvm/kvm.ko.xz

# installed KERNEL: make the folder of an installed kernel in /lib/modules.
installed() {
	mkdir -p "/lib/modules/$1"
	ln -s "/usr/src/linux-headers-$release" "/lib/modules/$1/build"
	: >"/lib/modules/$1/modules.builtin"
	: >"/lib/modules/$1/modules.order"
}

# Make DKMS believe that this machine runs the kernel.
# shellcheck disable=SC2016
printf '#!/bin/sh\ncase $1 in -m) echo riscv64 ;; -r) echo %s ;; *) exec /bin/uname "$@" ;; esac\n' "$release" >/usr/local/bin/uname
ln -s /usr/bin/riscv64-linux-gnu-strip /usr/local/bin/strip
chmod +x /usr/local/bin/uname
export DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
installed "$release"
mkdir -p "${stock%/*}"
xz -c /kernel/kvm.ko >"$stock"
depmod "$release"

# sources VERSION: install a package linux-source, with the kernel's own sources of KVM.
sources() {
	mkdir -p files/usr/src
	tar -cJf "files/usr/src/linux-source-$line.tar.xz" -C /kernel/src --transform "s,^,linux-source-$line/," \
		arch/riscv/kvm arch/riscv/include virt/kvm include/linux Makefile
	package "linux-source-$line" "$1"
}

line=${release%%.*}.$(echo "$release" | cut -d. -f2)
kernel=$(awk '$2 ~ /^linux-headers.*-riscv64$/ { print $4 }' /kernel/set)
package "linux-headers-$release" "$kernel"
package linux-headers-riscv64 "$kernel"
# For apt, the sources of another kernel satisfy the dependency.
another=$(dpkg-deb -f gstage-dkms_*_all.deb Depends | grep -o 'linux-source-[0-9.]*' | grep -vm1 "^linux-source-$line$")
package "$another" 1
footprint >before

run dpkg -i gstage-dkms_*_all.deb
check 'without the sources the package installs, too' works
check 'without the sources it says which package is missing' says "apt install linux-source-$line=$kernel"
check 'without the sources the kernel keeps its own KVM' test -f "$stock" -a ! -e "$ours"

sources "$line.1-1"
check 'with sources of another version there is no kvm.ko' test ! -e "$ours"
check 'with sources of another version it says which version the kernel needs' \
	says "it is $kernel, and linux-source-$line is $line.1-1: apt install linux-source-$line=$kernel"

start=$SECONDS
sources "$kernel"
echo "# building took $((SECONDS - start)) s"
check 'when the right sources are installed kvm.ko is built' says "kernel $release has gstage's kvm.ko"
check 'modprobe finds this kvm.ko' is "$(modinfo -k "$release" -F filename kvm)" "$ours"
check 'modinfo shows its version' is "$(modinfo -k "$release" -F gstage kvm)" "$version"
check 'modinfo shows the sources' is "$(modinfo -k "$release" -F gstage_kvm_sources kvm)" "Linux ${kernel%-*}"

# This kernel is neither the running one nor the newest.
second=${release/-/-second-}
installed "$second"
package "linux-headers-$second" "$kernel"
other=/lib/modules/5.10.0-1-riscv64
kernel "${other##*/}" 5.10.1
mkdir -p /lib/modules/6.13.0-1-riscv64
: >/lib/modules/6.13.0-1-riscv64/modules.builtin
run dpkg-reconfigure gstage-dkms
check 'dpkg-reconfigure succeeds although DKMS cannot build for some kernels' works
check "a second supported kernel has gstage's kvm.ko" says "kernel $second has gstage's kvm.ko"
check 'for an unknown kernel it lists the known ones' says "gstage $version does not know Linux 5.10: install a kernel of $(oldest) or"
check 'for a kernel without headers it says how to install them' says 'apt install linux-headers-6.13.0-1-riscv64'
check "the first kernel still has gstage's kvm.ko" test -f "$ours"
rm -rf "$other" /lib/modules/6.13.0-1-riscv64

# Kernels that are in no package, such as a vendor's.
vendor=${release%%[-+]*}-vendor
installed "$vendor"
tree old "$line.1"
tar -czf old.tar.gz old
conf=/etc/gstage/sources.conf
cp $conf conf
echo "*-vendor $PWD/old.tar.gz" >>$conf
run "/usr/src/gstage-$version/dkms/report" build
check 'that the archive of a vendor is of another version is no failure' works
check 'the message has the file, the line and both versions' \
	says "it is Linux ${release%%[-+]*}, and $PWD/old.tar.gz ($conf:$(wc -l <$conf)) has Linux $line.1: name the sources of Linux ${release%%[-+]*} there"
check 'DKMS says that it skips the kernel' says "Autoinstall on $vendor was skipped for module(s) gstage"
check 'there is no kvm.ko for it' test ! -e "/lib/modules/$vendor/updates"
cp conf $conf
echo '*-vendor /kernel/src' >>$conf
run "/usr/src/gstage-$version/dkms/report" build
check "a vendor's kernel with a tree in sources.conf has gstage's kvm.ko" says "kernel $vendor has gstage's kvm.ko"
check 'it was built from that tree' grep -qx /kernel/src "/var/lib/dkms/gstage/$version/$vendor"/*/log/make.log
check 'modinfo shows the version of the tree' is \
	"$(modinfo -F gstage_kvm_sources "/lib/modules/$vendor/updates/dkms"/kvm.ko*)" "Linux ${release%%[-+]*}"

run dpkg --purge gstage-dkms
check 'it can be purged' works
check "after the purge modprobe finds the kernel's own kvm.ko" is "$(modinfo -k "$release" -F filename kvm)" "$stock"
check "after the purge the second kernel has no kvm.ko of gstage" test ! -e "/lib/modules/$second/updates"
check "after the purge the vendor's kernel has no kvm.ko of gstage" test ! -e "/lib/modules/$vendor/updates"
rm -rf "/lib/modules/$second" "/lib/modules/$vendor"
check "the kernel's own kvm.ko is unchanged" sh -c "xz -dc $stock | cmp - /kernel/kvm.ko"
run dpkg --purge "linux-source-$line"
footprint >after
check 'no file is left' diff before after
done_testing
