# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Print the tables and the goals from the lines that bench/engine/run has gathered, and write all figures to the file JSON.
#
#	awk -v note=TEXT -v json=FILE -f report.awk RAW
#
# Lines of RAW, separated by tabs:
#	count         gst|stock  "OPERATION LOAD PAGES"  calls  tables before  after  entered  PTE reads  fences
#	instructions  gst|stock  "OPERATION LOAD PAGES op|loop"  instructions
#
# The empty loop around an operation is measured, and subtracted.

BEGIN {
	FS = "\t"
	split("1024 65536 1048576", sizes, " ")
	size_name[1024] = "1 Ki"; size_name[65536] = "64 Ki"; size_name[1048576] = "1 Mi"
	text["map"] = "map, one call"
	text["map-each"] = "map, a call per page"
	text["fill"] = "fill, 16 pages a call"
	text["lookup"] = "look up"
	text["age"] = "age, one call"
	text["age-each"] = "age, a call per page"
	text["protect"] = "write-protect"
	text["protect-mask"] = "write-protect by mask"
	text["unmap"] = "unmap"
	text["unmap-most"] = "unmap 511 of each 512"
	text["split"] = "split 2 MiB leaves"
	text["collapse"] = "collapse to 2 MiB"
	split("map map-each fill lookup age age-each protect protect-mask unmap unmap-most split collapse", operations, " ")
	tolerance = 1.10
}

$1 == "count" {
	split($3, part, " ")
	k = $2 SUBSEP part[1] SUBSEP part[2] SUBSEP part[3]
	calls[k] = $4; before[k] = $5; after[k] = $6; entered[k] = $7; reads[k] = $8; fences[k] = $9
	all[++figures] = k
	if (part[3] > largest) largest = part[3]
}

$1 == "instructions" {
	split($3, part, " ")
	k = $2 SUBSEP part[1] SUBSEP part[2] SUBSEP part[3]
	cost[k] += part[4] == "op" ? $4 : -$4
	parts[k]++
}

function key(who, operation, load, pages) { return who SUBSEP operation SUBSEP load SUBSEP pages }

function per_page(k,    part) {
	split(k, part, SUBSEP)
	return cost[k] / part[4]
}

# The work of an operation: the tables that it must touch, with those on the way down once for each call, and the leaves.
function work(k,    part, tables) {
	split(k, part, SUBSEP)
	tables = before[k] > after[k] ? before[k] : after[k]
	if (calls[k] > 1 && calls[k] * levels > tables) tables = calls[k] * levels
	return tables + 1 + part[4]
}

# How much faster the instructions grow than the work, from one size to the next. 1 is linear.
function growth(who, operation, load, i,    small, big) {
	small = key(who, operation, load, sizes[i - 1])
	big = key(who, operation, load, sizes[i])
	if (!(small in calls) || !(big in calls)) return ""
	return cost[big] / cost[small] / (work(big) / work(small))
}

function number(v) {
	if (v == "") return "-"
	return sprintf(v >= 99.95 ? "%.0f" : v >= 9.995 ? "%.1f" : "%.2f", v)
}

function cell(who, operation, load, pages,    k) {
	k = key(who, operation, load, pages)
	return k in calls ? number(per_page(k)) : "-"
}

function label(operation, load) {
	if (operation == "collapse" && load == "sparse") return "collapse, where nothing can"
	if (operation == "protect-mask") return text[operation] (load == "sparse" ? ", 1 page" : ", 64 pages")
	return text[operation]
}

function instructions(    l, o, i, load, op, row, s) {
	row = "  %-32s %8s %8s %8s   %7s %7s   %8s %8s %8s  %9s\n"
	print "Instructions per 4 KiB page; growth per table and leaf touched, 1 is linear"
	printf row, "", "gstage:", "", "", "growth:", "", "stock:", "", "", "stock/"
	printf row, "", "1 Ki", "64 Ki", "1 Mi", "64 Ki", "1 Mi", "1 Ki", "64 Ki", "1 Mi", "gstage"
	for (l = 1; l <= 2; l++) {
		load = l == 1 ? "dense" : "sparse"
		print l == 1 ? "dense: pages side by side" : "sparse: one page in each 2 MiB"
		for (o = 1; o in operations; o++) {
			op = operations[o]
			if (!(key("gst", op, load, 1024) in calls)) continue
			s = key("stock", op, load, 65536)
			printf row, label(op, load), cell("gst", op, load, 1024), cell("gst", op, load, 65536),
				cell("gst", op, load, 1048576), number(growth("gst", op, load, 2)),
				number(growth("gst", op, load, 3)), cell("stock", op, load, 1024),
				cell("stock", op, load, 65536), cell("stock", op, load, 1048576),
				s in calls ? number(per_page(s) / per_page(key("gst", op, load, 65536))) : "-"
		}
	}
}

