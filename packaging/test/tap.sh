# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Print results of the tests of the packages, in TAP. Sourced by the tests.

n=0
said=/tmp/said  # what the last command of `run` printed

# run COMMAND...: run it, and keep its output and its status for the checks that follow.
run() {
	"$@" >"$said" 2>&1 </dev/null
	status=$?
	return 0
}

# check NAME COMMAND...: print one result, and after a failure the output of the last command.
check() {
	name=$1
	shift
	n=$((n + 1))
	if "$@" >/tmp/check 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		echo "# $* [status of the last command: ${status-}]"
		sed 's/^/# /' /tmp/check
		tail -n 40 "$said" | sed 's/^/# | /'
	fi
}

works() { [ "$status" -eq 0 ]; }
fails() { [ "$status" -ne 0 ]; }
# says TEXT: did the last command print this text, on one line or over several?
says() { tr '\n' ' ' <"$said" | grep -qF -- "$1"; }
says_not() { ! says "$1"; }
is() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }; }
done_testing() { echo "1..$n"; }

# footprint: list every file that packages and DKMS may leave, except dpkg's own files, caches, and files of DKMS itself and of libvirt.
footprint() {
	find /boot /etc /usr /var /lib/modules -xdev \( -path /var/lib/dpkg -o -path /var/log -o -path /var/cache -o -path /var/tmp \
		-o -path /var/lib/libvirt -o -path /etc/libvirt -o -path /var/lib/apt -o -path /var/lib/systemd \
		-o -path /usr/src/linux-source-\* -o -name mok.\* -o -name \*.pyc \) \
		-prune -o -printf '%p %y\n' | grep -v '^/etc/\(ld\.so\.cache\|.*-\) ' | sort
}
