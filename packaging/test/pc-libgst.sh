#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# pc-libgst.sh: test that programs outside of the source tree build against libgst-dev with only pkg-config. pc.sh runs this.
# shellcheck source=packaging/test/tap.sh
. ./tap.sh

run pkg-config --exists gst
check 'without libgst-dev, pkg-config does not find gst' fails
dpkg --add-architecture riscv64
run dpkg -i libgst-dev_*_amd64.deb libgst-dev_*_riscv64.deb
check 'libgst-dev of two architectures installs side by side' works

mkdir program
cp /usr/share/doc/libgst-dev/examples/* program/
gzip -d program/*.gz 2>/dev/null
cd program || exit 1
# shellcheck disable=SC2046
run gcc -o pc pc.c $(pkg-config --cflags --libs gst)
check 'a program for this machine builds' works
run ./pc
check 'this program prints what it should' cmp /tmp/said pc.expected

export PKG_CONFIG_LIBDIR=/usr/lib/riscv64-linux-gnu/pkgconfig
# shellcheck disable=SC2046
run riscv64-linux-gnu-gcc -o /tmp/logs/baremetal.elf -T baremetal.ld baremetal.S baremetal.c $(pkg-config --cflags --libs gst-lp64)
check 'a bare-metal program builds' works
# shellcheck disable=SC2046
run riscv64-linux-gnu-gcc -march=rv32imac_zicsr -r -o /tmp/rv32.o -Wl,--whole-archive $(pkg-config --cflags --libs gst-ilp32)
check 'the library for RV32 has ELF32 objects' sh -c 'riscv64-linux-gnu-readelf -h /tmp/rv32.o | grep -q ELF32'
# Without the flags of pkg-config the compiler uses -mabi=lp64d, which does not fit the library.
# shellcheck disable=SC2046
run riscv64-linux-gnu-gcc -ffreestanding -mcmodel=medany -o /tmp/wrong -T baremetal.ld baremetal.S baremetal.c $(pkg-config --libs gst-lp64)
check 'the bare-metal program does not build without the flags of pkg-config' fails
check 'the version of gst-lp64 is that of the package' is "$(pkg-config --modversion gst-lp64)" "$(dpkg-query -W -f '${Version}' libgst-dev:amd64)"

# Every function that the headers declare has a manual page.
# shellcheck disable=SC2013 # names are words
for f in $(sed -nE 's/^.*[ *](gst_[a-z_]+)\(.*/\1/p' /usr/include/gst/space.h | sort -u); do
	[ -f "/usr/share/man/man3/$f.3gst.gz" ] || echo "$f"
done >/tmp/said
check 'each function of gst/space.h has a manual page' test ! -s /tmp/said

cd /tmp || exit 1
run dpkg --purge libgst-dev:amd64 libgst-dev:riscv64
check 'it can be purged' works
run pkg-config --exists gst
check 'after the removal, pkg-config does not find gst' fails
done_testing
