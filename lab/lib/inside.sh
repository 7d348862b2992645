#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# inside.sh ROOT [OUTSIDE INSIDE]... -- COMMAND...: in a new private mount namespace, mount each OUTSIDE folder at INSIDE below ROOT,
# and run COMMAND there. The first pair is the checkout. A current folder in the checkout stays the current folder.
set -euo pipefail

root=$1
shift
cwd=/
case $PWD/ in "$1"/*) cwd=$2${PWD#"$1"} ;; esac
while [ "$1" != -- ]; do
	[ -d "$root$2" ] || mkdir -p "$root$2"
	case $2 in
	/usr/* | /kernel | /qemu | /rv) mount -o bind,ro "$1" "$root$2" ;;   # a build must not change the cache
	*) mount --bind "$1" "$root$2" ;;
	esac
	shift 2
done
shift
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/tmp"
# Do not use exec: PID 1 of a namespace does not get Ctrl-C, but its child does.
chroot "$root" /usr/bin/env -i -C "$cwd" PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 \
	TERM="${TERM:-dumb}" "$@"
