# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Hosts named after machines: lab/hosts. Sourced by lab/lab.

HOST=''          # the name; empty: the lab's own host
HOST_OPTIONS=''  # what is added to QEMU's -cpu, with a comma in front
HOST_MACHINE=''  # what is added to QEMU's -M
HOST_PARAMS=''   # parameters of kvm.ko, separated by commas

hosts() { grep -v '^#' "$LAB/hosts"; }

# strict_options OPTIONS PARAMS: the same host on the strict machine. It has no AIA, is Svade where it is not Svadu, and really
# has the VMIDs that a parameter of the module plays.
strict_options() {
	local option params=$2
	[ "$1" = - ] || for option in ${1//,/ }; do
		[[ $option = svade=* || $option = s[ms]aia=* ]] || printf ',%s' "$option"
	done
	[[ $params != test_vmid_bits=* ]] || printf ',vmid=%s' "${params#*=}"
}

# use_host NAME: set what --host NAME stands for.
use_host() {
	local cpu options aia params note
	[ -z "$CPU_NAME$MACHINE" ] || usage_error "--host has a CPU and a machine: give neither --cpu nor --machine"
	read -r HOST cpu options aia params note <<<"$(hosts | awk -v name="$1" '$1 == name')"
	[ -n "$HOST" ] || usage_error "there is no host $1: lab/lab hosts lists them"
	CPU_NAME=$cpu
	if [ "$EMULATOR" = strict ]; then
		HOST_OPTIONS=$(strict_options "$options" "$params")
		return
	fi
	[ "$options" = - ] || HOST_OPTIONS=,$options
	if [ "$aia" != - ]; then
		HOST_OPTIONS+=$AIA_CPU
		HOST_MACHINE=aia=aplic-imsic,aia-guests=$aia
	fi
	[ "$params" != - ] || return 0
	HOST_PARAMS=$params
}

# host_boots: can the kernel boot on this machine? Kernels before 6.10 have no driver for the AIA's interrupt controllers.
host_boots() {
	[[ $MACHINE != *aia=aplic* ]] || printf '%s\n' 6.10 "$KERNEL" | sort -V -C ||
		usage_error "Linux $KERNEL cannot boot on ${HOST:-this machine}, which has an AIA: that needs Linux 6.10, or --emulator strict, which has none"
}

# host_has OPTIONS: is there no option of QEMU's -cpu among these that the host has another value of?
host_has() {
	local option
	for option in ${1//,/ }; do
		[[ $HOST_OPTIONS, != *",${option%%=*}="* ]] || [[ $HOST_OPTIONS, = *",$option,"* ]] || return
	done
}

# host_module MODULE: print the build of the module that the host needs.
host_module() {
	if [ -n "$HOST_PARAMS" ] && [ "$1" = gstage ]; then echo gstage-test; else echo "$1"; fi
}

lab_hosts() {
	local name cpu options aia params note
	while read -r name cpu options aia params note; do
		[ "$aia" = - ] && aia='no AIA' || aia="AIA with $aia guest files"
		[ "$options" != - ] || options="what QEMU's rv64 has"
		printf '%-8s %s, %s, %s\n         %s\n' "$name" "$cpu" "$aia" "${options//,/, }" "$note"
	done < <(hosts)
}
