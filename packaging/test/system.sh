#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# system.sh: test the packages in a Debian system for riscv64. apt installs them from a local repository while a VM runs, DKMS builds the
# module, an ordinary user runs a VM, and the packages are upgraded and removed. systemd runs this as root; /mnt has the packages.
# Prints TAP.
export HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
cd /tmp || exit 1
# shellcheck source=packaging/test/tap.sh
. /mnt/tap.sh
read -r version next release </mnt/versions
modules=/usr/lib/modules/$release
stock=$modules/kernel/arch/riscv/kvm/kvm.ko.xz
emulator=/usr/libexec/gstage/qemu-system-riscv64

# All output has been written by then. Do not wait for slow services to stop.
trap 'sleep 1; systemctl poweroff --force --force' EXIT

as() { runuser -u "$1" -- "${@:2}"; }
loaded() { cat /sys/module/kvm/version 2>/dev/null || echo stock; }
found() { readlink -f "$(modinfo -F filename kvm)"; }
apt() { run apt-get -q -y -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io "$@"; }
note() { echo "# $SECONDS s: $*"; }
# took: print how long each step of DKMS's build took.
took() { sed -nE 's/^# (command|elapsed time): /# DKMS: /p' /var/lib/dkms/gstage/*/"$release"/*/log/make.log; }
# Load the kvm.ko that modprobe finds. udev then gives /dev/kvm to its group.
load() { run modprobe "$@" kvm; udevadm settle; }

