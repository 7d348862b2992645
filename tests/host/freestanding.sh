#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# freestanding.sh DIR: check that the engine needs only a C compiler. It is built without any header of a C library, for
# both XLENs, and for XLEN 32 also with pointers of 32 bits.

dir=$1
cc=${CC:-gcc}
here=$(dirname "$0")
n=0

result() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
	fi
}

# Print stdin as comments. Fail if there is any.
nothing() {
	! sed 's/^/# /' | grep .
}

build() { # NAME FLAGS...
	name=$1
	shift
	rm -rf "${dir:?}/$name"
	mkdir -p "$dir/$name"
	for source in "$here"/../../engine/*.c; do
		"$cc" -std=c11 -O2 -Wall -Wextra -Werror -ffreestanding -nostdlib -nostdinc -fno-pic \
			-isystem "$("$cc" -print-file-name=include)" -I"$here/../../include" "$@" \
			-c -o "$dir/$name/$(basename "$source" .c).o" "$source" || return 1
	done
}

# Print the symbols of all objects of NAME that have one of the TYPES of nm.
symbols() { # NAME TYPES
	nm "$dir/$1"/*.o | sed -n "s/^[0-9a-f ]*\([$2]\) \(.*\)/\2/p" | sort -u
}

echo "1..13"
for config in xlen64 xlen32 xlen32-m32; do
	xlen=${config#xlen}
	machine=
	case $config in
	*-m32) machine=-m32 ;;
	esac
	# shellcheck disable=SC2086 # an empty flag must be no argument
	build "$config" -DGST_XLEN="${xlen%-m32}" $machine
	result $? "$config: the engine compiles without any header of a C library"

	symbols "$config" TR >"$dir/$config.defined"
	[ -s "$dir/$config.defined" ] && symbols "$config" U | grep -vxF -f "$dir/$config.defined" |
		grep -vxE 'mem(cpy|set|move|cmp)' | nothing
	result $? "$config: the only external symbols are memcpy, memset, memmove and memcmp"

	[ -s "$dir/$config.defined" ] && symbols "$config" BbDdCGgSs | nothing
	result $? "$config: the engine has no global state"

	[ -s "$dir/$config.defined" ] && grep -v '^gst_' "$dir/$config.defined" | nothing
	result $? "$config: every exported symbol begins with gst_"
done

status=0
for header in "$here"/../../include/gst/*.h; do
	"$cc" -std=c11 -Wall -Wextra -Werror -ffreestanding -I"$here/../../include" -fsyntax-only \
		-include "$header" -x c /dev/null || status=1
done
result "$status" "each public header compiles alone"
