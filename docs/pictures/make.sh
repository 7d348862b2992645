#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# make.sh [run|scene]: make the pictures of terminals: a run of the demonstration, and a scene in the lab (root).
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
top=${here%/docs/pictures}
tmp=$(mktemp -d)
cd "$top"
trap 'tmux -S "$tmp/tmux" kill-server 2>/dev/null || :; rm -rf "$tmp"' EXIT
"$top/lab/lab" need-packages python3-rich tmux
"$top/lab/lab" up
"$top/lab/lab" root make -s -C tests/kvm OUT=/gstage/build/tests CROSS_COMPILE=riscv64-linux-gnu-

if [ "${1-run}" = run ]; then
	{ echo '$ make run'; "$top/lab/lab" run; } >"$tmp/run"
	"$here/render.py" 'make run' 136 <"$tmp/run" >"$here/run.svg"
	[ $# -eq 0 ] || exit 0
fi

"$top/lab/lab" exec --mem 4G --timeout 600 --with-qemu --with "$top/build/cli/gstage" --with "$top/build/cli/libgstage-preload.so" \
	--with "$top/build/tests/in-pty" "$here/scene.sh" >"$tmp/scene"
# Each part begins with a line @NAME; the first one has none. A picture is as wide as the widest line, because render.py crops what
# is wider.
awk -v to="$tmp/" 'BEGIN { name = "vms" } /^@/ { name = substr($0, 2); next } { print >(to name) }' "$tmp/scene"
for name in vms explain doctor; do
	"$here/render.py" "gstage $name" "$(wc -L <"$tmp/$name")" <"$tmp/$name" >"$here/$name.svg"
done

# tmux turns the output of `gstage top` into a screen again, and render.py makes a picture of the screen.
base64 -d <"$tmp/top" >"$tmp/top.raw"
tmux -S "$tmp/tmux" -f /dev/null new-session -d -x 104 -y 12 "cat '$tmp/top.raw'; sleep 10"
sleep 2
tmux -S "$tmp/tmux" capture-pane -e -p >"$tmp/top"
"$here/render.py" 'gstage top' 104 <"$tmp/top" >"$here/top.svg"
ls -l "$here"/*.svg
