# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# The emulator that libvirt's domains can name: where mode and alignment come from, and that QEMU gets all else as it was.

EMULATOR=$TMP/pre/usr/libexec/gstage/qemu-system-riscv64
SOURCE=$HERE/../../packaging/libvirt/qemu-system-riscv64
CONF=$TMP/vms.conf
QEMU=$TMP/qemu
mkdir -p "${EMULATOR%/*}" "$TMP/pre/usr/bin"
cp "$SOURCE" "$EMULATOR"
ln -s "$GSTAGE" "$TMP/pre/usr/bin/gstage"
# This QEMU prints what it got: the mode and the alignment, its PID, and its arguments.
cat >"$QEMU" <<-'END'
	#!/bin/sh
	case $LD_PRELOAD in *libgstage-preload.so*) by=gstage ;; *) by=itself ;; esac
	echo "by $by, mode ${GSTAGE_MODE-none}, align ${GSTAGE_ALIGN-off}, pid $$"
	printf '<%s>' "$@"
	echo
END
chmod +x "$QEMU"

# conf LINE...: write the file.
conf()
{
	printf '%s\n' "emulator = $QEMU" "$@" >"$CONF"
}

# emulator [NAME=VALUE...] -- ARGUMENT...: run it as libvirt does.
emulator()
{
	fake_words "$EMULATOR" GSTAGE_VMS_CONF="$CONF" "$@"
}

# starts NAME BY MODE ALIGN: the last command ran QEMU in this way.
starts()
{
	bad=0
	[ "$status" -eq 0 ] || bad=1
	grep -q "^by $2, mode $3, align $4, pid [0-9]*$" "$TMP/out" || bad=1
	result $bad "$1"
}

conf
run emulator -- -name guest=web,debug-threads=on
starts 'libvirt: without a setting: aligned, no mode' gstage none 1
rm "$CONF"
run emulator -- -name web
exits 'libvirt: without the file QEMU is the usual one' "$(if [ -x /usr/bin/qemu-system-riscv64 ]; then echo 0; else echo 125; fi)"
conf 'mode = auto' '' '# web is special' '[web]' ' mode=sv48x4 ' '[a, b]' 'mode = sv57x4' '[old one]' 'mode = default' 'align = off' \
	'[x=y]' 'mode = max' 'align = off'
run emulator -- -name guest=other,debug-threads=on
starts 'libvirt: a domain that the file does not name gets the settings for all' gstage auto 1
run emulator --
starts 'libvirt: QEMU without a name, too' gstage auto 1
run emulator -- -name guest=web,debug-threads=on -m 64
starts 'libvirt: a domain gets its own' gstage sv48x4 1
for name in web process=q,guest=web web,process=q --; do
	[ "$name" != -- ] || name=guest=web
	run emulator -- -m 1 --name "$name"
	starts "libvirt: the name in $name" gstage sv48x4 1
done
for name in webs we guest=web,,x process=web,debug-threads=on; do
	run emulator -- -name "$name"
	starts "libvirt: $name is not web" gstage auto 1
done
run emulator -- -name 'guest=a,, b,debug-threads=on'
starts 'libvirt: a name with a comma' gstage sv57x4 1
run emulator -- -name 'guest=x=y,debug-threads=on'
starts 'libvirt: a name with an equals sign' gstage max off
run emulator -- -name 'guest=old one,debug-threads=on'
starts 'libvirt: a name with a space; neither mode nor alignment: QEMU by itself' itself none off
run emulator GSTAGE_VM_MODE=sv39x4 -- -name guest=web
starts 'libvirt: qemu:env has a mode' gstage sv39x4 1
run emulator GSTAGE_VM_ALIGN=off -- -name guest=web
starts 'libvirt: qemu:env has an alignment' gstage sv48x4 off
run emulator GSTAGE_VM_MODE=default GSTAGE_VM_ALIGN=off -- -name guest=web
starts 'libvirt: qemu:env turns both off' itself none off

# QEMU takes the place of the emulator.
run emulator -- -name guest=web '' 'a  b' -- --mode "it's" '*'
holds 'libvirt: all arguments arrive' grep -qxF -- "<-name><guest=web><><a  b><--><--mode><it's><*>" "$TMP/out"
run sh -c 'GSTAGE_VMS_CONF=$1 LD_PRELOAD=$2 "$3" -name web & echo "started $!"; wait' - "$CONF" "$FAKE" "$EMULATOR"
holds 'libvirt: QEMU has the PID of the emulator' \
	test "$(sed -n 's/^by.* pid //p' "$TMP/out")" = "$(sed -n 's/^started //p' "$TMP/out")"
