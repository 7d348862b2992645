# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Print results in TAP. Tests that are scripts source this file: their with= in MANIFEST needs it.

count=0

# result STATUS TEXT: print the result of a test that passes if STATUS is 0.
result() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; fi
}

# is TEXT GOT WANTED: print the result of a test that passes if GOT is WANTED.
is() {
	[ "$2" = "$3" ]
	result $? "$1"
	[ "$2" = "$3" ] || echo "# got '$2', wanted '$3'"
}
