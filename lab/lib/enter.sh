# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Private namespaces and the lab root. Sourced by lab/lab.
#
# Everything that mounts or starts processes does so in a mount and a PID namespace of its own: when the lab goes, even by
# SIGKILL, the kernel takes down both. setpriv is what tells unshare that the lab is gone.

PRIVATE=(setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child --mount-proc)

# in_private COMMAND...: run COMMAND on this machine's own files, in a private namespace.
in_private() { child "${PRIVATE[@]}" "$@"; }

# root_command: fill ROOT_COMMAND with what runs a command inside the lab root. The checkout is /gstage there, the kernel's
# packages are where their own paths expect them, and ROOT_BINDS adds pairs of outside and inside folders.
ROOT_BINDS=()
root_command() {
	ROOT_COMMAND=("${PRIVATE[@]}" bash "$LAB/lib/inside.sh" "$ROOT" "$TOP" /gstage "${ROOT_BINDS[@]}")
	if [ -d "${KDIR_CACHE-}" ]; then
		ROOT_COMMAND+=("$KDIR_CACHE/usr/src" /usr/src "$KDIR_CACHE" /kernel)
		# A kernel that was built here has them in the folder of its headers.
		[ ! -d "$KDIR_CACHE/usr/lib/linux-kbuild-$KABI" ] ||
			ROOT_COMMAND+=("$KDIR_CACHE/usr/lib/linux-kbuild-$KABI" "/usr/lib/linux-kbuild-$KABI")
	fi
	ROOT_COMMAND+=(--)
}

# in_root COMMAND...: run COMMAND inside the lab root, in the folder that mirrors the current one.
in_root() {
	root_command
	child "${ROOT_COMMAND[@]}" "$@"
}
