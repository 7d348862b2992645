# SPDX-License-Identifier: GPL-2.0-only
# Make the table from the lines of counters.c: module, tracepoints and instructions, separated by tabs. A figure is the median of its
# rounds.
#
#	awk -v form=text|markdown -f report.awk RAW

BEGIN { FS = "\t" }

NF == 3 { key = $1 " " $2; value[key, ++count[key]] = $3 + 0 }

function median(key,    n, i, j, v, t) {
	n = count[key]
	for (i = 1; i <= n; i++) {
		v[i] = value[key, i]
		for (j = i; j > 1 && v[j - 1] > v[j]; j--) { t = v[j]; v[j] = v[j - 1]; v[j - 1] = t }
	}
	return v[int((n + 1) / 2)]
}

function line(text, key,    v, more) {
	v = median(key)
	more = key == "bare off" ? "" : sprintf("%+.2f %%", 100 * (v / median("bare off") - 1))
	printf form == "markdown" ? "| %s | %.1f | %s |\n" : "  %-36s %8.1f  %s\n", text, v, more
}

END {
	if (!count["bare off"] || !count["gstage off"] || !count["gstage on"] || count["bare on"]) {
		print "bench: figures are missing, or the module built without tracepoints has them" > "/dev/stderr"
		exit 1
	}
	if (form == "markdown") print "| | instructions | |\n|---|---:|---:|"
	else print "Instructions of the host for a guest page fault on a 4 KiB page that it has:"
	line("without counters and tracepoints", "bare off")
	line("with both, tracepoints off", "gstage off")
	line("`kvm_gstage_fault` and `_map` on", "gstage on")
}