function touched(    l, o, w, load, op, row, k, line) {
	row = "  %-32s %8s %8s %9s %9s %8s   %8s %8s %9s %9s %8s\n"
	print "\nTables and PTEs, 64 Ki pages: tables before and after; tables entered and PTEs read, per page; fences in all"
	printf row, "", "gstage:", "", "", "", "", "stock:", "", "", "", ""
	printf row, "", "before", "after", "entered", "read", "fences", "before", "after", "entered", "read", "fences"
	for (l = 1; l <= 2; l++) {
		load = l == 1 ? "dense" : "sparse"
		print load
		for (o = 1; o in operations; o++) {
			op = operations[o]
			k = key("gst", op, load, 65536)
			if (!(k in calls)) continue
			w = key("stock", op, load, 65536)
			printf row, label(op, load), before[k], after[k], number(entered[k] / 65536),
				number(reads[k] / 65536), fences[k], w in calls ? before[w] : "-",
				w in calls ? after[w] : "-", w in calls ? number(entered[w] / 65536) : "-",
				w in calls ? number(reads[w] / 65536) : "-", w in calls ? fences[w] : "-"
		}
	}
}

function verdict(met, what) {
	printf "  %-6s %s\n", met ? "met" : "MISSED", what
	verdicts = verdicts (verdicts ? ", " : "") sprintf("{\"met\": %s, \"goal\": \"%s\"}", met ? "true" : "false", what)
	missed += !met
}

# The largest cost of a page, over all sizes.
function worst(operation, load,    i, k, most) {
	for (i = 1; i in sizes; i++) {
		k = key("gst", operation, load, sizes[i])
		if (k in calls && per_page(k) > most) most = per_page(k)
	}
	return most
}

function goals(    i, k, s, least, part, g, steepest, at) {
	print "\nGoals"
	verdict(worst("map", "dense") <= 15, "dense map, one call: at most 15 instructions per page: " number(worst("map", "dense")))
	verdict(worst("unmap", "dense") <= 15, "dense unmap: at most 15: " number(worst("unmap", "dense")))
	verdict(worst("unmap-most", "dense") <= 15,
		"dense unmap that leaves a page in each table: at most 15: " number(worst("unmap-most", "dense")))
	for (i = 1; i in sizes; i++) {
		k = key("gst", "unmap", "sparse", sizes[i])
		s = key("stock", "unmap", "sparse", sizes[i])
		if (k in calls && s in calls && (least == "" || cost[s] / cost[k] < least)) least = cost[s] / cost[k]
	}
	if (least != "")
		verdict(least >= 20, "sparse unmap: at most 1/20 of stock: 1/" number(least))
	else
		print "  -      sparse unmap: at most 1/20 of stock: not measured"
	for (k in cost) {
		split(k, part, SUBSEP)
		if (part[1] != "gst" || part[4] == sizes[1]) continue
		i = part[4] == sizes[2] ? 2 : 3
		g = growth("gst", part[2], part[3], i)
		if (g > steepest) {
			steepest = g
			at = part[3] " " text[part[2]] " at " size_name[part[4]]
		}
		if (g > tolerance)
			verdict(0, part[3] " " text[part[2]] " grows " number(g) " times as fast as its work, to " size_name[part[4]])
	}
	verdict(steepest <= tolerance, "no operation grows more than 1.10 times as fast as its work: " number(steepest) ", " at)
}

function quoted(s) {
	gsub(/["\\]/, "\\\\&", s)
	return "\"" s "\""
}

function write_json(    i, k, part) {
	printf "{\"note\": %s,\n \"goals\": [%s],\n \"figures\": [", quoted(note), verdicts > json
	for (i = 1; i <= figures; i++) {
		k = all[i]
		split(k, part, SUBSEP)
		printf "%s\n  {\"code\": \"%s\", \"operation\": \"%s\", \"load\": \"%s\", \"pages\": %d, \"calls\": %d, ",
			(i == 1 ? "" : ","), part[1] == "gst" ? "gstage" : "stock", part[2], part[3], part[4], calls[k] > json
		printf "\"instructions\": %.0f, \"per_page\": %.4f, \"tables_before\": %d, \"tables_after\": %d, ",
			cost[k], per_page(k), before[k], after[k] > json
		printf "\"tables_entered\": %.0f, \"pte_reads\": %.0f, \"fences\": %.0f}", entered[k], reads[k], fences[k] > json
	}
	print "\n]}" > json
}

END {
	levels = 5
	if (match(note, /[345] levels/)) levels = substr(note, RSTART, 1)
	for (i = 1; i <= figures; i++)
		if (parts[all[i]] != 2) {
			gsub(SUBSEP, " ", all[i])
			print "bench/engine: no instructions of " all[i] > "/dev/stderr"
			exit 2
		}
	print note "\n"
	instructions()
	touched()
	goals()
	write_json()
	exit missed > 0
}
