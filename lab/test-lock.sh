#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# test-lock.sh [LOGDIR]: test `lab/lab lock` with a made-up mirror, which is signed with a key of our own. Prints TAP. Needs root and gpg.
set -uo pipefail

LAB=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
TMP=$(mktemp -d /var/tmp/gstage-test-lock.XXXXXX)
chmod 755 "$TMP"
trap 'GNUPGHOME=$TMP/key gpgconf --kill all; GNUPGHOME=$TMP/other gpgconf --kill all; rm -rf "$TMP"' EXIT
[ $# -eq 0 ] || { mkdir -p "$1"; exec > >(tee "$1/test-lock.tap"); }

# shellcheck source=lab/tap.sh
. "$LAB/tap.sh"
MIRROR=$TMP/mirror
export GSTAGE_CACHE=$TMP/cache GSTAGE_MIRROR=file://$MIRROR

# lock ARG...: run the command on the copy, and set STATUS, OUT and ERR.
lock() {
	STATUS=0
	"$TMP/lab/lab" lock "$@" >"$OUT" 2>"$ERR" || STATUS=$?
}

good() { [ "$STATUS" -eq 0 ] && grep -q -- "$1" "$OUT" "$ERR"; }
row() { [ "$STATUS" -eq 0 ] && tr -s ' ' <"$OUT" | grep -qxF -- "$*"; }
no_row() { [ "$STATUS" -eq 0 ] && ! grep -q -- "$1" "$OUT"; }
# A refusal also writes nothing.
refuses() { [ "$STATUS" -eq 125 ] && grep -q -- "$1" "$ERR" && same; }
same() {
	cmp -s "$TMP/lab/versions.lock" "$TMP/versions.lock" && cmp -s "$TMP/lab/system.lock" "$TMP/system.lock" &&
		[ -z "$(find "$TMP/lab" "$GSTAGE_CACHE" -name '*.part')" ]
}

sha() { sha256sum <<<"$*" | cut -d ' ' -f 1; }

# line SET NAME ARCH VERSION: print a line of a lock file for a package as the mirror has it.
line() { echo "$1 $2 $3 $4 $(sha "$2" "$3" "$4") pool/$2_${4#*:}_$3.deb"; }

# package SUITE/INDEX NAME ARCH VERSION [FIELD...]: put a package into an index of the mirror.
package() {
	local dir=$MIRROR/dists/${1%/*}/main/binary-${1#*/}
	mkdir -p "$dir"
	{
		printf '%s\n' "Package: $2" "Version: $4" "Architecture: $3" "Filename: pool/$2_${4#*:}_$3.deb" "Size: 1" \
			"SHA256: $(sha "$2" "$3" "$4")" "${@:5}" ''
	} >>"$dir/Packages"
}

# publish SUITE [DATE [VALID-UNTIL [KEY]]]: sign the indices of the suite.
publish() {
	local dir=$MIRROR/dists/$1 f
	mkdir -p "$dir"
	rm -f "$dir"/*Release
	{
		printf '%s\n' 'Origin: Debian' "Suite: $1" "Codename: $1" 'Architectures: amd64 riscv64' 'Components: main' \
			"Date: $(date -uR -d "${2:-now}")" "Valid-Until: $(date -uR -d "${3:-tomorrow}")" 'SHA256:'
		(cd "$dir" && find main -name Packages) | while read -r f; do
			printf ' %s %s %s\n' "$(sha256sum <"$dir/$f" | cut -d ' ' -f 1)" "$(stat -c %s "$dir/$f")" "$f"
		done
	} >"$dir/Release"
	GNUPGHOME=$TMP/${4:-key} gpg --batch --quiet --clearsign -o "$dir/InRelease" "$dir/Release"
	rm "$dir/Release"
}

# kernel SUITE VERSION [NAME]: put all parts of a kernel into the mirror, or all but NAME.
kernel() {
	local abi=${2%%-*} series
	series=${abi%.*}
	[ "${3-}" = linux-image ] || package "$1/riscv64" "linux-image-$abi+deb13-riscv64" riscv64 "$2"
	[ "${3-}" = linux-kbuild ] || package "$1/amd64" "linux-kbuild-$abi+deb13" amd64 "$2"
	[ "${3-}" = linux-source ] || for arch in amd64 riscv64; do package "$1/$arch" "linux-source-$series" all "$2"; done
}

# kernel_lines VERSION: print the lines of a kernel of trixie.
kernel_lines() {
	local abi=${1%%-*}
	line "${abi%.*}" "linux-image-$abi+deb13-riscv64" riscv64 "$1"
	line "${abi%.*}" "linux-kbuild-$abi+deb13" amd64 "$1"
	line "${abi%.*}" "linux-source-${abi%.*}" all "$1"
}

# fresh: make a mirror and lock files. The mirror has newer packages of 6.12 and of the libraries, and one more for the system.
fresh() {
	local p
	rm -rf "$MIRROR" "$TMP/cache/log"
	mkdir -p "$MIRROR"
	kernel trixie 6.12.1-1
	kernel trixie 6.12.9-1
	kernel trixie 6.12.10-1
	kernel trixie 6.12.11-1 linux-kbuild
	package trixie/riscv64 busybox-static riscv64 1:1.10-1
	package trixie/riscv64 libaio riscv64 2-1
	# The kernel's sources are there already.
	for p in $SYSTEM; do package trixie/riscv64 "$p" all 1; done
	package trixie/riscv64 base-files riscv64 1 'Essential: yes' 'Depends: libnew'
	package trixie/riscv64 libnew riscv64 1
	publish trixie
	package trixie-backports/amd64 linux-source-7.2 all 7.2.1-1~bpo13+1
	publish trixie-backports
	package sid/amd64 qemu-system-riscv amd64 1:11.1.3-1 \
		'Depends: libold (>= 2), libsame (>= 1), libabsent, libother | libsame, qemu-system-common (= 1:11.1.3-1)'
	package sid/amd64 opensbi all 1.9-1
	package sid/amd64 libold amd64 2-1 'Pre-Depends: libdeep'
	package sid/amd64 libsame amd64 2-1
	package sid/amd64 libabsent amd64 1-1
	package sid/amd64 libdeep amd64 1-1
	package sid/amd64 qemu-system-common amd64 1:11.1.3-1
	publish sid
	{
		echo '# a first comment'
		kernel_lines 6.12.1-1 | sed 2q
		echo '# a comment between the lines of a set'
		kernel_lines 6.12.1-1 | tail -n 1
		line 7.2 linux-source-7.2 all 7.2.1-1~bpo13+1
		echo
		line riscv64 libaio riscv64 2-1
		line riscv64 busybox-static riscv64 1:1.9-1
		echo '# a last comment'
	} >"$TMP/versions.lock"
	{
		echo '# the system'
		line system apt all 0.9
		line system gone riscv64 1
	} >"$TMP/system.lock"
	cp "$TMP/versions.lock" "$TMP/system.lock" "$TMP/lab/"
}

# expected: what the lock files are when all sets are locked anew.
expected() {
	local p
	{
		echo '# a first comment'
		kernel_lines 6.12.10-1
		echo '# a comment between the lines of a set'
		line 7.2 linux-source-7.2 all 7.2.1-1~bpo13+1
		echo
		line riscv64 libaio riscv64 2-1
		line riscv64 busybox-static riscv64 1:1.10-1
		echo '# a last comment'
	} >"$TMP/versions.lock"
	{
		echo '# the system'
		{
			for p in $SYSTEM; do line system "$p" all 1; done
			line system linux-source-6.12 all 6.12.11-1
			line system base-files riscv64 1
			line system libnew riscv64 1
		} | LC_ALL=C sort
	} >"$TMP/system.lock"
}

for key in key other; do
	mkdir -m 700 "$TMP/$key"
	GNUPGHOME=$TMP/$key gpg --batch --quiet --passphrase '' --quick-gen-key "$key" rsa3072 sign never 2>"$ERR" ||
		{ cat "$ERR"; echo 'Bail out! gpg makes no key'; exit 1; }
	GNUPGHOME=$TMP/$key gpg --batch --export >"$TMP/$key.gpg"
done
cp -r "$LAB" "$TMP/lab"
sed -i "s,^KEYRING=.*,KEYRING=$TMP/key.gpg," "$TMP/lab/lib/index.sh"
# shellcheck source=/dev/null
. "$LAB/lib/newest.sh"
SYSTEM=${SYSTEM_PACKAGES[*]//linux-source-*/}
# The lab root has these packages.
# shellcheck source=/dev/null
root=$(CACHE=$GSTAGE_CACHE; . "$LAB/lib/root.sh"; root_name; echo "$ROOT")
mkdir -p "$root/var/lib/dpkg"
for p in 'libold 1-1' 'libsame 1-1'; do
	printf 'Package: %s\nStatus: install ok installed\nVersion: %s\n\n' "${p% *}" "${p#* }"
done >"$root/var/lib/dpkg/status"

echo "# what is locked"
fresh
mkdir -p "$GSTAGE_CACHE/index-99999999.part"
lock --dry-run
check "what a killed lab has left is deleted" test ! -e "$GSTAGE_CACHE/index-99999999.part"
check "--dry-run: prints the new version of a kernel" row 6.12 linux-kbuild-6.12.10+deb13 6.12.1-1 6.12.10-1
check "--dry-run: writes nothing" same
check "a set without a new version is unchanged" row 7.2 1 package unchanged
check "a library has a version of its own" row riscv64 busybox-static 1:1.9-1 1:1.10-1
check "a package that is needed now is new" row system libnew - 1
check "a package that is not needed any more is gone" row system gone 1 -
check "a newer version that is not complete is named" good '6.12.11-1 lacks linux-kbuild-ABI for amd64'
lock
expected
check "the files have the new versions, and keep comments, order and other sets" same
lock
check "a second time nothing changes" good 'are up to date'
check "a second time the files are the same" same
fresh
lock 6.12
check "one set: the other sets are left alone" no_row '^riscv64\|^system'
check "one set: it is in the file" grep -qF "$(kernel_lines 6.12.10-1 | tail -n 1)" "$TMP/lab/versions.lock"
check "one set: the other lines are the same" cmp "$TMP/system.lock" "$TMP/lab/system.lock"
fresh
package trixie/amd64 linux-kbuild-6.12.11+deb13 amd64 6.12.11-1
publish trixie
lock --dry-run 6.12
check "once it is complete, the newer version is taken" row 6.12 linux-source-6.12 6.12.1-1 6.12.11-1
rm -r "$MIRROR/dists/trixie"
kernel trixie 6.12.0-1
publish trixie
lock --dry-run 6.12
check "a mirror with older packages only: says so" row 6.12 linux-source-6.12 6.12.1-1 6.12.0-1 '(older)'
rm -r "$MIRROR/dists/trixie"
lock --dry-run 7.2
check "a set of backports needs no index of trixie" row 7.2 1 package unchanged

echo "# another QEMU"
fresh
lock qemu-11.1
check "a new set of QEMU: with its firmware" row qemu-11.1 opensbi - 1.9-1
check "a library that is too old in the lab root is taken" row qemu-11.1 libold - 2-1
check "a library that is not there is taken" row qemu-11.1 libabsent - 1-1
check "and what that library needs" row qemu-11.1 libdeep - 1-1
check "a library of the lab root that is new enough is not" no_row libsame
check "what no emulated host needs is not" no_row qemu-system-common
check "the set is at the end of the file" test "$(tail -n 1 "$TMP/lab/versions.lock")" = "$(line qemu-11.1 libdeep amd64 1-1)"
lock qemu-11.1
check "it is unchanged then" row qemu-11.1 5 packages unchanged
fresh
lock qemu-12.0
check "a QEMU that sid does not have: names the one that it has" refuses 'lab/lab lock qemu-11.1'

echo "# what is refused"
fresh
lock 5.10
check "an unknown set is named, with those that there are" refuses 'one of: 6.12 7.2 riscv64 system'
lock --dry-run --kernel 1.0
check "options are checked" refuses 'no kernel 1.0'
STATUS=0
"$TMP/lab/lab" exec --dry-run x >"$OUT" 2>"$ERR" || STATUS=$?
check "--dry-run does not go with other commands" refuses '--dry-run is for lock'
rm -r "$MIRROR/dists/trixie"
kernel trixie 6.12.2-1 linux-image
kernel trixie 6.12.3-1 linux-source
publish trixie
lock 6.12
check "no complete set: says what each version lacks" refuses '6.12.2-1 lacks linux-image-ABI-riscv64 for riscv64'
check "no complete set: of all versions" refuses '6.12.3-1 lacks linux-source-6.12 for all'
fresh
sed -i 's/^Package: libaio$/Package: libaio3/' "$MIRROR/dists/trixie/main/binary-riscv64/Packages"
publish trixie
lock riscv64
check "a library that the mirror lacks is named" refuses 'no libaio for riscv64'
fresh
publish trixie '30 days ago' '20 days ago'
lock 7.2 6.12
check "an index past its date is refused, with the remedy" refuses 'for its date: .*expired'
check "the remedy is named" refuses '--any-date takes an old index'
lock --any-date --dry-run 6.12
check "--any-date takes it" row 6.12 linux-source-6.12 6.12.1-1 6.12.10-1
publish trixie '5 days' '9 days'
lock 6.12
check "an index of the future is refused" refuses 'for its date: .*not valid yet'
fresh
kernel trixie 6.12.20-1
lock --any-date 6.12
check "an index of another day than its signature is refused" refuses 'are of different days'
publish trixie
lock --dry-run 6.12
check "with a signature of the same day it is taken" row 6.12 linux-source-6.12 6.12.1-1 6.12.20-1
fresh
publish trixie now tomorrow other
lock 6.12
check "an index with another signature is refused" refuses 'is not signed by Debian'
fresh
rm -r "$MIRROR/dists/trixie-backports"
lock
check "a mirror without a suite: nothing is written for any set" refuses 'does not have a package or index'
GSTAGE_MIRROR=http://127.0.0.1:9/debian lock 6.12
check "a mirror that cannot be reached is named" refuses 'mirror cannot be reached'
fresh
sed -i 's/^\(6.12 linux-source-6.12 all\) 6.12.1-1 /\1 6.12.10-1 /' "$TMP/lab/versions.lock"
cp "$TMP/lab/versions.lock" "$TMP/versions.lock"
lock 6.12
check "another checksum for the locked version is refused" refuses 'another checksum .* linux-source-6.12'

echo "1..$n"
