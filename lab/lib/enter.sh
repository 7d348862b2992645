# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Private namespaces and the lab root. Sourced by lab/lab.
#
# Every command that mounts or starts processes runs in its own mount and PID namespace. setpriv makes the kernel kill unshare when
# the lab has ended, even by SIGKILL. The kernel then ends both namespaces.

PRIVATE=(setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child --mount-proc)

# in_private COMMAND...: run COMMAND in a private namespace, with the files of this machine.
in_private() { child "${PRIVATE[@]}" "$@"; }

# root_command: set ROOT_COMMAND to a prefix that runs a command inside the lab root. There the checkout is /gstage, and the kernel's
# packages are at their own paths. ROOT_BINDS adds pairs of outside and inside folders.
ROOT_BINDS=()
root_command() {
	ROOT_COMMAND=("${PRIVATE[@]}" bash "$LAB/lib/inside.sh" "$ROOT" "$TOP" /gstage "${ROOT_BINDS[@]}")
	if [ -d "${KDIR_CACHE-}" ]; then
		ROOT_COMMAND+=("$KDIR_CACHE/usr/src" /usr/src "$KDIR_CACHE" /kernel)
		# A kernel that the lab has built has these programs in the folder of its headers.
		[ ! -d "$KDIR_CACHE/usr/lib/linux-kbuild-$KABI" ] ||
			ROOT_COMMAND+=("$KDIR_CACHE/usr/lib/linux-kbuild-$KABI" "/usr/lib/linux-kbuild-$KABI")
	fi
	[ ! -d "${QEMU_DIR-}" ] || ROOT_COMMAND+=("$QEMU_DIR" /qemu)
	ROOT_COMMAND+=(--)
}

# in_root COMMAND...: run COMMAND inside the lab root, in the folder that is the current one outside.
in_root() {
	root_command
	child "${ROOT_COMMAND[@]}" "$@"
}