# guest NAME USER [COMMAND...]: start a VM as USER, with COMMAND in front. It runs until `finish NAME`.
guest() {
	local name=$1 user=$2
	shift 2
	mkfifo "$name.in"
	chmod 666 "$name.in"
	(
		exec 7<>"$name.in"
		exec runuser -u "$user" -- "$@" qemu-system-riscv64 -M virt -accel kvm -cpu host -m 256 -smp 1 -nographic -nodefaults \
			-serial stdio -no-reboot -kernel /mnt/guest/Image -initrd /mnt/guest/initrd \
			-append "console=ttyS0 quiet panic=-1 gstage=$name gstage_wait" <&7
	) >"$name.out" 2>&1 &
	eval "guest_$name=$!"
}
shows() { tr -d '\r' <"$1.out" | grep -q "gstage-guest: $1: $2"; }
# vm: print the running VM as the command names it.
vm() { basename /sys/kernel/debug/kvm/*-*; }
alive() { local pid="guest_$1"; kill -0 "${!pid}" 2>/dev/null; }
# says_so NAME TEXT: wait until the guest's init prints this line. Fails if the guest ends before that.
says_so() {
	local i
	for ((i = 0; i < 900; i++)); do
		! shows "$1" "$2" || return 0
		alive "$1" || break
		sleep 1
	done
	shows "$1" "$2" || { tail -n 20 "$1.out"; return 1; }
}
# leaves SIZE: how many leaves of this size has the VM whose statistics were printed last?
leaves() { awk -v n="leaves_$1" '$1 == n { print $2 }' "$said"; }
# in_time COMMAND...: wait until the command succeeds.
in_time() {
	local i
	for ((i = 0; i < 900; i++)); do
		! "$@" 2>/dev/null || return 0
		sleep 1
	done
	return 1
}
# domain [QEMU-ENV]: print the XML of a domain of libvirt.
domain() {
	cat <<-END
		<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
			<name>tame</name>
			<uuid>6d0bba4a-9a2c-4d5e-9fb6-0c3a4d8f7e21</uuid>
			<memory unit='MiB'>256</memory>
			<vcpu>1</vcpu>
			<cpu mode='host-passthrough'/>
			<os>
				<type arch='riscv64' machine='virt'>hvm</type>
				<kernel>/var/lib/libvirt/images/Image</kernel>
				<initrd>/var/lib/libvirt/images/initrd</initrd>
				<cmdline>console=ttyS0 quiet panic=-1 gstage=tame gstage_wait</cmdline>
			</os>
			<devices>
				<emulator>$emulator</emulator>
				<controller type='usb' model='none'/>
				<serial type='file'><source path='/var/log/libvirt/qemu/tame.console'/></serial>
				<memballoon model='none'/>
			</devices>
			<qemu:commandline>${1-}</qemu:commandline>
		</domain>
	END
}
finish() {
	local pid="guest_$1"
	echo 1<>"$1.in" # open both ends, so that this does not block
	says_so "$1" 'memory verified' && wait "${!pid}"
}

# DKMS runs depmod several times, and each run unpacks every module. That takes minutes here. All needed modules are loaded already.
rm -r "$modules"/kernel/{drivers,fs,net,sound}
depmod "$release"
footprint >before
check 'the system has booted' sh -c 'systemctl is-system-running | grep -qE "running|degraded|starting"'
check 'at first modprobe finds stock KVM' is "$(found)" "$stock"
load
guest one vmuser
check 'a VM runs under stock KVM' says_so one Linux
check 'stock KVM is loaded' is "$(loaded)" stock

apt update
check 'apt update accepts the repository' works
note 'installing, building kvm.ko'
apt install "gstage=$version" "gstage-dkms=$version"
note 'installed'
took
check 'apt installs both packages' works
check 'the installation says that kvm.ko was built' says "kernel $release has gstage's kvm.ko"
check 'the installation says that stock KVM is in use' says 'stock KVM is in use by VMs and stays'
check 'the VM still runs after the installation' alive one
check 'it still runs under stock KVM' is "$(loaded)" stock
check 'it ends well' finish one
load -r
load
check 'after that modprobe loads gstage' is "$(loaded)" "$version"
check 'modprobe loads it from updates/dkms' is "$(found)" "$modules/updates/dkms/kvm.ko.xz"
check 'it was built from the sources of this kernel' is "$(modinfo -F gstage_kvm_sources kvm)" "Linux ${release%%[-+]*}"
check "it is signed with DKMS's key" is "$(modinfo -F signer kvm)" 'DKMS module signing key'

run as vmuser gstage modes
check 'gstage modes works for a user in the group kvm' works
check 'gstage modes prints which module is loaded' says "gstage $version"
run as other gstage modes
check 'gstage modes fails for a user who is not in the group kvm' fails
check 'it tells the user to join the group' says 'adduser USER kvm'
check 'the command has its manual page' test -f /usr/share/man/man1/gstage.1.gz
note 'a VM in auto mode'
guest two vmuser gstage exec --mode auto --verbose --
check 'a user of group kvm runs a VM in auto mode' says_so two Linux
run gstage vms
check 'gstage vms prints the format of this VM' says sv39x4
check 'gstage vms prints the module' says "gstage $version"
for command in vms top "show $(vm)" "dump $(vm)" "walk $(vm) 0x80000000" "set $(vm) sv48x4"; do
	# shellcheck disable=SC2086
	run as vmuser gstage $command
	check "gstage ${command%% *} needs debugfs, which only root can read" fails
	check "gstage ${command%% *} says that it needs root" says 'as root'
done

# A mistake in sources.conf, and then a tree from which the next version is built.
conf=/etc/gstage/sources.conf
echo "* /tmp/nowhere" >>$conf
run "/usr/src/gstage-$version/dkms/sources" "$release"
check 'a path in sources.conf that is missing is an error' fails
check 'it has file and line' says "$conf:$(wc -l <$conf): there is no /tmp/nowhere"
sed -i '$d' $conf
run "/usr/src/gstage-$version/dkms/sources" "$release" /tmp/tree
check "the sources of Debian's package can be taken" test -f /tmp/tree/arch/riscv/kvm/main.c
echo "${release%%[-+]*}* /tmp/tree" >>$conf

note 'upgrading, while that VM runs'
apt install "gstage=$next" "gstage-dkms=$next"
note 'upgraded'
took
check 'apt upgrades both packages' works
check 'the upgrade says that the old version is in use' says "gstage $version is in use by VMs and stays"
check 'the VM still runs after the upgrade' alive two
check 'it still runs under the old version' is "$(loaded)" "$version"
check 'it ends well' finish two
load -r
load
check 'after that modprobe loads the new version' is "$(loaded)" "$next"
check 'it was built from the tree of sources.conf' grep -qx /tmp/tree /var/lib/dkms/gstage/"$next"/"$release"/*/log/make.log
check 'no file of the old version is left' test ! -e "/usr/src/gstage-$version" -a ! -e "/var/lib/dkms/gstage/$version"

note 'a domain of libvirt'
run systemctl start virtlogd.socket libvirtd.service
check "libvirt's daemon starts" works
run virsh domcapabilities --virttype kvm --arch riscv64 --machine virt --emulatorbin "$emulator"
check 'libvirt reads the capabilities of our emulator' works
check 'it finds that the emulator has KVM' says '<domain>kvm</domain>'
cp /mnt/guest/* /var/lib/libvirt/images/
printf '\n[tame]\nmode = sv48x4\n' >>/etc/gstage/vms.conf
domain >tame.xml
run virsh define tame.xml
check 'a domain names our emulator' works
run virsh start tame
check 'it starts' works
cp /var/log/libvirt/qemu/tame.log "$said"
check 'its guest reaches user space' in_time grep -q 'gstage-guest: tame: Linux' /var/log/libvirt/qemu/tame.console
run gstage vms
check 'gstage vms prints its name and the mode of vms.conf' grep -qE '[[:space:]]tame[[:space:]]+sv48x4[[:space:]]' "$said"
run cat /sys/kernel/debug/kvm/*-*/gstage_stats
check 'leaves of 2 MiB map it' test "$(leaves 2m)" -ge 20
check 'and few of 4 KiB' test "$(leaves 4k)" -le 1024
run virsh destroy tame
check 'libvirt destroys it' works
domain '<qemu:env name="GSTAGE_VM_MODE" value="sv39x4"/>' >tame.xml
run virsh define tame.xml
run virsh start tame
check 'a domain with a mode in its qemu:env starts' works
run gstage vms
check 'it has this mode' grep -qE '[[:space:]]tame[[:space:]]+sv39x4[[:space:]]' "$said"
run virsh destroy tame
echo 'mode = none' >>/etc/gstage/vms.conf
run virsh start tame
check 'with a mistake in vms.conf it does not start' fails
check 'virsh prints the mistake and its line' says "/etc/gstage/vms.conf:$(wc -l </etc/gstage/vms.conf): unknown mode 'none'"
run virsh undefine tame
check 'libvirt forgets the domain' works
systemctl stop libvirtd.service
changed=$(stat -c %Z "$emulator")
sleep 1
dpkg-trigger --by-package=qemu-system-riscv --no-await /usr/bin/qemu-system-riscv64
run dpkg --triggers-only gstage
check 'when QEMU is upgraded, the file of the emulator changes' test "$(stat -c %Z "$emulator")" -gt "$changed"

apt remove gstage gstage-dkms
check 'apt removes both packages' works
check 'modprobe finds stock KVM again' is "$(found)" "$stock"
check 'stock KVM is loaded immediately, because no VM runs' is "$(loaded)" stock
check 'it is the file of the kernel package' sh -c "cd / && grep 'kvm/kvm.ko.xz$' /var/lib/dpkg/info/linux-image-$release.md5sums | md5sum -c"
guest three vmuser
check 'a VM runs under stock KVM' says_so three Linux
check 'it ends well' finish three
apt purge gstage gstage-dkms
check 'apt purges both packages' works
footprint >after
check 'no file is left' diff before after
done_testing
