#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# pc-sources.sh: test where gstage-dkms looks for the KVM sources of a kernel, and what it says if it does not take them. The kernels
# and trees are made up. pc.sh runs this, in a root without gstage-dkms.
# shellcheck source=packaging/test/tap.sh
. ./tap.sh
# shellcheck source=packaging/test/made-up.sh
. ./made-up.sh

conf=/etc/gstage/sources.conf
dpkg-deb -x gstage-dkms_*_all.deb unpacked
dkms=$(echo "$PWD"/unpacked/usr/src/gstage-*/dkms)
mkdir -p /etc/gstage

# look KERNEL: run `sources`. take KERNEL: let it copy the sources, too.
look() { run "$dkms/sources" "$1"; }
take() { rm -rf taken; run "$dkms/sources" "$1" taken; }
prints() { works && is "$(cat "$said")" "$1"; }
# refuses TEXT: did it fail with one line that has this text? 77 makes DKMS skip the kernel.
refuses() { is "$status" 77 && is "$(wc -l <"$said")" 1 && says "$1"; }
has_tree() { works && test -f taken/arch/riscv/kvm/main.c -a -f taken/virt/kvm/kvm_main.c -a -f taken/Makefile; }

own=6.18.35-own modules=/lib/modules/6.18.35-own
kernel $own 6.18.35
look $own
check 'a kernel with headers only is refused' refuses 'the sources of its KVM are not installed: apt install linux-source-6.18'
check 'it says where to name sources' says "or name them in $conf"

