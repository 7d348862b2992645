# SPDX-License-Identifier: GPL-2.0-only
# Make the tables of the comparison from the lines that host.sh prints: round, module, key, size, what the size counts, unit,
# value and label, separated by tabs.
#
#	awk -v form=FORM -v note=TEXT [-v ms=TEXT -v ns=TEXT] -f report.awk [reasons] [goals] [better] RAW...
#
# FORM is one of:
#	table, markdown, json	all figures
#	plot			size, stock and gstage of the key that -v plot=KEY names
#	better			the rows of the file `better`, for README.md
#	summary			lines for summary.awk: the goals, and where gstage costs more. Wants -v kernel=SERIES
#
# ms and ns replace the units of that name. The file `reasons` says, for a key, why gstage costs more or why the stock module has
# no figure. The file `goals` has key, size, kernel, kind, bound and text. The file `better` has a subject, what the stock module
# does, what gstage does, and KEY:SIZE of a figure, or "-".
#
# A figure is the median of its rounds. A ratio is stock/gstage of one round; the table shows the median of these ratios, and the
# smallest and the largest. A slow moment of the machine then slows down both figures of a pair. Growth is the exponent by which
# a cost grows with the size: the slope of the least-squares line through the logarithms.

function sort(a, n,    i, j, x) {
	for (i = 2; i <= n; i++) {
		x = a[i]
		for (j = i - 1; j >= 1 && a[j] > x; j--) a[j + 1] = a[j]
		a[j + 1] = x
	}
}

function middle(a, n) {
	return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}

# median(ROW, MODULE): the median of all rounds; "" if there are none.
function median(row, module,    r, n, a) {
	n = 0
	for (r = 1; r <= rounds; r++)
		if ((row, module, r) in value) a[++n] = value[row, module, r]
	if (!n) return ""
	sort(a, n)
	return middle(a, n)
}

# ratios(ROW): set RATIO, LEAST and MOST. Return 0 if there is no pair, or if gstage's figure is 0.
function ratios(row,    r, n, a) {
	n = 0
	for (r = 1; r <= rounds; r++) {
		if (!((row, "stock", r) in value) || !((row, "gstage", r) in value)) continue
		if (value[row, "gstage", r] <= 0) return 0
		a[++n] = value[row, "stock", r] / value[row, "gstage", r]
	}
	if (!n) return 0
	sort(a, n)
	RATIO = middle(a, n)
	LEAST = a[1]
	MOST = a[n]
	return 1
}

# growth(KEY, MODULE): the exponent; "-" if there are fewer than two sizes, or if a figure has no logarithm.
function growth(key, module,    i, n, x, y, sx, sy, sxx, sxy) {
	n = sx = sy = sxx = sxy = 0
	for (i = 1; i <= rows; i++) {
		if (key_of[i] != key || !size[i]) continue
		y = median(i, module)
		if (y == "" || y <= 0) return "-"
		x = log(size[i])
		y = log(y)
		n++
		sx += x; sy += y; sxx += x * x; sxy += x * y
	}
	return n < 2 ? "-" : sprintf("%.2f", (n * sxy - sx * sy) / (n * sxx - sx * sx))
}

function number(v, unit) {
	if (v == "") return "none"
	if (unit == "" || unit == "KiB" || (unit == ns && ns)) return sprintf("%.0f", v)
	return sprintf(v >= 100 ? "%.0f" : v >= 10 ? "%.1f" : v >= 0.1 || v <= 0 ? "%.2f" : "%.4f", v)
}

function size_text(row,    s) {
	s = size[row]
	if (!s) return ""
	if (of[row] != "B") return s " " of[row]
	return s % 1073741824 ? s / 1048576 " MiB" : s / 1073741824 " GiB"
}

function unit_text(row) { return unit[row] == "" ? "" : ", " unit[row] }

