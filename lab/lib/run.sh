# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The demonstration: three Linux guests at the same time, each in another G-stage format. Sourced by lab/lab.

lab_run() {
	local status=0
	WITH_QEMU=yes
	need_host
	need_cli
	WITH+=("$BUILD/cli/gstage" "$BUILD/cli/libgstage-preload.so")
	say "booting a RISC-V host: -cpu $CPU, $SMP harts, $MEM; our kvm.ko in Debian's kernel $KRELEASE"
	run_program "$LAB/host/guests.sh" sv39x4 sv48x4 sv57x4 || status=$?
	say "the whole run took $(seconds "$T0") s"
	exit "$status"
}
