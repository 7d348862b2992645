# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the PC must have for the lab: root, packages, a mirror, disk space, and a lock while the lab sets up. Sourced by lab/lab.

need_root() {
	[ "$(id -u)" -eq 0 ] || die "this needs root, for mounts and chroot; you are $(id -un)" "run it again as root: sudo $0 ..."
}

# need_packages PACKAGE...: install the Debian packages that are missing on the PC.
need_packages() {
	local missing=() p
	for p; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	need_root
	command -v apt-get >/dev/null || die "this is not a Debian machine: apt-get is missing" "install: ${missing[*]}"
	step "installing ${missing[*]} on this machine" install_packages "${missing[@]}"
}

install_packages() {
	local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120)
	# The indices may be missing (a new container) or old: update them only if the installation fails. Run apt in the foreground,
	# so that Ctrl-C reaches apt itself, which then leaves dpkg in a good state.
	"${apt[@]}" install --no-install-recommends "$@" && return
	"${apt[@]}" update
	"${apt[@]}" install --no-install-recommends "$@"
}

# find_mirror: set MIRROR to the URI of the Debian archive that this machine's apt uses, or to nothing if that is unknown.
find_mirror() {
	[ -z "${MIRROR-}" ] || return 0
	MIRROR=${GSTAGE_MIRROR-}
	if [ -z "$MIRROR" ]; then
		# The label distinguishes the main archive from security. Without downloaded indices there is no label, only a path.
		MIRROR=$(apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
			awk -F'|' '$2 !~ /^(https?|file|copy):/ { next }
				$1 == "Debian" { print $2; found = 1; exit }
				$2 ~ /\/debian\/?$/ && !guess { guess = $2 }
				END { if (!found && guess) print guess }')
	fi
	MIRROR=${MIRROR%/}
}

need_space() {
	local mib=$1 avail
	mkdir -p "$CACHE" 2>/dev/null || die "cannot make the cache folder $CACHE" "set GSTAGE_CACHE to a folder that root may write"
	avail=$(df --output=avail -BM "$CACHE" | tail -n 1)
	avail=${avail//[!0-9]/}
	[ "$avail" -ge "$mib" ] || die "the disk is full: $CACHE has $avail MiB free, and the lab needs $mib MiB to set up" \
		"free some space, or set GSTAGE_CACHE to a folder on a larger file system"
}

# alone: let only one lab set up this cache. A second lab waits, because it needs the same files.
alone() {
	mkdir -p "$CACHE"
	exec 9>>"$CACHE/lock"
	if ! flock -n 9; then
		say "another lab is setting up $CACHE; waiting for it to finish (Ctrl-C to stop waiting)"
		flock 9 &               # not with `child`, which closes our open file
		CHILD=$!
		wait $CHILD
		CHILD=
	fi
}

not_alone() { exec 9>&-; }
