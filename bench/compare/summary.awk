# SPDX-License-Identifier: GPL-2.0-only
# Make the two tables of docs/BENCHMARKS.md, one column for each kernel, from the lines of `report.awk -v form=summary`.
#
#	awk -v table=goals|behind -f summary.awk LINES
#
# Lines are separated by tabs:
#	goal	kernel	text	bound	measured	size	met|missed	why
#	behind	kernel	label	times	size	why

BEGIN { FS = "\t" }

!($2 in known) { known[$2] = 1; kernel[++kernels] = $2 }

$1 == (table == "goals" ? "goal" : "behind") {
	if (!($3 in seen)) { seen[$3] = 1; text[++rows] = $3 }
}

$1 == "goal" && table == "goals" {
	bound[$3] = $4
	cell[$3, $2] = ($7 == "missed" ? "**" $5 "**" : $5) ($6 ? " (" $6 ")" : "")
	if ($7 == "missed") missed[$3] = $8
}

$1 == "behind" && table == "behind" {
	cell[$3, $2] = $4 ($5 ? " (" $5 ")" : "")
	if (!why[$3]) why[$3] = $6
}

function head(last,    k) {
	printf "| | %s", last == "" ? "wanted | " : ""
	for (k = 1; k <= kernels; k++) printf "%s%s", (k > 1 ? " | " : ""), kernel[k]
	print last " |"
	printf "|---|%s", last == "" ? "---:|" : ""
	for (k = 1; k <= kernels; k++) printf "---:|"
	print last == "" ? "" : "---|"
}

END {
	head(table == "goals" ? "" : " | why")
	for (i = 1; i <= rows; i++) {
		printf "| %s |%s", text[i], table == "goals" ? " " bound[text[i]] " |" : ""
		for (k = 1; k <= kernels; k++) printf " %s |", ((text[i], kernel[k]) in cell) ? cell[text[i], kernel[k]] : "-"
		print table == "goals" ? "" : " " (why[text[i]] ? why[text[i]] : "not explained") " |"
	}
	if (table != "goals" || !length(missed)) exit
	print "\nGoals that are not met, in **bold** above:\n"
	for (i = 1; i <= rows; i++)
		if (text[i] in missed) print "- " text[i] ": " missed[text[i]]
}
