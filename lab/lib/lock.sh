# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Packages that are locked by version and checksum. They are downloaded by their path on the mirror, so that no index is needed.
# Sourced by lab/lab.

LOCK=$LAB/versions.lock

# code FILE...: print scripts and configurations without comments and blank lines. Names of folders in the cache are made from
# this, so that a change of a comment does not cause a new build.
code() { sed '/^[[:space:]]*$/d; /^[[:space:]]*#/{/^# CONFIG_/!d}' "$@"; }

# lock_of SET: print the file that the set is in.
lock_of() { if [ "$1" = system ]; then echo "$LAB/system.lock"; else echo "$LOCK"; fi; }

# locked SET: print its lines of the lock file.
locked() { awk -v set="$1" '!/^#/ && $1 == set' "$(lock_of "$1")"; }

# fetch_deb SHA256 PATH: download one package into the cache, unless it is there. Status 2: the mirror does not have it.
fetch_deb() {
	local sha=$1 path=$2 file=$CACHE/debs/${2##*/} out
	mkdir -p "$CACHE/debs"
	if [ -f "$file" ]; then
		sha256sum --status -c <<<"$sha  $file" && return
		echo "$file is damaged; downloading it again"
	fi
	TRASH+=("$file.part" "$file.part.FAILED")
	out=$CACHE/log/download.out
	if ! child /usr/lib/apt/apt-helper -o APT::Sandbox::User=root -o Acquire::Retries=2 \
			download-file "$MIRROR/$path" "$file.part" "SHA256:$sha" >"$out" 2>&1; then
		cat "$out"
		! grep -qiE '404 +not found|file not found' "$out" || return 2
		return 1
	fi
	mv "$file.part" "$file"
}

# fetch_set: download every package that stdin lists, in the format of the lock file. Status 2: the mirror lacks one.
fetch_set() {
	local set pkg arch version sha path status=0
	while read -r set pkg arch version sha path; do
		echo "$pkg $arch $version"
		fetch_deb "$sha" "$path" || status=$?
		[ "$status" -eq 0 ] || return "$status"
	done
}

# need_mirror: set MIRROR to a URI without a slash at the end.
need_mirror() {
	find_mirror
	[ -n "$MIRROR" ] || MIRROR=$(awk '$1 == "deb" { print $2; exit }' "$ROOT/etc/apt/sources.list")
	MIRROR=${MIRROR%/}
}
