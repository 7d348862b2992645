# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# gstage top: with --batch, and in a terminal of tmux.

host
full 5000010-1 sv39x4 3 41
full 5000020-2 sv48x4 4 50 leaves_1g 3
full 5000030-3 sv57x4 5 59

# set_stat VM NAME VALUE: change a number of gstage_stats. The file is replaced, so that no reader sees half of it.
set_stat()
{
	sed "s/^$2 .*/$2 $3/" "$DEBUGFS/kvm/$1/gstage_stats" >"$TMP/stats"
	mv "$TMP/stats" "$DEBUGFS/kvm/$1/gstage_stats"
}

run in_tree -- top --batch -n 1
holds 'top: it lists all VMs' test "$(grep -cE '^50000[123]0-[123] ' "$TMP/out")" -eq 3
holds 'top: there are no rates in the first sample' has_row '5000010-1 - sv39x4 2 4 28K 2.1M - - - -'
# Change the numbers between two samples, on a machine of any speed.
work()
{
	{
		until grep -q 5000020 "$TMP/out"; do sleep 0.05; done
		set_stat 5000020-2 faults 1100
		set_stat 5000020-2 flushes_range 17
	} &
	in_tree -- top -n 2 -d 3 "$@"
}
run work
wait
holds 'top: without a terminal it works like --batch, and the busiest VM comes first' test \
	"$(sed -n '7s/ .*//p' "$TMP/out")" = 5000020-2
rate=$(words | awk '$1 == "5000020-2" && $8 != "-" { print $8 }')
holds 'top: the rate of a thousand faults in at least three seconds' test "${rate:-0}" -ge 30 -a "${rate:-0}" -le 340
set_stat 5000020-2 faults 100
run work --json
wait
json 'top: JSON lines, and no rates in the first' 0 out 'length == 2 and (.[0].vms | map(.rates == null) | all) and
	.[0].interval == null and .[1].interval >= 3 and (.[1] | .interval * .vms[0].rates.faults | . > 999 and . < 1001) and
	(.[1].vms[0] | .pid == 5000020 and .rates.flushes == 0 and .rates.retries == 0)'
schema 'top: JSON lines match their schema' top out
run in_tree -- top -b -n 1 -s mapped
holds 'top: sorted by mapped memory' test "$(sed -n '2s/ .*//p' "$TMP/out")" = 5000020-2
run in_tree -- top -b -n 1 -s vm
holds 'top: sorted by VM' test "$(sed -n '2,$s/ .*//p' "$TMP/out" | tr '\n' ' ')" = '5000010-1 5000020-2 5000030-3 '
run in_tree -- top -b -n 1 -s MODE -r
holds 'top: sorted by VM in reverse' test "$(sed -n '2,$s/ .*//p' "$TMP/out" | tr '\n' ' ')" = '5000030-3 5000020-2 5000010-1 '
run in_tree -- top -s nonsense
exits 'top: an unknown column: the error lists the columns' 2 "no column 'nonsense': the columns are vm, "
for delay in 0 -1 nan x 1e9 ''; do
	run in_tree -- top -d "$delay"
	exits "top: a delay of '$delay'" 2 'is not a time'
done
run in_tree -- top -n 0
exits 'top: zero samples' 2 'not a number of samples'

# Start a tmux server for this test, without the user's configuration.
tmux_()
{
	tmux -S "$TMP/tmux" -f /dev/null "$@"
}
# Write a script with the command and its environment, because the tmux server has another environment.
cat >"$TMP/live" <<END
#!/bin/sh
export GSTAGE_DEBUGFS='$DEBUGFS' LD_PRELOAD='$FAKE'
'$GSTAGE' top "\$@" 2>'$TMP/live.err'
echo \$? >'$TMP/live.status'
END
chmod +x "$TMP/live"
# until_seen PATTERN: wait up to 10 s until a line of the screen matches. The screen is then in $TMP/out.
until_seen()
{
	tries=0
	while tmux_ capture-pane -p >"$TMP/out" 2>"$TMP/err" && ! grep -qE -- "$1" "$TMP/out"; do
		[ $tries -lt 100 ] || return 1
		tries=$((tries + 1))
		sleep 0.1
	done
	grep -qE -- "$1" "$TMP/out"
}
live()
{
	rm -f "$TMP/live.status"
	tmux_ kill-server 2>/dev/null
	tmux_ new-session -d -x "$1" -y "$2" "$TMP/live $3"
}
column()
{
	sed -n '4,$s/ .*//p' "$TMP/out" | grep . | tr '\n' ' '
}
# seen NAME PATTERN: one test: the screen gets such a line.
seen()
{
	command="until_seen $2"
	until_seen "$2"
	result $? "$1"
}

