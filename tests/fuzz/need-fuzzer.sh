#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# need-fuzzer.sh: check that there is a clang with libFuzzer. If not, say what to install.

clang=${CLANG:-clang}
if ! command -v "$clang" >/dev/null; then
	echo "make fuzz needs clang with libFuzzer, but $clang is not installed." >&2
	echo "In Debian: apt-get install clang libclang-rt-dev   (Debian 12: clang libclang-rt-14-dev)" >&2
	exit 1
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cat >"$dir/try.c" <<'EOF'
int LLVMFuzzerTestOneInput(const unsigned char *bytes, unsigned long size);
int LLVMFuzzerTestOneInput(const unsigned char *bytes, unsigned long size)
{
	return (void)bytes, (void)size, 0;
}
EOF
if ! "$clang" -fsanitize=fuzzer,address,undefined -o "$dir/try" "$dir/try.c" 2>"$dir/errors"; then
	sed 's/^/  /' "$dir/errors" >&2
	echo "make fuzz needs libFuzzer and the sanitizers of clang." >&2
	echo "In Debian: apt-get install libclang-rt-dev   (Debian 12: libclang-rt-14-dev)" >&2
	exit 1
fi
if ! echo '#include <cmocka.h>' | "$clang" -E -include stdarg.h -include stddef.h -include stdint.h \
	-include setjmp.h -x c - >/dev/null 2>&1; then
	echo "make fuzz needs the header of cmocka. In Debian: apt-get install libcmocka-dev" >&2
	exit 1
fi
