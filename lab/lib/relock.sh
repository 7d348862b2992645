# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The command lock: write the lock files anew from the mirror's indices. Sourced by lab/lab.

DATES=machine   # check: take no index past its date; any: take it; machine: as apt is configured
DRY_RUN=''

lock_sets() { awk '!/^#/ && NF && !seen[$1]++ { print $1 }' "$LOCK" "$LAB/system.lock"; }

lab_lock() {
	local sets=("$@") set changed=() new
	[ $# -gt 0 ] || mapfile -t sets < <(lock_sets)
	for set in "${sets[@]}"; do
		[[ $set =~ ^qemu-[0-9]+\.[0-9]+$ ]] || lock_sets | grep -qxF -- "$set" ||
			die "there is no set $set in the lock files" "one of: $(lock_sets | xargs)"
	done
	need_root
	need_space 512
	DATES=${DATES/machine/check}
	[[ " ${sets[*]} " != *" qemu-"* ]] || need_lab_root
	find_mirror
	[ -n "$MIRROR" ] || die "apt on this machine names no Debian mirror" "set GSTAGE_MIRROR to the URI of one"
	part_folder lock
	new=$PART
	for set in "${sets[@]}"; do
		need_index "$set" index_step
		take_newest "$set" "$new/$set"
	done
	printf '%-9s %-42s %-26s %s\n' set package locked mirror
	for set in "${sets[@]}"; do
		changes "$set" "$new/$set" >"$new/rows"
		print_rows <"$new/rows"
		cmp -s "$new/$set" <(locked "$set") || changed+=("$set")
	done
	if [ ${#changed[@]} -eq 0 ]; then
		say "the lock files are up to date"
	elif [ -n "$DRY_RUN" ]; then
		say "nothing is written: --dry-run"
	else
		write_locks "$new" "${changed[@]}"
		say "the lock files have new versions of ${changed[*]}; the lab fetches them when it needs them"
	fi
}

index_step() { step "reading the index of $2 for $3" "$@"; }

# take_newest SET FILE: end with a message if the mirror has no complete set.
take_newest() {
	local set=$1 file=$2 status=0 why
	newest "$set" "$file" || status=$?
	if [ "$status" -ne 0 ]; then
		say "$(suite_of "$set") has no complete set of $set:"
		for why in "${LACKS[@]}"; do say "  $why"; done
		die "nothing is written" "try again later, lock other sets, or set GSTAGE_MIRROR to another mirror"
	fi
	for why in "${LACKS[@]}"; do say "$set: left out, because it is not complete: $why"; done
	why=$(same_version_differs "$set" "$file")
	[ -z "$why" ] || die "the mirror has another checksum for the locked version of $why" \
		"nothing is written: find out why, for a version never changes; or set GSTAGE_MIRROR to another mirror"
}

# same_version_differs SET FILE: print the packages that have the locked version and another checksum.
same_version_differs() {
	awk 'FILENAME == ARGV[1] { sum[$2, $3, $4] = $5; next } ($2, $3, $4) in sum && sum[$2, $3, $4] != $5 { print $2 }' <(locked "$1") "$2" | xargs
}

# changes SET FILE: print a row for each package with another version, and one for all others: package, old version, new version.
changes() {
	awk -v OFS='\t' -v set="$1" '
		function kind(package, arch) {
			gsub(/[0-9]+[.][0-9]+[.][0-9]+[+]deb[0-9]+/, "ABI", package)
			return package " " arch
		}
		FILENAME == ARGV[1] { old[kind($2, $3)] = $4; name[kind($2, $3)] = $2; next }
		{
			part = kind($2, $3)
			now[part] = 1
			if (!(part in old)) print $1, $2, "-", $4
			else if (old[part] != $4) print $1, $2, old[part], $4
			else same++
		}
		END {
			for (part in old) if (!(part in now)) print set, name[part], old[part], "-"
			if (same) print set, same, "-", "unchanged"
		}' <(locked "$1") "$2"
}

print_rows() {
	local set package old new
	while IFS=$'\t' read -r set package old new; do
		[ "$new" != unchanged ] || package+=" package$([ "$package" = 1 ] || echo s)" old=''
		case $old,$new in
		*,unchanged | -,* | *,-) ;;
		*) ! dpkg --compare-versions "$new" lt "$old" || new+=' (older)' ;;
		esac
		printf '%-9s %-42s %-26s %s\n' "$set" "$package" "$old" "$new"
	done
}

# write_locks DIR SET...: replace the lines of these sets by DIR/SET, and keep everything else. The files get their new contents at the end.
write_locks() {
	local dir=$1 file set
	shift
	for file in "$LOCK" "$LAB/system.lock"; do
		TRASH+=("$file.part")
		awk -v dir="$dir" -v sets=" $* " '
			!index(sets, " " $1 " ") { print; next }
			!seen[$1]++ { while ((getline line <(dir "/" $1)) > 0) print line }' "$file" >"$file.part"
		for set; do
			[ "$(lock_of "$set")" != "$file" ] || [ -n "$(locked "$set")" ] || cat "$dir/$set" >>"$file.part"
		done
		chown --reference="$file" "$file.part"
		chmod --reference="$file" "$file.part"
	done
	for file in "$LOCK" "$LAB/system.lock"; do mv "$file.part" "$file"; done
}