tree $modules/source 6.18.35
look $own
check 'the folder /lib/modules/KERNEL/source is taken' prints $modules/source
mkdir built
mv $modules/source/* built/
rmdir $modules/source
cp -r $modules/build/include/generated built/include/
rm -r $modules/build
ln -s "$PWD/built" $modules/build
look $own
check 'the folder /lib/modules/KERNEL/build is taken' prints $modules/build
touch built/arch/riscv/kvm/{main.o,.main.o.cmd,kvm.ko,kvm.mod.c,modules.order} built/virt/kvm/kvm_main.o
take $own
check 'its sources are copied' has_tree
check 'what the compiler made there is not copied' is "$(find taken -name '*.o' -o -name '.*.cmd' -o -name '*.ko' -o -name '*.mod.c' -o -name modules.order)" ''
check 'what fit.sh reads is copied' test -f taken/include/linux/kvm_host.h -a -f taken/arch/riscv/include/asm/kvm_host.h

# older, headless, crippled: three trees that are refused. the mistakes at the end use them again.
older() { sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 34/' built/Makefile; look $own; sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 35/' built/Makefile; }
headless() { mv built/virt .; look $own; mv virt built/; }
crippled() {
	sed -i s/kvm_arch_vcpu_load/another_name/ built/arch/riscv/kvm/vcpu.c
	look $own
	sed -i s/another_name/kvm_arch_vcpu_load/ built/arch/riscv/kvm/vcpu.c
}
older
check 'a tree of another version is refused' refuses "it is Linux 6.18.35, and $modules/build has Linux 6.18.34: "
check 'the remedy is to build the kernel again, or to name the sources' \
	says "build and install the kernel again, or name the sources of Linux 6.18.35 in $conf"
headless
check 'a folder without virt/kvm is not taken' refuses 'the sources of its KVM are not installed'
crippled
check "a tree that gstage does not support is refused, with the reason of fit.sh" \
	refuses "does not support the KVM in $modules/build: its arch/riscv/kvm/vcpu.c has no kvm_arch_vcpu_load, which gstage needs"
sed -i '/^SUBLEVEL/d' built/Makefile
look $own
check 'a tree without SUBLEVEL is of version .0' refuses "$modules/build has Linux 6.18.0"
rm built/Makefile
look $own
check 'a tree without a Makefile is refused' refuses "$modules/build has no version"
tree built 6.18.35

# The file. Its kernel has a folder, too, which is only used if no line of the file matches.
tree vendor 6.18.35
vendor=$PWD/vendor
# lines LINE...: write the file.
lines() { printf '%s\n' "$@" >$conf; }
lines '# a comment' '' '  # another' "6.12.*	/nowhere" "6.18.*-[a-o]wn	$vendor  # a comment" "*	/nowhere"
look $own
check 'the first line of the file whose pattern matches counts' prints "$vendor"
take $own
check 'this tree is copied' has_tree
lines '6.18.35-ow /nowhere' '[!6]* /nowhere'
look $own
check 'if no pattern matches, the folder of the kernel is taken' prints $modules/build
printf '6.18.*   %s' "$vendor" >$conf
look $own
check 'the last line needs no end' prints "$vendor"
mv vendor 'a vendor'
lines "* $PWD/a vendor"
look $own
check 'a path may have a blank' prints "$PWD/a vendor"
mv 'a vendor' vendor

missing() { lines '# a comment' "6.18.* $PWD/nowhere"; look $own; }
missing
check 'a path that is missing is an error, with file and line' refuses "$conf:2: there is no $PWD/nowhere: correct the path, or remove the line"
lines "* $PWD"
look $own
check 'a folder that is not a kernel tree is an error, with file and line' refuses "$conf:1: $PWD is not a kernel tree: it has no arch/riscv/kvm/*.c"
lines '*'
look $own
check 'a line without a path is an error' refuses "$conf:1: the pattern * has no path"
lines '* vendor'
look $own
check 'a path that does not begin with / is an error' refuses "$conf:1: vendor does not begin with /"
sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 2/' vendor/Makefile
lines '' "* $vendor"
look $own
check 'a tree of another version is refused, with file and line' \
	refuses "it is Linux 6.18.35, and $vendor ($conf:2) has Linux 6.18.2: name the sources of Linux 6.18.35 there"
sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 35/' vendor/Makefile

# Archives.
tar -czf flat.tar.gz -C vendor Makefile arch virt include
tar -cJf dotted.tar.xz -C vendor .
tar -cjf in-folder.tar.bz2 vendor
tar -cf doubly.tar ./vendor
for archive in flat.tar.gz dotted.tar.xz in-folder.tar.bz2 doubly.tar; do
	lines "* $PWD/$archive"
	look $own
	check "an archive is taken: $archive" prints "$PWD/$archive"
	take $own
	check 'its sources are copied' has_tree
	check 'nothing else is left of it' is "$(echo taken*)" taken
done
# in_archive VERSION: the tree in the archive has another version.
in_archive() {
	sed -i "s/^SUBLEVEL = .*/SUBLEVEL = $1/" vendor/Makefile
	tar -czf flat.tar.gz -C vendor Makefile arch virt include
	sed -i 's/^SUBLEVEL = .*/SUBLEVEL = 35/' vendor/Makefile
	lines "* $PWD/flat.tar.gz"
	take $own
}
in_archive 2
check 'an archive with another version is refused' refuses "it is Linux 6.18.35, and $PWD/flat.tar.gz ($conf:1) has Linux 6.18.2"
sed -i s/kvm_arch_vcpu_load/another_name/ vendor/arch/riscv/kvm/vcpu.c
in_archive 35
check 'an archive that gstage does not support is refused, with the reason' refuses 'vcpu.c has no kvm_arch_vcpu_load, which gstage needs'
tar -czf part.tar.gz -C vendor Makefile arch include
lines "* $PWD/part.tar.gz"
take $own
check 'an archive without virt/kvm is refused' refuses "part.tar.gz ($conf:1) is not an archive of a kernel tree"
head -c 100000 in-folder.tar.bz2 >cut.tar.bz2
lines "* $PWD/cut.tar.bz2"
take $own
check 'an archive that is cut off is refused' refuses "cut.tar.bz2 ($conf:1) cannot be read: "
check 'nothing is left of it' is "$(echo taken*)" 'taken*'
lines "* $PWD/tap.sh"
take $own
check 'a file that is no archive is refused' refuses "tap.sh ($conf:1) cannot be read: tar: This does not look like a tar archive"
rm $conf

# Ubuntu: the release names 7.0.0, and the sources are of a stable release.
ubuntu=7.0.0-22-generic
kernel $ubuntu 7.0.12
package linux-headers-$ubuntu 7.0.0-22.22.1
look $ubuntu
check "for Ubuntu's kernel without sources it says what to install" \
	refuses "the sources of its KVM are not installed: apt install 'linux-source-7.0.0=7.0.0-22.*'"
