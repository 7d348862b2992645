# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What `make install` installs: files, man pages without a warning, completion.

ROOT=$TMP/root
run make -s -C "$HERE/../../cli" CROSS_COMPILE= OUT="$BUILD/bug" LIB_FLAGS=-DGSTAGE_BUG PREFIX=/usr DESTDIR="$ROOT" install
exits 'install: make install succeeds' 0
for file in bin/gstage lib/gstage/libgstage-preload.so share/man/man1/gstage.1 share/man/man7/gstage.7 \
	libexec/gstage/qemu-system-riscv64 share/bash-completion/completions/gstage; do
	holds "install: $file" test -s "$ROOT/usr/$file"
done
run fake "$ROOT/usr/bin/gstage" exec -m sv39x4 -- "$VMM" exit 4
exits 'install: the command finds its library' 4

for page in gstage.1 gstage.7; do
	run mandoc -T lint -W warning "$HERE/../../docs/man/$page"
	holds "man: $page: mandoc prints no warning" test "$status" -eq 0 -a ! -s "$TMP/out"
	run man --warnings -l "$HERE/../../docs/man/$page"
	holds "man: $page: man prints no warning" test "$status" -eq 0 -a ! -s "$TMP/err"
done
# gstage.1 has each command, and each option of its --help.
man -l "$HERE/../../docs/man/gstage.1" 2>/dev/null | col -b >"$TMP/page"
for command in modes exec set vms show dump walk top explain doctor check; do
	holds "man: gstage.1 has $command" grep -qE "gstage $command( |\$)" "$TMP/page"
	for option in $("$GSTAGE" $command --help | sed -n 's/^ *-\([a-zA-Z]\), --.*/\1/p' | grep -v V); do
		holds "man: $command: -$option" grep -qE "gstage $command.*\[?-[a-zA-Z]*$option" "$TMP/page"
	done
done

# gstage.7 has each parameter of the module, each file in debugfs and each line of gstage_stats.
man -l "$HERE/../../docs/man/gstage.7" 2>/dev/null | col -b >"$TMP/page"
kvm=$HERE/../../kvm
for name in $(cat "$kvm"/*.c "$kvm"/*/*.c | sed -n 's/^module_param[a-z_]*(\([a-z_]*\),.*/\1/p' | grep -v '^test_' | sort -u) \
	$(cat "$kvm"/*.c "$kvm"/*/*.c | sed -n 's/.*debugfs_create_file[a-z_]*("\([a-z_]*\)".*/\1/p' | sort -u) \
	$(cat "$kvm"/*.c "$kvm"/*/*.c | sed -n 's/.*\tshow(m, "\([a-z0-9_]*\)".*/\1/p' | sort -u) \
	$(cat "$kvm"/*.c "$kvm"/*/*.c | grep -oE '"(leaves|faults)_[0-9]+[kmgt]"' | tr -d '"' | sort -u); do
	holds "man: gstage.7 has $name" grep -qw "$name" "$TMP/page"
done

# completes WORD...: print what bash proposes for the last word.
completes()
{
	GSTAGE_DEBUGFS=$DEBUGFS bash -c '. "$1"; shift; COMP_WORDS=(gstage "$@"); COMP_CWORD=$#; _gstage
		echo "${COMPREPLY[*]}"' - "$ROOT/usr/share/bash-completion/completions/gstage" "$@"
}
host 1234-8 sv39x4 77-9 sv48x4
run completes e
prints 'completion: commands' 'exec explain'
run completes show ''
prints 'completion: VMs, and options' '1234-8 77-9 --json --help'
run completes walk 7
prints 'completion: a VM' 77-9
run completes set 77-9 sv5
prints 'completion: a mode for it' sv57x4
run completes dump --gpa 0x80000000 12
prints 'completion: after an option with a value' 1234-8
run completes exec -m a
prints 'completion: exec has auto' auto
run completes exec --align ''
prints 'completion: alignments' 'auto off'
run completes top -s f
prints 'completion: columns' 'faults flushes'
run completes vms -o M
prints 'completion: columns of a table' 'MODE MAPPED'
run completes doctor --sort V
prints 'completion: a column to sort by' VERDICT
run completes explain -o GPA 77
prints 'completion: after the columns' 77-9
run completes modes --n
prints 'completion: options of a table' --noheadings
run completes explain sv
prints 'completion: guests' 'sv39 sv48 sv57'
