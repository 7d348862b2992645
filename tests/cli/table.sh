# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The options of tables: --output, --noheadings, --sort, --reverse; and the width of the terminal.

host
full 5000009-3 sv39x4 3 41 faults 9
full 5000010-3 sv57x4 5 59 faults 10
full $$-3 sv48x4 4 50 faults 200 process $$

run in_tree -- vms -n -o vm,Faults
holds 'table: --output chooses columns in its order, in any case' test "$(words)" = "$$-3 200
5000009-3 9
5000010-3 10"
run in_tree -- vms --noheadings --output FAULTS --sort FAULTS
holds 'table: numbers are sorted in descending order, by value' test "$(words | tr -d ' ' | tr '\n' ' ')" = '200 10 9 '
run in_tree -- vms -n -o FAULTS -s FAULTS -r
holds 'table: --reverse' test "$(words | tr -d ' ' | tr '\n' ' ')" = '9 10 200 '
run in_tree -- vms -n -o VM -s faults
holds 'table: the column to sort by need not be printed' test "$(words | sed 's/-.*//' | tr '\n' ' ')" = "$$ 5000010 5000009 "
run in_tree -- vms -n -o VM -r -s vm
holds 'table: VMs are sorted by number' test "$(words | sed 's/-.*//' | tr '\n' ' ')" = "5000010 5000009 $$ "
run in_tree -- vms -n -o MODE -s mode
holds 'table: names are sorted in ascending order' test "$(words | tr '\n' ' ')" = 'sv39x4 sv48x4 sv57x4 '
run in_tree -- vms -o +VMM
holds 'table: +LIST adds a column' grep -qE '^VM .* TABLE/GiB +VMM *$' "$TMP/out"
holds 'table: the VMM of a VM' grep -qE "^$$-3 .* $(cat /proc/$$/comm) *\$" "$TMP/out"
run in_tree -- vms -o VM,NOPE
exits 'table: a column that is not there' 2 "no column 'NOPE': the columns are VM, PID, NAME" 'separated by commas'
run in_tree -- vms -s ''
exits 'table: no column to sort by' 2 "no column ''"
run in_tree -- vms --json -o VM
exits 'table: JSON has no columns' 2 'use it without --output'
host
run in_tree -- vms -n
holds 'table: --noheadings prints nothing without rows' test "$status" -eq 0 -a ! -s "$TMP/out"
run in_tree -- vms -o VM,MODE
holds 'table: headings without rows' test "$(words)" = 'VM MODE'

run fake FAKEKVM_MODULE=1.2.3 FAKEKVM_POLICY=auto "$GSTAGE" modes -n -o mode,Sv39
holds 'table: modes: --noheadings prints rows only' test "$(words)" = 'sv39x4 15
sv48x4 19
sv57x4 23'
run "$GSTAGE" explain -n -o MODE,Bare --modes sv39x4,sv57x4 -s Bare
holds 'table: explain' test "$(words)" = 'sv57x4 5
sv39x4 3'
run in_tree -- doctor -n -o SUBJECT,REMEDY -s verdict
holds 'table: doctor: a remedy in a column' grep -qE '^hart +Run this on the RISC-V host' "$TMP/out"
holds 'table: doctor: problems first' test "$(sed -n '1s/ .*//p' "$TMP/out")" = hart

# A long name is cut off where the terminal ends, and only there.
long=a-virtual-machine-monitor-with-a-long-name
process_named "$long"
host
full "$owner"-3 sv48x4 4 50 process "$owner"
run in_tree -- vms -n -o NAME,MODE
holds 'table: a name is whole in a pipe' has_row "$long sv48x4"
# terminal WIDTH: print the table on a terminal of this width.
terminal()
{
	env -u COLUMNS script -qec "stty cols $1; env LD_PRELOAD=$FAKE GSTAGE_DEBUGFS=$DEBUGFS $GSTAGE vms -n -o NAME,MODE" /dev/null
}
run terminal 80
holds 'table: a name is whole on a wide terminal' grep -q "^$long sv48x4" "$TMP/out"
run terminal 30
holds 'table: a name is cut off on a narrow terminal' grep -qE '^a-virtual-machine[a-z-]* +sv48x4' "$TMP/out"
holds 'table: no line is longer than a narrow terminal' test "$(tr -d '\r' <"$TMP/out" | wc -L)" -le 30
kill "$owner"
wait "$owner" 2>/dev/null
