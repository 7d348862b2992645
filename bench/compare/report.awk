# SPDX-License-Identifier: GPL-2.0-only
# From the lines of host.sh (round, module, key, size, what the size is of, unit, value, label, between tabs) make the table.
#
#	awk -v form=table|markdown|json|plot|goals|rows -v note=TEXT [-v ms=TEXT -v ns=TEXT] -f report.awk [REASONS] [GOALS] RAW...
#
# With ms and ns, that is what is written in place of these units. REASONS (the file beside this one) says why gstage is not ahead, or has
# nothing beside it: lines of key, tab, text. GOALS (likewise) are for form=goals, which wants -v kernel=SERIES; form=rows prints
# of a table those rows that -v rows_of="KEY:SIZE KEY:SIZE ..." names.
#
# A figure is the median of its rounds. The ratio is the median of the ratios of pairs, stock/gstage of the same round,
# with the smallest and the largest of them: what slows the machine down for a while slows down both of a pair.
# Growth is the exponent of the size by which a cost grows: the slope of a line through the logarithms, by least squares.

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

# median(ROW, MODULE): over its rounds; "" where there are none.
function median(row, module,    r, n, a) {
	n = 0
	for (r = 1; r <= rounds; r++)
		if ((row, module, r) in value) a[++n] = value[row, module, r]
	if (!n) return ""
	sort(a, n)
	return middle(a, n)
}

# ratios(ROW): set RATIO, LEAST, MOST; false where a pair is missing or gstage's figure is 0.
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

# growth(KEY, MODULE): the exponent; "-" with fewer than two sizes, or a figure that has no logarithm.
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

# Does a row end what belongs to its key?
function last_of_key(row,    i) {
	for (i = row + 1; i <= rows; i++) if (key_of[i] == key_of[row]) return 0
	return 1
}

# Rows of one key stand together, in the order in which the keys came.
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

# What gstage is not ahead in, in plain words. The host's own share is nobody's. Pairs that lie on both sides of 1 decide nothing.
function behind(mark,    i, row, text, none_, open_) {
	for (i = 1; i <= rows; i++) {
		row = order[i]
		if (key_of[row] ~ /-own$/ || !ratios(row) || sprintf("%.2f", RATIO) >= 1) continue
		if (sprintf("%.2f", MOST) >= 1) {
			open_ = open_ mark label[row] (size[row] ? ", " size_text(row) : "") "\n"
			continue
		}
		text = text mark label[row] (size[row] ? ", " size_text(row) : "") ": gstage costs " \
			sprintf("%.2f", 1 / RATIO) " times what stock does. " why(row) "\n"
	}
	for (i = 1; i <= rows; i++) {
		row = order[i]
		if (median(row, "stock") == "" && last_of_key(row))
			none_ = none_ mark label[row] ": the stock module has no such figure. " why(row) "\n"
	}
	if (text) print "\nWhere gstage is not ahead:\n\n" text
	else print "\nThere is no row in which gstage is behind in all pairs.\n"
	if (open_) print "Not decided, since the median is below 1 and some pair is not:\n\n" open_
	if (none_) print "What stock does not have:\n\n" none_
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

# For gnuplot: of one key (-v plot=KEY) size, stock, gstage; sizes of bytes in MiB.
function plot_data(    i) {
	for (i = 1; i <= rows; i++)
		if (key_of[i] == plot)
			print size[i] / (of[i] == "B" ? 1048576 : 1), median(i, "stock"), median(i, "gstage")
}

# size_bytes(TEXT): 8G as bytes; "*" and plain numbers as they are.
function size_bytes(s) {
	if (s ~ /G$/) return substr(s, 1, length(s) - 1) * 1073741824
	if (s ~ /M$/) return substr(s, 1, length(s) - 1) * 1048576
	return s
}

# What the goals say of this run: of several sizes ("*") the one that is the least good decides.
function goals_table(    g, i, worst, at, x, good) {
	print "| goal, kernel " kernel " | at | wanted | measured | |"
	print "|---|---:|---:|---:|---|"
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
		if (!at) {
			printf "| %s | | %s %s | | not measured |\n", goal_text[g], goal_kind[g] == "ratio" ? "at least" : "at most", goal_bound[g]
			continue
		}
		good = goal_kind[g] == "ratio" ? sprintf("%.2f", worst) + 0 >= goal_bound[g] : worst <= goal_bound[g]
		printf "| %s | %s | %s %s | %s | %s |\n", goal_text[g], size_text(at), \
			goal_kind[g] == "ratio" ? "at least" : "at most", goal_bound[g], number(worst, "x"), \
			good ? "met" : "**not met** " why(at)
	}
}

# A few rows by name.
function few(    n, i, j, want, w) {
	print "| | size | stock | gstage | stock/gstage |"
	print "|---|---:|---:|---:|---:|"
	n = split(rows_of, want, " ")
	for (i = 1; i <= n; i++) {
		split(want[i], w, ":")
		for (j = 1; j <= rows; j++)
			if (key_of[j] == w[1] && size[j] == size_bytes(w[2]))
				printf "| %s | %s | %s | %s | %s |\n", label[j] unit_text(j), size_text(j), \
					number(median(j, "stock"), unit[j]), number(median(j, "gstage"), unit[j]), \
					ratios(j) ? number(RATIO, "x") : "-"
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
	else if (form == "goals") goals_table()
	else if (form == "rows") few()
	else table()
}
