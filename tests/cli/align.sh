# SPDX-License-Identifier: GPL-2.0-only
# gstage exec --align: which memory is aligned, and what stays as it was.

MEMORY=$BUILD/memory
log=$TMP/memory.log

# aligned [NAME=VALUE...] WHAT...: `memory WHAT` through gstage exec, above the library that logs.
aligned()
{
	rm -f "$log"
	vars=
	while [ "${1#*=}" != "$1" ]; do
		vars="$vars $1"
		shift
	done
	# shellcheck disable=SC2086 # one word for each variable
	gx -- -- env LD_PRELOAD="$LIB:$BUILD/fakemem.so" FAKEMEM_LOG="$log" $vars "$MEMORY" "$@"
}

file=$(mktemp /dev/shm/gstage-test.XXXXXX)
for what in "kinds $file" qemu 'giga 1024' limited 'taken aligned' grow allocators threads signals; do
	# shellcheck disable=SC2086 # WHAT is words
	run gx -- -- "$MEMORY" $what
	exits "memory: ${what%% *}" 0
done
for what in "kinds $file" qemu 'taken aligned' grow allocators threads; do
	# shellcheck disable=SC2086
	run gx -- -m max -a off -- "$MEMORY" $what
	exits "memory: without alignment the test sees it: ${what%% *}" 99
done
rm -f "$file"

run aligned alone "$MEMORY"
holds 'memory: hints, stacks, code, reservations and files arrive as they are' cmp -s "$TMP/out" "$log"
run aligned inner
exits 'memory: threads, heaps and libraries' 0
holds 'memory: threads, heaps and libraries do not come by the library' test ! -s "$log"
gx -- -m max -a off -- "$MEMORY" errors "$MEMORY" >"$TMP/errors"
run gx -- -- "$MEMORY" errors "$MEMORY"
holds 'memory: calls fail as they fail without it' cmp -s "$TMP/out" "$TMP/errors"
holds 'memory: and these calls do fail' test "$(grep -c fails "$TMP/errors")" -ge 12

run aligned FAKEMEM_TAKEN=60 taken aligned
exits 'memory: sixty addresses are taken by other threads first' 0
run aligned FAKEMEM_TAKEN=100 taken
exits 'memory: all addresses are taken: the call is as it was' 0
run aligned FAKEMEM_HIGH=1 giga 2
exits 'memory: no room for 1 GiB of alignment: 2 MiB' 0
run aligned FAKEMEM_FIXED=1 moved
exits 'memory: mremap() that cannot move: the call is as it was, and no reservation is left' 0

# Huge pages where the host gives them only to memory that asks.
for case in 'madvise inherit' 'never madvise' 'always madvise'; do
	# shellcheck disable=SC2086 # two words
	thp $case
	run aligned qemu
	exits "memory: THP ${case% *}, 2 MiB ${case#* }" 0
	holds "memory: THP ${case% *}, 2 MiB ${case#* }: it asks" grep -qx 'madvise 67108864 14' "$log"
done
thp madvise
run aligned "kinds" "$TMP/file"
holds 'memory: it is populated after it has asked' test "$(grep -c '^madvise 2097152 23' "$log")" -ge 1
run aligned allocators
holds 'memory: of a heap it asks for whole pages' grep -qE '^madvise 31457(28|24|32)[0-9]* 14' "$log"
for case in 'always inherit' 'never inherit' 'madvise never'; do
	# shellcheck disable=SC2086
	thp $case
	run aligned qemu
	holds "memory: THP ${case% *}, 2 MiB ${case#* }: it does not ask" sh -c "! grep -q ^madvise '$log'"
done
thp never
run gx -- -v -- "$VMM" exit 3
exits 'THP never: verbose says so' 3 'note: transparent huge pages are off'
holds 'THP never: once' test "$(wc -l <"$TMP/err")" -eq 1
run gx -- -v --json -- "$VMM" exit 3
json 'THP never: as JSON' 3 err 'length == 1 and .[0].note.code == "thp-never"'
schema 'THP never: as the schema says' exec err
for flags in '' '-v -a off -m max'; do
	# shellcheck disable=SC2086
	run gx -- $flags -- "$VMM" exit 3
	holds "THP never: silent with '$flags'" test ! -s "$TMP/err"
done
thp always
