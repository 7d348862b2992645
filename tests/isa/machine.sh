# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=sh
# Sourced by run.sh and seeds.sh.

# machine ELF rv64|rv32|PROGRAM OPTIONS...: run the ELF file in QEMU with these options, or in the strict machine PROGRAM.
# QEMU exits with status 0 when timeout ends it. Only the plan shows that the program ran to its end.
machine() {
	elf=$1 machine=$2
	shift 2
	case $machine in
	rv*) timeout 60 "qemu-system-riscv${machine#rv}" "$@" -m 128M -display none -serial stdio -monitor none -bios none -kernel "$elf" ;;
	*) timeout 200 "$machine" "$@" --mem 128M --smp 1 --elf "$elf" ;;
	esac </dev/null
}