function quoted(s) {
	gsub(/["\\]/, "\\\\&", s)
	return "\"" s "\""
}

# Is this the last row of its key?
function last_of_key(row,    i) {
	for (i = row + 1; i <= rows; i++) if (key_of[i] == key_of[row]) return 0
	return 1
}

# Put the rows of one key side by side. The keys keep the order in which they came.
function ordered(    i, j, n) {
	n = 0
	for (i = 1; i <= keys; i++)
		for (j = 1; j <= rows; j++)
			if (key_of[j] == key[i]) order[++n] = j
}

function why(row,    k) {
	k = key_of[row]
	while (!(k in reason)) {
		if (!sub(/-[^-]*$/, "", k)) return ""
	}
	return reason[k]
}

# Does gstage cost more in this row, in all pairs? The host's own share belongs to neither module.
function costs_more(row) {
	return key_of[row] !~ /-own$/ && ratios(row) && sprintf("%.2f", RATIO) < 1 && sprintf("%.2f", MOST) < 1
}

# List where gstage costs more. If some pairs say so and others do not, the row is not decided.
function behind(mark,    i, row, text, none_, open_) {
	for (i = 1; i <= rows; i++) {
		row = order[i]
		if (costs_more(row))
			text = text mark label[row] (size[row] ? ", " size_text(row) : "") ": " \
				(RATIO > 0 ? "gstage costs " sprintf("%.2f", 1 / RATIO) " times as much. " : "it costs nothing with stock. ") \
				why(row) "\n"
		else if (key_of[row] !~ /-own$/ && ratios(row) && sprintf("%.2f", RATIO) < 1)
			open_ = open_ mark label[row] (size[row] ? ", " size_text(row) : "") "\n"
	}
	for (i = 1; i <= rows; i++) {
		row = order[i]
		if (median(row, "stock") == "" && last_of_key(row))
			none_ = none_ mark label[row] ": " why(row) "\n"
	}
	if (text) print "\nWhere gstage costs more:\n\n" text
	else print "\nThere is no row in which gstage costs more in all pairs.\n"
	if (open_) print "Not decided, because gstage costs more in the median pair but not in all pairs:\n\n" open_
	if (none_) print "What the stock module has no figure for:\n\n" none_
}

function table(    i, row, width, pair, k, f) {
	for (i = 1; i <= rows; i++)
		if (length(label[i] unit_text(i)) > width) width = length(label[i] unit_text(i))
	f = "%-" width "s %8s %9s %9s %8s  %-18s %6s %6s\n"
	printf f, "the median of " rounds " rounds", "size", "stock", "gstage", "ratio", "of pairs", "growth", "growth"
	for (i = 1; i <= rows; i++) {
		row = order[i]
		pair = ratios(row)
		k = last_of_key(row) && size[row]
		printf f, label[row] unit_text(row), size_text(row), number(median(row, "stock"), unit[row]), \
			number(median(row, "gstage"), unit[row]), pair ? number(RATIO, "x") : "-", \
			pair ? number(LEAST, "x") " to " number(MOST, "x") : "", k ? growth(key_of[row], "stock") : "", \
			k ? growth(key_of[row], "gstage") : ""
	}
	behind("- ")
	print note
}

function markdown(    i, row, pair, k) {
	print "| | size | stock | gstage | stock/gstage | of pairs | growth, stock | growth, gstage |"
	print "|---|---:|---:|---:|---:|---|---:|---:|"
	for (i = 1; i <= rows; i++) {
		row = order[i]
		pair = ratios(row)
		k = last_of_key(row) && size[row]
		printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", label[row] unit_text(row), size_text(row), \
			number(median(row, "stock"), unit[row]), number(median(row, "gstage"), unit[row]), \
			pair ? number(RATIO, "x") : "-", pair ? number(LEAST, "x") " to " number(MOST, "x") : "", \
			k ? growth(key_of[row], "stock") : "", k ? growth(key_of[row], "gstage") : ""
	}
	behind("- ")
	print note
}

# For gnuplot: size, stock and gstage of one key. A size in bytes is printed in MiB.
function plot_data(    i) {
	for (i = 1; i <= rows; i++)
		if (key_of[i] == plot)
			print size[i] / (of[i] == "B" ? 1048576 : 1), median(i, "stock"), median(i, "gstage")
}

# size_bytes(TEXT): 8G in bytes. "*" and plain numbers stay as they are.
function size_bytes(s) {
	if (s ~ /G$/) return substr(s, 1, length(s) - 1) * 1073741824
	if (s ~ /M$/) return substr(s, 1, length(s) - 1) * 1048576
	return s
}

# For each goal of this kernel one line: the row that decides, which is the least good one if the goal is for all sizes ("*").
function goals_lines(    g, i, worst, at, x, met) {
	for (g = 1; g <= goals; g++) {
		if (goal_kernels[g] != "*" && goal_kernels[g] != kernel) continue
		at = 0
		for (i = 1; i <= rows; i++) {
			if (key_of[i] != goal_key[g] || (goal_size[g] != "*" && size[i] != goal_size[g])) continue
			if (goal_kind[g] == "ratio") {
				if (!ratios(i)) continue
				x = RATIO
				if (!at || x < worst) { worst = x; at = i }
			} else {
				x = median(i, "gstage")
				if (x == "") continue
				if (!at || x > worst) { worst = x; at = i }
			}
		}
		met = goal_kind[g] == "ratio" ? sprintf("%.2f", worst) + 0 >= goal_bound[g] : worst <= goal_bound[g]
		print "goal", kernel, goal_text[g], (goal_kind[g] == "ratio" ? "at least " : "at most ") goal_bound[g], \
			at ? number(worst, "x") : "not measured", at && goal_size[g] == "*" ? size_text(at) : "", at && met ? "met" : "missed", at ? why(at) : ""
	}
}

# For each measure in which gstage costs at least 1.05 times as much one line: the size where it is worst.
function behind_lines(    i, k, worst, at) {
	for (k = 1; k <= keys; k++) {
		at = 0
		for (i = 1; i <= rows; i++)
			if (key_of[i] == key[k] && costs_more(i) && (!at || RATIO < worst)) { worst = RATIO; at = i }
		if (at && sprintf("%.2f", 1 / worst) >= 1.05)
			print "behind", kernel, label[at], sprintf("%.2f", 1 / worst), size_text(at), why(at)
	}
}

# What gstage does better, in words, with the figures beside them.
function better_table(    i, j, k, w, what) {
	print "| | stock | gstage | stock | gstage | ratio |"
	print "|---|---|---|---:|---:|---:|"
	for (i = 1; i <= betters; i++) {
		printf "| %s | %s | %s |", better[i, 1], better[i, 2], better[i, 3]
		split(better[i, 4], w, ":")
		k = 0
		for (j = 1; j <= rows; j++) if (key_of[j] == w[1] && size[j] == size_bytes(w[2])) k = j
		if (!k) { print " | | |"; continue }
		what = unit[k] == "million instructions" ? " M" : unit[k] == "KiB" ? " KiB" : ""
		printf " %s%s | %s%s | %s |\n", number(median(k, "stock"), unit[k]), what, number(median(k, "gstage"), unit[k]), what, \
			ratios(k) ? number(RATIO, "x") : "-"
	}
}

function list(row, module,    r, s, next_) {
	for (r = 1; r <= rounds; r++)
		if ((row, module, r) in value) {
			s = s next_ value[row, module, r]
			next_ = ", "
		}
	return "[" s "]"
}

function json(    i, row) {
	printf "{\n  \"version\": 2,\n  \"note\": %s,\n  \"rounds\": %d,\n  \"figures\": [", quoted(note), rounds
	for (i = 1; i <= rows; i++) {
		row = order[i]
		printf "%s\n    {\"key\": %s, \"size\": %.0f, \"size_of\": %s, \"label\": %s, \"unit\": %s,\n     \"stock\": %s, \"gstage\": %s", \
			(i > 1 ? "," : ""), quoted(key_of[row]), size[row], quoted(of[row]), quoted(label[row]), \
			quoted(unit[row]), list(row, "stock"), list(row, "gstage")
		if (ratios(row))
			printf ",\n     \"ratio\": {\"median\": %.4g, \"least\": %.4g, \"most\": %.4g}", RATIO, LEAST, MOST
		printf "}"
	}
	print "\n  ]\n}"
}

BEGIN { FS = "\t" }

NF == 2 { reason[$1] = $2 }

NF == 4 { for (i = 1; i <= 4; i++) better[betters + 1, i] = $i; betters++ }

NF == 6 {
	goal_key[++goals] = $1
	goal_size[goals] = size_bytes($2)
	goal_kernels[goals] = $3
	goal_kind[goals] = $4
	goal_bound[goals] = $5
	goal_text[goals] = $6
}

NF == 8 {
	id = $3 SUBSEP $4
	if (!(id in row_of)) {
		row_of[id] = ++rows
		key_of[rows] = $3
		size[rows] = $4
		of[rows] = $5
		unit[rows] = $6 == "ms" && ms ? ms : $6 == "ns" && ns ? ns : $6
		label[rows] = $8
		if (!($3 in known)) { known[$3] = 1; key[++keys] = $3 }
	}
	value[row_of[id], $2, $1] = $7 + 0
	if ($1 > rounds) rounds = $1
}

END {
	if (!rows) {
		print "there are no figures" > "/dev/stderr"
		exit 1
	}
	ordered()
	if (form == "json") json()
	else if (form == "markdown") markdown()
	else if (form == "plot") plot_data()
	else if (form == "summary") { OFS = "\t"; goals_lines(); behind_lines() }
	else if (form == "better") better_table()
	else table()
}