# ubuntu_source VERSION SUBLEVEL: install a package as Ubuntu has it: an archive in a folder, and a link to it.
ubuntu_source() {
	local dir=files/usr/src/linux-source-7.0.0
	rm -rf linux-source-7.0.0
	tree linux-source-7.0.0 "7.0.$2"
	mkdir -p "$dir/debian"
	tar -cjf "$dir/linux-source-7.0.0.tar.bz2" linux-source-7.0.0
	ln -s linux-source-7.0.0/linux-source-7.0.0.tar.bz2 files/usr/src/linux-source-7.0.0.tar.bz2
	package linux-source-7.0.0 "$1"
}
ubuntu_source 7.0.0-14.14 5
look $ubuntu
check "Ubuntu's sources of another version are refused" refuses \
	"it is 7.0.0-22.22.1, and linux-source-7.0.0 is 7.0.0-14.14: apt install 'linux-source-7.0.0=7.0.0-22.*', or the newest kernel and its headers"
ubuntu_source 7.0.0-22.22 5
take $ubuntu
check "an archive of Ubuntu with another stable release is refused" refuses 'it is Linux 7.0.12, and /usr/src/linux-source-7.0.0/linux-source-7.0.0.tar.bz2 has Linux 7.0.5'
ubuntu_source 7.0.0-22.22 12
look $ubuntu
check "Ubuntu's archive in its folder is taken" prints /usr/src/linux-source-7.0.0/linux-source-7.0.0.tar.bz2
take $ubuntu
check 'its sources are copied' has_tree
mv /usr/src/linux-source-7.0.0/*.tar.bz2 archive
rm /usr/src/linux-source-7.0.0.tar.bz2
mv archive /usr/src/linux-source-7.0.0.tar.bz2
take $ubuntu
check "Ubuntu's archive beside its folder is taken" has_tree
tree /usr/src/linux-source-7.0.0 7.0.12
look $ubuntu
check 'the unpacked folder of Ubuntu is taken' prints /usr/src/linux-source-7.0.0

# A kernel of Debian between two series that gstage knows, as in backports.
kernel 6.16.3+deb13-riscv64 6.16.3
package linux-headers-6.16.3+deb13-riscv64 6.16.3-1~bpo13+1
mkdir -p files/usr/src
tree linux-source-6.16 6.16.3
tar -cJf files/usr/src/linux-source-6.16.tar.xz linux-source-6.16
package linux-source-6.16 6.16.3-1~bpo13+1
take 6.16.3+deb13-riscv64
check 'a kernel of Debian between two known series is taken if its sources fit' has_tree
for version in 6.5.9 7.99.1; do
	kernel $version-own $version
	tree /lib/modules/$version-own/source $version
	look $version-own
	check "Linux $version is refused" refuses "does not know Linux ${version%.*}: install a kernel of $(oldest) or"
done

# A machine with RPM packages has no dpkg.
mkdir bin
cp -s /usr/bin/* bin/
rm bin/dpkg-query built/Makefile
rm -r built/arch
PATH=$PWD/bin look $own
check 'without dpkg it says to unpack the sources, and to name them' refuses \
	"the sources of its KVM are not here: unpack those of Linux 6.18.35, and name their folder in $conf"
mkdir -p /lib/modules/6.18.36
PATH=$PWD/bin look 6.18.36
check 'without dpkg it says which headers are missing' refuses 'its headers are not installed: dnf install kernel-devel-6.18.36'
tree built 6.18.35

# mistake NAME SCRIPT EDIT CASE...: with this mistake in a script, the case has another result. EDIT is for sed.
cp -r "$dkms" scripts
mistake() {
	local right
	"${@:4}"
	right="$status $(cat "$said")"
	sed -i "$3" "$dkms/$2"
	"${@:4}"
	check "a mistake is noticed: $1" test "$status $(cat "$said")" != "$right"
	cp "scripts/$2" "$dkms/"
}
# shellcheck disable=SC2016 # they are of the scripts
{
	mistake 'a tree of any version is taken' tree.sh 's/\[ "$found" = "$release" \] ||/: ||/' older
	mistake 'virt/kvm may be missing' tree.sh '/virt/s/return 1/:/' headless
	mistake 'fit.sh is not asked' tree.sh 's/fits=.*/fits=yes/' crippled
	mistake 'after a path that is missing, other places are tried' sources 's/\[ -e "$path" \] || no/[ -e "$path" ] || continue; : ||/' missing
	mistake 'what an archive has is not checked' sources '/take "$1"/{n; s/check /: /}' in_archive 2
}
done_testing
