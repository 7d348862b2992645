# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What tests say that are scripts. Sourced: MANIFEST has it in their with=.

count=0

# result STATUS TEXT
result() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

# is WHAT GOT WANTED
is() {
	[ "$2" = "$3" ]
	result $? "$1"
	[ "$2" = "$3" ] || echo "# got '$2', wanted '$3'"
}