printf '#!/bin/sh\necho it is >&3\ncat <&9\n' >"$TMP/descriptors"
chmod +x "$TMP/descriptors"
conf "emulator = $TMP/descriptors" 'mode = auto'
echo 'from nine' >"$TMP/nine"
run sh -c 'GSTAGE_VMS_CONF=$1 LD_PRELOAD=$2 "$3" -name web 3>"$4" 9<"$5"' - "$CONF" "$FAKE" "$EMULATOR" "$TMP/three" "$TMP/nine"
holds 'libvirt: QEMU gets the open files' test "$(cat "$TMP/three" "$TMP/out")" = 'it is
from nine'
printf '#!/bin/sh\nexit 7\n' >"$TMP/seven"
chmod +x "$TMP/seven"
conf "emulator = $TMP/seven"
run emulator -- -name web
exits "libvirt: the exit status is QEMU's" 7

# libvirt asks for capabilities with -machine none.
conf 'mode = auto'
for machine in none none,accel=kvm:tcg; do
	run emulator -- -S -no-user-config -nodefaults -nographic -machine $machine -daemonize
	starts "libvirt: -machine $machine: QEMU by itself" itself none off
done
run emulator -- -machine nonesuch -M virt
starts 'libvirt: other machines get the mode' gstage auto 1
conf 'mode = sv39x4'
run emulator FAKEKVM_MASK=0x700 -- -name web
starts 'libvirt: a mode of this host' gstage sv39x4 1
run emulator FAKEKVM_MASK=0x400 -- -name web
exits 'libvirt: a mode that this host lacks: the domain does not start' 125 'does not have sv39x4'
run emulator FAKEKVM_MASK=0x400 -- -machine none
starts 'libvirt: its capabilities do not depend on the mode' itself none off

# Mistakes.
for case in 'mode = sv40x4;2: unknown mode .sv40x4.;modes' 'align = yes;2: unknown alignment .yes.;auto or off' \
	'mod = auto;2: unknown setting .mod.;settings are' 'auto;2: this is neither;KEY = VALUE' '[];2: a section without;name of a domain' \
	'emulator = /nonexistent/qemu;cannot execute /nonexistent/qemu;Install'; do
	conf "${case%%;*}"
	rest=${case#*;}
	run emulator -- -name web
	exits "libvirt: a mistake in the file: ${case%%;*}" 125 "${rest%;*}" "^  .*${rest#*;}"
done
conf '[other]' 'mode = sv40x4' "emulator = $QEMU"
run emulator -- -name web
exits 'libvirt: a mistake of another domain is one' 125 ':3: unknown mode'
run emulator -- -machine none
starts 'libvirt: with mistakes in the file its capabilities stay' itself none off
conf
for case in GSTAGE_VM_MODE=sv40x4 GSTAGE_VM_ALIGN=2; do
	run emulator $case -- -name web
	exits "libvirt: a mistake in qemu:env: $case" 125 "${case%=*}: unknown"
done
printf 'emulator = %s\r\nmode = auto\r\n[web]\r\nmode = sv57x4' "$QEMU" >"$CONF"
run emulator -- -name web
starts 'libvirt: a file from an editor of another system, and without an end' gstage sv57x4 1
if [ "$(id -u)" -eq 0 ] && chmod 700 "$CONF"; then
	chmod 755 "$TMP"
	run setpriv --reuid=65534 --clear-groups env GSTAGE_VMS_CONF="$CONF" sh "$SOURCE" -name web
	exits 'libvirt: a file that it cannot read' 125 'cannot read' 'chmod 644'
else
	skip 'libvirt: a file that it cannot read' 'needs root'
fi

# A seeded mistake: an emulator that does not understand doubled commas takes another domain's settings.
conf 'mode = auto' '[web]' 'mode = sv48x4'
cp "$EMULATOR" "$TMP/good"
sed 's/^\t\t,\*) value=.*/\t\t,,,) ;;/' "$TMP/good" >"$EMULATOR"
run emulator -- -name guest=web,,x
seeded=$(sed -n 's/.*mode \([^,]*\),.*/\1/p' "$TMP/out")
holds 'libvirt: the test catches an emulator that cuts names at commas' test "$seeded" = sv48x4
cp "$TMP/good" "$EMULATOR"

# The file as it is installed has no setting, and its examples are valid.
{ echo "emulator = $QEMU"; cat "${SOURCE%/*}/vms.conf"; } >"$CONF"
run emulator -- -name web1
starts 'libvirt: the installed file changes nothing' gstage none 1
{ sed 's/^#\([a-z[]\)/\1/' "${SOURCE%/*}/vms.conf" | sed "s,^emulator.*,emulator = $QEMU,"; } >"$CONF"
run emulator -- -name web1
starts 'libvirt: its examples are valid' gstage auto 1
