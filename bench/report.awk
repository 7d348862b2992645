# SPDX-License-Identifier: GPL-2.0-only
# From the lines of bench/host.sh (round, module, key, unit, value, label, between tabs) make the table.
#
#	awk -v form=table|markdown|json -v note=TEXT [-v ms=TEXT] -f report.awk RAW
#
# With ms, that is what is written in place of this unit.
#
# A figure is the median of its rounds. The ratio is the median of the ratios of pairs, stock/gstage of the same round,
# with the smallest and the largest of them: what slows the machine down for a while slows down both of a pair.

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

# median(KEY, MODULE): over its rounds; "" where there are none.
function median(key, module,    r, n, a) {
	n = 0
	for (r = 1; r <= rounds; r++)
		if ((key, module, r) in value) a[++n] = value[key, module, r]
	if (!n) return ""
	sort(a, n)
	return middle(a, n)
}

# ratios(KEY): set RATIO, LEAST, MOST; false where a pair is missing or gstage's figure is 0.
function ratios(key,    r, n, a) {
	n = 0
	for (r = 1; r <= rounds; r++) {
		if (!((key, "stock", r) in value) || !((key, "gstage", r) in value)) continue
		if (value[key, "gstage", r] <= 0) return 0
		a[++n] = value[key, "stock", r] / value[key, "gstage", r]
	}
	if (!n) return 0
	sort(a, n)
	RATIO = middle(a, n)
	LEAST = a[1]
	MOST = a[n]
	return 1
}

function number(v, unit) {
	if (v == "") return "none"
	if (unit == "" || unit == "KiB") return sprintf("%.0f", v)
	return sprintf(v >= 100 ? "%.0f" : v >= 10 ? "%.1f" : "%.2f", v)
}

function quoted(s) {
	gsub(/["\\]/, "\\\\&", s)
	return "\"" s "\""
}


function table(    i, k, row, width, pair) {
	for (i = 1; i <= keys; i++) {
		k = label[order[i]] ", " unit[order[i]]
		if (length(k) > width) width = length(k)
	}
	row = "%-" width "s %9s %9s %8s  %s\n"
	printf row, "the median of " rounds " rounds", "stock", "gstage", "ratio", "of pairs"
	for (i = 1; i <= keys; i++) {
		k = order[i]
		pair = ratios(k)
		printf row, label[k] (unit[k] == "" ? "" : ", " unit[k]), number(median(k, "stock"), unit[k]), \
			number(median(k, "gstage"), unit[k]), pair ? number(RATIO, "x") : "-", \
			pair ? number(LEAST, "x") " to " number(MOST, "x") : ""
	}
	print note
}

function markdown(    i, k, pair) {
	print "| | stock | gstage | stock/gstage | of pairs |"
	print "|---|---:|---:|---:|---|"
	for (i = 1; i <= keys; i++) {
		k = order[i]
		pair = ratios(k)
		printf "| %s | %s | %s | %s | %s |\n", label[k] (unit[k] == "" ? "" : ", " unit[k]), \
			number(median(k, "stock"), unit[k]), number(median(k, "gstage"), unit[k]), \
			pair ? number(RATIO, "x") : "-", pair ? number(LEAST, "x") " to " number(MOST, "x") : ""
	}
	print "\n" note
}

function list(key, module,    r, s, next_) {
	for (r = 1; r <= rounds; r++)
		if ((key, module, r) in value) {
			s = s next_ value[key, module, r]
			next_ = ", "
		}
	return "[" s "]"
}

function json(    i, k) {
	printf "{\n  \"version\": 1,\n  \"note\": %s,\n  \"rounds\": %d,\n  \"figures\": [", quoted(note), rounds
	for (i = 1; i <= keys; i++) {
		k = order[i]
		printf "%s\n    {\"key\": %s, \"label\": %s, \"unit\": %s,\n     \"stock\": %s, \"gstage\": %s", \
			(i > 1 ? "," : ""), quoted(k), quoted(label[k]), quoted(unit[k]), list(k, "stock"), list(k, "gstage")
		if (ratios(k))
			printf ",\n     \"ratio\": {\"median\": %.4g, \"least\": %.4g, \"most\": %.4g}", RATIO, LEAST, MOST
		printf "}"
	}
	print "\n  ]\n}"
}

BEGIN { FS = "\t" }

NF == 6 {
	key = $3
	if (!(key in label)) order[++keys] = key
	label[key] = $6
	unit[key] = $4 == "ms" && ms ? ms : $4
	value[key, $2, $1] = $5 + 0
	if ($1 > rounds) rounds = $1
}

END {
	if (!keys) {
		print "there are no figures" > "/dev/stderr"
		exit 1
	}
	if (form == "json") json()
	else if (form == "markdown") markdown()
	else table()
}
