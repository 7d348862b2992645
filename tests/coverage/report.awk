# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# report.awk GAPS COUNTS: print the table, and each gap with its explanation.
#
# A function, line or branch counts as covered if any build has executed it. A line may have different branches in
# another build, because of the XLEN. Then the build that covers most of them counts.

BEGIN {
	FS = "\t"
	FUNCTIONS = 100
	LINES = 95
	BRANCHES = 95
}

FILENAME == ARGV[1] {
	if ($0 ~ /^#/ || $0 == "") next
	gaps++
	gap_file[gaps] = $1
	gap_text[gaps] = $2
	gap_reason[gaps] = $3
	next
}

{
	files[$2] = 1
	if ($1 == "f") {
		key = $2 SUBSEP $4
		at[key] = $3
		functions[key] += $5
	} else if ($1 == "l") {
		key = $2 SUBSEP $3
		lines[key] += $5
	} else {
		split($4, part, "/")
		key = $2 SUBSEP $3 SUBSEP part[1]
		shape[key] = 1
		taken[key, part[2]] += $5
	}
}

function source(file, line,    n, text) {
	if (!(file in read)) {
		while ((getline text < ("../../" file)) > 0) code[file, ++n] = text
		read[file] = n
	}
	text = code[file, line]
	gsub(/^[ \t]+/, "", text)
	return text
}

# The line and the next one, because the same line may occur in several places.
function context(file, line) {
	return source(file, line) " | " source(file, line + 1)
}

# The number of the explanation of this line, or 0.
function explained(file, line,    i) {
	for (i = 1; i <= gaps; i++)
		if (gap_file[i] == file && index(context(file, line), gap_text[i])) return i
	return 0
}

function gap(file, line, kind,    i) {
	i = explained(file, line)
	if (i) used[i] = 1
	notes[++noted] = sprintf("%s:%d: %s: %s\n    %s", file, line, kind, source(file, line),
		i ? "explained: " gap_reason[i] : "NOT EXPLAINED")
	sort_key[noted] = sprintf("%s:%06d", file, line)
	return i > 0
}

function percent(part, all) {
	return all ? sprintf("%.1f", 100 * part / all) : "-"
}

function row(name, k) {
	printf "%-22s %4d /%4d %6s %5d /%5d %6s %5d /%5d %6s\n", name,
		n["f", k, 1], n["f", k, 0], percent(n["f", k, 1], n["f", k, 0]),
		n["l", k, 1], n["l", k, 0], percent(n["l", k, 1], n["l", k, 0]),
		n["b", k, 1], n["b", k, 0], percent(n["b", k, 1], n["b", k, 0])
}

function add(kind, file, all, covered, reasons) {
	n[kind, file, 0] += all
	n[kind, file, 1] += covered
	n[kind, "all", 0] += all
	n[kind, "all", 1] += covered
	excused[kind] += reasons
}

function enough(kind, what, mark,    got) {
	got = 100 * (n[kind, "all", 1] + excused[kind]) / n[kind, "all", 0]
	printf "%s: %d of %d executed, %d explained: %.2f %%, required are %d %%\n", what,
		n[kind, "all", 1], n[kind, "all", 0], excused[kind], got, mark
	return got >= mark
}

END {
	for (key in functions) {
		split(key, part, SUBSEP)
		add("f", part[1], 1, functions[key] > 0,
			functions[key] ? 0 : gap(part[1], at[key], "the function " part[2] "() is not called"))
	}
	for (key in lines) {
		split(key, part, SUBSEP)
		add("l", part[1], 1, lines[key] > 0,
			lines[key] ? 0 : gap(part[1], part[2], "the line is not executed"))
	}
	for (key in shape) {
		split(key, part, SUBSEP)
		count = 0
		for (i = 0; i < part[3]; i++) count += taken[key, i] > 0
		place = part[1] SUBSEP part[2]
		if (!(place in best) || count / part[3] > best[place] / width[place]) {
			best[place] = count
			width[place] = part[3]
		}
	}
	for (place in best) {
		split(place, part, SUBSEP)
		missing = width[place] - best[place]
		add("b", part[1], width[place], best[place], missing &&
			gap(part[1], part[2], missing " of " width[place] " branches are not taken") ? missing : 0)
	}

	printf "%-22s %10s %6s %12s %6s %12s %6s\n", "", "functions", "%", "lines", "%", "branches", "%"
	count = 0
	for (file in files) names[++count] = file
	for (i = 1; i <= count; i++)
		for (j = i + 1; j <= count; j++)
			if (names[j] < names[i]) { t = names[i]; names[i] = names[j]; names[j] = t }
	for (i = 1; i <= count; i++) row(names[i], names[i])
	row("engine/", "all")

	print ""
	for (i = 1; i <= noted; i++)
		for (j = i + 1; j <= noted; j++)
			if (sort_key[j] < sort_key[i]) {
				t = notes[i]; notes[i] = notes[j]; notes[j] = t
				t = sort_key[i]; sort_key[i] = sort_key[j]; sort_key[j] = t
			}
	for (i = 1; i <= noted; i++) print notes[i]
	for (i = 1; i <= gaps; i++)
		if (!used[i]) printf "this gap does not exist (any more): %s: %s\n", gap_file[i], gap_text[i]
	print ""
	ok = enough("f", "functions", FUNCTIONS)
	ok = enough("l", "lines", LINES) && ok
	ok = enough("b", "branches", BRANCHES) && ok
	exit !ok
}
