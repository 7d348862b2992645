# SPDX-License-Identifier: GPL-2.0-only
# Make tables from the lines of formats.c.
#
#	awk -v form=text|markdown|sentence -f report.awk FILE.miss FILE.change FILE.icount [FILE.hold]

BEGIN { FS = "\t" }

/^miss/ {
	if (!($2 in leaf_seen)) { leaf_seen[$2] = 1; leaf[++leaves] = $2 }
	if (!($3 in guest_seen)) { guest_seen[$3] = 1; guest[++guests] = $3 }
	if (!($4 in mode_seen)) { mode_seen[$4] = 1; mode[++modes] = $4 }
	reads[$2, $3, $4] = $5
	miss_ns[$2, $3, $4] = $6
}

# The name of the file says whether these are times or instructions.
/^change/ {
	how = FILENAME ~ /icount$/ ? "icount" : "time"
	if (!($2 in of_leaves)) mib[++sizes] = $2
	of_leaves[$2] = $3
	tables[$2] = $4
	widen[how, $2] = $5
	narrow[how, $2] = $6
}

/^hold/ {
	hold[++holds] = $2
	rounds = $3
	longest[holds] = $4
	most[holds] = $5
	sum[holds] = $7
	call[holds] = $10
	if ($2 ~ /^MMIO/) exit_ns = $4
	if ($2 ~ /^page fault/) fault_ns = $4
	if ($2 ~ /^widening/) widening_ns = $4
}

function title(text) { print form == "markdown" ? text ".\n" : text }

# row(CELLS): print cells that tabs separate. The first one is text and aligned to the left.
function row(cells,    n, i, c) {
	n = split(cells, c, FS)
	if (form == "markdown") {
		printf "|"
		for (i = 1; i <= n; i++) printf " %s |", c[i]
	} else {
		printf "%-30s", c[1]
		for (i = 2; i <= n; i++) printf " %14s", c[i]
	}
	print ""
}

function rule(n,    i) {
	if (form != "markdown") return
	printf "|---|"
	for (i = 2; i <= n; i++) printf "---:|"
	print ""
}

function miss_table(l,    g, m, cells, k) {
	title("Nested TLB miss, G-stage leaves of " leaf[l] ": PTE reads (arithmetic), ns (measured, with the load), ratio to the widest format")
	cells = "guest"
	for (m = 1; m <= modes; m++) cells = cells FS mode[m] ": reads" FS "ns" FS "ratio"
	row(cells)
	rule(1 + 3 * modes)
	for (g = 1; g <= guests; g++) {
		cells = guest[g]
		for (m = 1; m <= modes; m++) {
			k = leaf[l] SUBSEP guest[g] SUBSEP mode[m]
			cells = cells FS reads[k] FS sprintf("%.1f", miss_ns[k]) FS \
				sprintf("%.2f", miss_ns[k] / miss_ns[leaf[l], guest[g], mode[modes]])
		}
		row(cells)
	}
	print ""
}

function us(v) { return v == "" ? "-" : sprintf("%.1f", v) }
function instructions(v) { return v == "" ? "-" : sprintf("%.0f", v * 1000) }

function change_table(    i, s) {
	title("A change of format, narrowest to widest and back: median time, and instructions of the host")
	row("MiB mapped" FS "leaves" FS "tables" FS "widen, us" FS "narrow, us" FS "widen, instr." FS "narrow, instr.")
	rule(7)
	for (i = 1; i <= sizes; i++) {
		s = mib[i]
		row(s FS of_leaves[s] FS tables[s] FS us(widen["time", s]) FS us(narrow["time", s]) FS \
		    instructions(widen["icount", s]) FS instructions(narrow["icount", s]))
	}
	print ""
}

function hold_table(    i) {
	title("How long a vCPU is out of the guest, which reads its time counter in a loop; us, medians of " rounds " rounds by turns")
	row("reason" FS "longest gap" FS "9th decile" FS "all gaps" FS "to MMIO exit" FS "host call")
	rule(6)
	for (i = 1; i <= holds; i++)
		row(hold[i] FS sprintf("%.1f", longest[i] / 1000) FS sprintf("%.1f", most[i] / 1000) FS \
		    sprintf("%.1f", sum[i] / 1000) FS sprintf("%.2f", longest[i] / exit_ns) FS sprintf("%.1f", call[i] / 1000))
	# A hart that waits for another hart waits until this machine has a core for that one.
	if (longest[1] > 0)
		print "Do not use these figures: this machine was busy, and held the guest up even when nothing was asked of it."
	print ""
}

# sv39(LEAF): compare the misses of a Sv39 guest in Sv39x4 and in Sv57x4, with leaves of that size.
function sv39(leaf,    few, many) {
	few = leaf SUBSEP "Sv39" SUBSEP "sv39x4"
	many = leaf SUBSEP "Sv39" SUBSEP "sv57x4"
	return sprintf("%d PTE reads in Sv39x4 and %d in Sv57x4, or %.2f of the time", reads[few], reads[many],
		miss_ns[few] / miss_ns[many])
}

function bytes(mib) { return mib % 1024 ? mib " MiB" : mib / 1024 " GiB" }

# Print the sentence for README.md.
function sentence() {
	print "A nested TLB miss of a Sv39 guest takes " sv39("4 KiB") "."
	print "With 2 MiB leaves it takes " sv39("2 MiB") "."
	print "Widening by two levels costs " instructions(widen["icount", mib[1]]) " instructions with " bytes(mib[1]) " mapped, and " \
		instructions(widen["icount", mib[sizes]]) " with " bytes(mib[sizes]) ". It keeps a running"
	printf "vCPU out of the guest %.2f times as long as a page fault does (`make bench-formats`).\n", widening_ns / fault_ns
}

END {
	if (form == "sentence") {
		sentence()
		exit
	}
	for (l = 1; l <= leaves; l++) miss_table(l)
	if (sizes) change_table()
	if (holds) hold_table()
}
