#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# check.sh TAP [KERNEL_DOC]: check the spelling, the wrapping and the form of all files. With KERNEL_DOC, the path of a kernel's
# scripts/kernel-doc, check the kernel-doc comments instead. Each check also gets a bad example, and must find its fault.
set -uo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
mkdir -p "$(dirname "$1")"
: >"$1"
exec 3>>"$1"
cd "$here/../.." || exit
n=0 failed=0
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# result NAME STATUS: print one result. After a failure, also print what the check found.
result() {
	n=$((n + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $n $1" >&3
		return
	fi
	failed=1
	{ echo "not ok $n $1"; sed -n '1,100s/^/# /p' "$tmp/out"; } | tee -a /dev/fd/3
}

# sources TEST...: set FILES to the files of the checkout for which these tests of find are true.
sources() {
	mapfile -t FILES < <(find . \( -path ./build -o -path ./.git \) -prune -o -type f "$@" -printf '%P\n' | sort)
}

# bites NAME:FILE COMMAND...: the command finds a fault in the bad example on stdin, which gets the name FILE.
bites() {
	local name=${1%%:*} bad=$tmp/${1#*:} status=0
	shift
	cat >"$bad"
	! "$@" "$bad" >"$tmp/out" 2>&1 || { echo 'it found nothing' >"$tmp/out"; status=1; }
	result "$name: a bad example fails" $status
}

# check NAME:FILE COMMAND...: the command finds no fault in FILES, and it bites.
check() {
	local status=0
	"${@:2}" "${FILES[@]}" >"$tmp/out" 2>&1 || status=1
	[ ${#FILES[@]} -gt 0 ] || { echo 'there are no files to check' >"$tmp/out"; status=1; }
	result "${1%%:*}" $status
	bites "$@"
}

# need PROGRAM
need() {
	command -v "$1" >/dev/null && return
	echo "$1 is missing: apt-get install $1" >"$tmp/out"
	result "$1 is installed" 1
	return 1
}

# loop_macros FILE...: print the loop macros that .clang-format does not know.
# shellcheck disable=SC2317 # check() calls it
loop_macros() {
	local macro status=0
	for macro in $(grep -ohE '^[[:space:]]*[A-Za-z_]*(for_each|FOREACH)[A-Za-z_]*\(' "$@" | tr -d ' \t(' | sort -u); do
		grep -qx -- "  - $macro" .clang-format && continue
		echo "$macro is not in ForEachMacros of .clang-format"
		status=1
	done
	return "$status"
}

# drawn FILE...: print the functions in drawings that are neither in kvm/ nor in engine/. Three are functions of the kernel.
# shellcheck disable=SC2317 # check() calls it
drawn() {
	local name status=0
	for name in $(sed 's/\\n/ /g' "$@" | grep -oE '[a-z_0-9]+\(\)' | tr -d '()' | sort -u); do
		case $name in kvm_arch_vcpu_ioctl_run | gstage_page_fault | handle_mm_fault) continue ;; esac
		grep -rqw --include='*.[ch]' "$name" kvm engine && continue
		echo "$name() is in a drawing, but not in kvm/ or engine/: change docs/pictures, and run make drawings"
		status=1
	done
	return "$status"
}

if [ $# -gt 1 ]; then
	# -Werror, because the program's status is 0 otherwise.
	kernel_doc=(perl "$2" -none -Wall -Werror)
	sources \( -path './include/gst/*.h' -o -path './kvm/*.[ch]' \)
	check 'kernel-doc has no warnings:bad.h' "${kernel_doc[@]}" <<-'END'
		/**
		 * gst_bad() - a function with a parameter that is not described
		 * @one: a number
		 */
		void gst_bad(int one, int two);
	END
	bites 'kernel-doc says what functions return:bad.h' "${kernel_doc[@]}" <<-'END'
		/**
		 * gst_bad() - a function that returns a number and does not say which
		 * @one: a number
		 */
		int gst_bad(int one);
	END
	echo "1..$n" >&3
	exit $failed
fi

if need codespell; then
	# Skip files without words: lines of runs, pictures, operation scripts, locked packages.
	sources ! -path './docs/bench/runs/*' ! -name '*.svg' ! -path './tests/fuzz-check/corpus/*' ! -name '*.lock' ! -path './LICENSES/*' \
		! -path './tests/style/*'
	check 'codespell finds no misspelt word:bad.md' codespell -I "$here/words" <<-'END'
		The hart recieves a fence.
	END
fi

sources -name '*.md'
check 'documents are wrapped at 100 columns:bad.md' "$here/wrap.py" --check <<-'END'
	This line of a document goes on and on, and then it goes on again, until it has more than one hundred columns.
END
sources -path './docs/pictures/*.dot'
check 'drawings name functions that exist:bad.dot' drawn <<-'END'
	fault [label="gst_kvm_no_such_function()\nanswers the fault"]
END
sources -name '*.[ch]'
check 'comments are wrapped at 100 columns:bad.c' "$here/wrap.py" --check <<-'END'
	/* This comment goes on and on, and then it goes on again, until it has more than one hundred columns. */
END
check '.clang-format knows the loop macros:bad.c' loop_macros <<-'END'
		new_for_each_thing(thing)
END
# Use the version of Debian 13, which Debian 12 also has. Other versions format some lines differently.
if need clang-format-19; then
	cp .clang-format "$tmp/"
	check 'C is formatted as .clang-format says:bad.c' clang-format-19 --dry-run -Werror <<-'END'
		int main( void )
		{
		    return 0;
		}
	END
fi
if need shellcheck; then
	# Scripts have a shebang, or a directive if other scripts source them.
	mapfile -t FILES < <(find . \( -path ./build -o -path ./.git \) -prune -o -type f -exec awk '
		FNR == 1 && /^#!.*sh$/ || FNR < 4 && /^# shellcheck shell=/ { print substr(FILENAME, 3); nextfile }
		FNR > 3 { nextfile }' {} + | sort -u)
	check 'shell scripts pass shellcheck:bad.sh' shellcheck -x <<-'END'
		#!/bin/sh
		rm $1
	END
fi
echo "1..$n" >&3
exit $failed
