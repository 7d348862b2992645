#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# pc-rpm.sh: test the RPM packages of build/rpm: rpmlint, their files, which must be those of the Debian packages in build/deb, and
# what they do when they are installed and removed. pc.sh runs this, in the root that builds RPM packages.
# shellcheck source=packaging/test/tap.sh
. ./tap.sh

version=$(cat /gstage/VERSION)
rpms=/gstage/build/rpm
rpm=/gstage/packaging/rpm

run rpmlint --strict --config $rpm/rpmlint.toml $rpm/gstage.spec $rpms/*.rpm
check 'rpmlint finds no fault' works
sed '/^License: .*GPL-2.0-only$/d' $rpm/gstage.spec >no-license.spec
run rpmlint --strict --config $rpm/rpmlint.toml no-license.spec
check 'rpmlint finds that a package has no licence' fails

# The source package is complete.
run rpmbuild --rebuild --nodeps --target x86_64 --define "_topdir $PWD/again" "$rpms/gstage-$version"-*.src.rpm
check 'the source package builds' works
check 'it builds libgst-devel for this machine' test -f "$(echo again/RPMS/x86_64/libgst-devel-*.rpm)"
mkdir -p other/packaging
cp -r $rpm other/packaging/
echo 98.0 >other/VERSION
run other/packaging/rpm/build out
check 'a spec file of another version than VERSION is refused' fails
check 'the message says what to change' says "gstage.spec has version $version, and VERSION has 98.0: change Version and %changelog"

# unpacked NAME RPM...: install packages in the folder NAME.
unpacked() { run rpm -i --root "$PWD/$1" --nodeps --noscripts --ignorearch "${@:2}"; }
# files FOLDER: list the files with their modes, where both kinds of packages have them. dpkg and rpm each have files of their own
# with the changes and the licence. Their compression differs, and how they name folders of libraries.
files() {
	find "$1" ! -type d -printf '%M %P\n' | sed -E 's,usr/lib/(riscv64|x86_64)-linux-gnu/,usr/lib64/,; s,/libgst-dev/,/libgst-devel/,; s/\.gz$//' |
		grep -vE ' usr/share/doc/[^/]*/(copyright|changelog(\.Debian)?|CHANGELOG\.md)$| usr/share/licenses/| var/lib/rpm/' | sort -k2
}
same_files() { diff <(files deb) <(files rpm); }
pairs="gstage_${version}_riscv64:gstage-$version-*.riscv64 gstage-dkms_${version}_all:gstage-dkms-$version-*.noarch
	libgst-dev_${version}_riscv64:libgst-devel-$version-*.riscv64 libgst-dev_${version}_amd64:libgst-devel-$version-*.x86_64"
for pair in $pairs; do
	rm -rf deb rpm
	# shellcheck disable=SC2086 # it is a pattern
	unpacked rpm $rpms/${pair#*:}.rpm
	check "rpm installs ${pair#*:}" works
	name="it has the files of ${pair%:*}"
	if [ ! -f "${pair%:*}.deb" ]; then
		n=$((n + 1))
		echo "ok $n - $name # SKIP build/deb has no such package of this checkout: make deb"
		continue
	fi
	dpkg-deb -x "${pair%:*}.deb" deb
	check "$name" same_files
	for folder in etc usr/src usr/include usr/bin/gstage usr/libexec; do
		[ ! -d "deb/$folder" ] || check "they are the same in /$folder" diff -r "deb/$folder" "rpm/$folder"
	done
	victim=$(find rpm/usr/share/doc -name INVARIANTS.md -o -name gstage.conf | head -n 1)
	rm "${victim:=rpm/usr/src/gstage-$version/VERSION}"
	same_files >missing
	check "a missing file is noticed: ${victim##*/}" test "$(grep -c "^<.*/${victim##*/}$" missing):$(wc -l <missing)" = 1:2
done

# Dependencies.
run rpm -i $rpms/gstage-dkms-*.rpm
check 'gstage-dkms needs DKMS' says 'dkms is needed by gstage-dkms'
check "gstage-dkms needs the kernel's headers" says 'kernel-devel is needed by gstage-dkms'
run rpm -qp --requires $rpms/gstage-"$version"-*.riscv64.rpm
check 'gstage needs its libraries' says 'libsmartcols.so.1()(64bit)'
run rpm -qp --provides $rpms/libgst-devel-"$version"-*.x86_64.rpm
check 'libgst-devel provides the name of pkg-config' says "pkgconfig(gst) = $version"

# What happens to DKMS. This program writes down how it was called. Scripts of rpm have a /tmp of their own.
# shellcheck disable=SC2016
printf '#!/bin/sh\necho "$*" >>/called\n' >/usr/sbin/dkms
chmod +x /usr/sbin/dkms
mkdir -p /lib/modules/6.18.1-made-up
: >/lib/modules/6.18.1-made-up/modules.builtin
# called WORD...: was DKMS called with these commands, in this order, and with no other but `status`?
called() { is "$(awk '$1 != "status" { print $1 }' /called | xargs)" "$*"; }
run rpm -i --nodeps $rpms/gstage-dkms-*.rpm
check 'gstage-dkms installs' works
check 'it says for each kernel what is missing' says 'kernel 6.18.1-made-up keeps its own KVM: its headers are not installed'
check 'DKMS gets the source' grep -qx "add -m gstage -v $version" /called
check 'nothing else changes' called add
rm /called
run rpm -U --nodeps --replacepkgs $rpms/gstage-dkms-*.rpm
check 'an upgrade works' works
check 'the old version is removed before the new one is added' called remove add
rm /called
run rpm -e gstage-dkms
check 'it can be removed' works
check 'DKMS forgets it' called remove
check 'no file is left' test ! -e "/usr/src/gstage-$version" -a ! -e /etc/gstage

# A program builds with pkg-config alone.
run rpm -i --nodeps $rpms/libgst-devel-"$version"-*.x86_64.rpm
check 'libgst-devel installs' works
doc=/usr/share/doc/libgst-devel
export PKG_CONFIG_PATH=/usr/lib64/pkgconfig
# shellcheck disable=SC2046
run gcc -o pc $doc/examples/pc.c $(pkg-config --cflags --libs gst)
check 'a program builds' works
run ./pc
check 'it prints what it should' cmp "$said" $doc/examples/pc.expected
check 'pkg-config knows the folder of its documents' grep -qx "URL: file:.*/share/doc/libgst-devel" /usr/lib64/pkgconfig/gst.pc
done_testing