live 120 24 '-d 0.2'
seen 'tmux: the first line has the totals' '^gstage top - [0-9:]{8}  3 VMs, 12 tables of 84K map 3.0G$'
holds 'tmux: there are headings' grep -q '^VM  *NAME  *MODE .*UNMAP/s$' "$TMP/out"
seen 'tmux: rates come with the second sample' '^5000010-1 .* 0 '
set_stat 5000030-3 tables 77
seen 'tmux: it shows new numbers' '^5000030-3 .* 77 '
tmux_ send-keys '<' '<'
seen 'tmux: sorted by BYTES' '^5000010-1 '
tmux_ send-keys '<'
set_stat 5000020-2 tables 99
seen 'tmux: sorted by tables' '^5000020-2 .* 99 '
sleep 0.5
until_seen '^gstage top'
holds 'tmux: sorted by tables, the most first' test "$(column)" = '5000020-2 5000030-3 5000010-1 '
tmux_ send-keys r
sleep 0.5
until_seen '^gstage top'
holds 'tmux: r reverses the order' test "$(column)" = '5000010-1 5000030-3 5000020-2 '
tmux_ capture-pane -e -p >"$TMP/colours"
holds 'tmux: the heading of the sort column is marked' grep -q "$(printf '\033')"'\[[0-9;]*7m.*TABLES' "$TMP/colours"
tmux_ send-keys Right
sleep 0.5
tmux_ capture-pane -e -p >"$TMP/colours"
holds 'tmux: arrow keys move the mark' grep -q "$(printf '\033')"'\[[0-9;]*7m *BYTES' "$TMP/colours"
tmux_ resize-window -x 40 -y 5
seen 'tmux: a small terminal shows the columns that fit' '^VM  *NAME  *MODE'
sleep 0.5
until_seen '^gstage top'
holds 'tmux: a terminal of 5 lines and 40 columns has two VMs' test "$(column | wc -w)" -eq 2 -a "$(awk 'length > m { m = length } END { print m }' "$TMP/out")" -le 40
tmux_ send-keys Down
sleep 0.5
until_seen '^gstage top'
holds 'tmux: down scrolls to the last VM' test "$(column | cut -d ' ' -f 2)" = 5000030-3
tmux_ resize-window -x 120 -y 24
seen 'tmux: a large terminal shows all columns again' 'UNMAP/s$'
sleep 0.5
until_seen '^gstage top'
holds 'tmux: a large terminal shows all VMs again' test "$(column | wc -w)" -eq 3
rm -rf "$DEBUGFS/kvm/5000020-2"
seen 'tmux: a VM that ends disappears' '  2 VMs, '
tmux_ send-keys q
tries=0
until [ -s "$TMP/live.status" ] || [ $tries -ge 50 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
holds 'tmux: q ends it with status 0' test "$(cat "$TMP/live.status")" = 0
holds 'tmux: q ends it without a message' test ! -s "$TMP/live.err"
live 80 24 '-d 0.2'
until_seen '^gstage top'
rm -rf "$DEBUGFS/kvm"
tries=0
until [ -s "$TMP/live.status" ] || [ $tries -ge 50 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
holds 'tmux: it ends when the module is unloaded' test "$(cat "$TMP/live.status")" = 1
holds 'tmux: it says why it ends' grep -q 'not loaded' "$TMP/live.err"
tmux_ kill-server 2>/dev/null
# An unknown terminal type.
host
cat >>"$TMP/live" <<'END'
END
sed -i 's/^export /export TERM=nosuch /' "$TMP/live"
live 80 24 ''
tries=0
until [ -s "$TMP/live.status" ] || [ $tries -ge 50 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
holds 'tmux: an unknown terminal type is an error' grep -q "cannot use the terminal 'nosuch'" "$TMP/live.err"
tmux_ kill-server 2>/dev/null
