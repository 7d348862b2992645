# SPDX-License-Identifier: GPL-2.0-only
# Make the table of README.md that says which machine gains what, from the file `machines` and the lines of bench/compare on hosts.
#
#	awk -f machines.awk machines DIR/hosts.HOST.raw...
#
# The file `machines` has the machine, its host in lab/hosts or "-", what helps there beside what helps everywhere, and what does not
# help.

BEGIN { FS = "\t" }

FILENAME == ARGV[1] {
	machine[++machines] = $1
	host[machines] = $2
	helps[machines] = $3
	not[machines] = $4
	next
}

FNR == 1 {
	on = FILENAME
	sub(/.*\/hosts\./, "", on)
	sub(/\.raw$/, "", on)
	measured[on] = 1
}

# One round: round, module, key, size, what it counts, unit, value, label.
NF == 8 { value[on, $2, $3, $4] = $7 }

function whole(x) { return sprintf("%.0f", x) }

# both(HOST, KEY OF STOCK, KEY OF GSTAGE, SIZE): the two figures.
function both(h, key, ours, size,    a, b) {
	if (!((h, "gstage", ours, size) in value)) return "-"
	b = whole(value[h, "gstage", ours, size])
	if (!((h, "stock", key, size) in value)) return b ", stock fails"
	a = whole(value[h, "stock", key, size])
	return a == b ? a : a " to " b
}

# exits(HOST): the fences of an exit to the VMM, and what is read after them.
function exits(h) {
	if (!(h in measured)) return "-"
	if (whole(value[h, "stock", "exit-vmm-fences", 0]) + 0 == 0) return "0"
	return both(h, "exit-vmm-fences", "exit-vmm-fences", 0) "; PTE reads: " both(h, "exit-vmm-reads-default", "exit-vmm-reads-narrowest", 0)
}

# range(MODULE, KEY, SIZE, VMIDS): the lowest and the highest figure of all hosts, or of those where stock need not fence at an exit.
function range(module, key, size, vmids,    h, least, most, v) {
	for (h in measured) {
		if (vmids && whole(value[h, "stock", "exit-vmm-fences", 0]) + 0) continue
		v = value[h, module, key, size] + 0
		if (least == "" || v < least) least = v
		if (most == "" || v > most) most = v
	}
	return whole(least) == whole(most) ? whole(least) : whole(least) " to " whole(most)
}

# over(KEY, SIZE): the range of the ratios of all hosts.
function over(key, size,    h, r, least, most) {
	for (h in measured) {
		r = value[h, "stock", key, size] / value[h, "gstage", key, size]
		if (!least || r < least) least = r
		if (r > most) most = r
	}
	least = sprintf(least < 10 ? "%.1f" : "%.0f", least)
	most = sprintf(most < 10 ? "%.1f" : "%.0f", most)
	return least == most ? least : least " to " most
}

END {
	print "| machine | PTE reads of a TLB miss | with huge pages | fences at an exit to the VMM | faults of 64 KiB pages | what helps | what does not |"
	print "|---|---|---|---|---|---|---|"
	for (i = 1; i <= machines; i++) {
		h = host[i]
		print "| " machine[i] " | " both(h, "miss-reads-Sv39-small-default", "miss-reads-Sv39-small-narrowest", 0) " | " \
			both(h, "miss-reads-Sv39-thp-default", "miss-reads-Sv39-thp-narrowest", 0) " | " exits(h) " | " \
			both(h, "touch-64k-exits", "touch-64k-exits", 16777216) " | " helps[i] " | " not[i] " |"
	}
	print ""
	print "The first figure is of the stock module, in the host's widest format, and the second of gstage in the narrowest; one figure is of both. The guest has Sv39. After the exit it stores to 64 pages. The 64 KiB pages are 16 MiB of hugetlbfs."
	print ""
	print "On all of these hosts, stock needs " over("touch-there", 16777216) " times as many instructions as gstage to let a guest touch pages that the host has, " over("touch-fresh", 16777216) " times as many for fresh pages,"
	print "and " over("sparse-close", 536870912) " times as many to close a VM with one page in each 2 MiB of 512 MiB."
	print "After 100 VMs stock has lost " range("stock", "lost", 100) " KiB of tables, and gstage has " range("gstage", "live", 100) " table pages."
	print "What costs more with gstage: two vCPUs of one VM that take turns on a hart. It fences between them ([TLB.md](docs/TLB.md#the-way-of-a-vcpu)),"
	print "so a turn with 64 pages has " range("gstage", "switch-vcpus-reads-narrowest", 0) " PTE reads in the narrowest format, and " \
		range("stock", "switch-vcpus-reads-default", 0, 1) " with stock, if the hart has VMIDs."
}
