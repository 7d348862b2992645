# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A whole Debian system for riscv64, with systemd, apt and DKMS, and the tests of the packages in it. Sourced by lab/lab.

# The name of the folder depends on everything that the system is made from.
have_system() {
	local hash
	hash=$(code "$LAB/system.lock" "$LAB"/system/* | sha256sum)
	SYSTEM=$CACHE/system-${hash:0:12}
	[ -d "$SYSTEM" ]
}

fetch_system() {
	local status=0
	locked system >"$CACHE/set"
	fetch_set <"$CACHE/set" || status=$?
	[ "$status" -ne 2 ] || die "the mirror no longer has the locked packages of the Debian system for tests" \
		"lock the packages that it has now: lab/lab lock system"
	return "$status"
}

# system_qemu DISK INITRD APPEND OPTIONS...: set QEMU to the command that boots a system. Its hvc0 is /run/lab/out.
system_qemu() {
	local disk=$1 initrd=$2 append=$3
	shift 3
	qemu_program
	QEMU+=(-M virt -cpu "$CPU" -smp "$SMP" -m "$MEM" -nodefaults -no-reboot -display none
		-kernel /kernel/Image -initrd "$initrd" -append "console=ttyS0 quiet panic=-1 $append"
		-serial file:/run/lab/serial -device virtio-serial-pci
		-chardev "file,id=out,path=/run/lab/out" -device "virtconsole,chardev=out"
		-device "virtio-blk-pci,drive=system" -drive "if=none,id=system,format=raw,file=$disk"
		-object "rng-random,id=rng,filename=/dev/urandom" -device "virtio-rng-pci,rng=rng" "$@")
}

# boot_system TIMEOUT: run QEMU in the lab root. The output goes to our stdout, and to the file `said` of the run.
boot_system() {
	{
		printf '%s\n' 'cd /run/lab; sed -u "s,\r$,," out | tee said & status=0'
		echo "timeout -k 2 $1 $(quoted "${QEMU[@]}") </dev/null 2>qemu.err >&2 || status=\$?"
		echo 'wait; exit $status'
	} >"$RUN/boot"
	root_command
	child "${ROOT_COMMAND[@]}" bash /run/lab/boot
}

make_system() {
	local part=$SYSTEM.part set pkg arch version sha path
	rm -rf "$CACHE"/system-*.part
	TRASH+=("$part")
	mkdir -p "$part/debs"
	while read -r set pkg arch version sha path; do
		ln "$CACHE/debs/${path##*/}" "$part/debs/"
	done < <(locked system)
	ROOT_BINDS=("$part" /system "$RV" /rv)
	in_deb_root bash /gstage/lab/system/pack /system/debs /rv/busybox /system
	rm -rf "$part/debs"

	run_folder
	ROOT_BINDS=("$part" /system "$RUN" /run/lab)
	system_qemu /system/disk /system/initrd gstage.init=/usr/sbin/lab-configure
	boot_system 1500 || :
	ROOT_BINDS=()
	grep -q '^lab: configured: yes' "$RUN/said" || {
		tail -n 20 "$RUN/serial"
		return 1
	}
	mv "$part" "$SYSTEM"
}

need_system() {
	have_system && return
	need_deb_root
	alone
	need_space 4096
	need_mirror
	step "downloading a Debian system for riscv64" fetch_system
	step "unpacking the system, and letting it configure itself" make_system
	not_alone
}

# make_stuff: make the second disk of a run, with a repository of two versions of our packages, the files of a guest, and the job.
make_stuff() {
	local dir=$BUILD/package-test/stuff
	rm -rf "$dir"
	mkdir -p "$dir/repo" "$dir/guest"
	cp "$BUILD"/deb/*.deb "$BUILD"/deb-next/*.deb "$dir/repo/"
	cp "$KDIR_CACHE/Image" "$dir/guest/"
	mkdir -p "$BUILD/package-test/guest/bin"
	cp "$RV/busybox" "$BUILD/package-test/guest/bin/"
	cp "$LAB/host/guest-init" "$BUILD/package-test/guest/init"
	install -m 755 "$TOP/packaging/test/system.sh" "$dir/job"
	cp "$TOP/packaging/test/tap.sh" "$dir/"
	echo "$(cat "$TOP/VERSION") $NEXT $KRELEASE" >"$dir/versions"
	in_deb_root sh -ec 'cd /gstage/build/package-test
		(cd guest; find . | cpio --quiet -o -H newc >../stuff/guest/initrd)
		(cd stuff/repo; dpkg-scanpackages --multiversion . >Packages)
		rm -f disk; truncate -s 256M disk; mke2fs -q -t ext4 -O ^has_journal -d stuff disk'
	rm -rf "$dir" "$BUILD/package-test/guest"
}

# The test of an upgrade upgrades to this version.
NEXT=99.0

test_in_system() {
	local log=$1 append='systemd.show_status=no systemd.getty_auto=no'
	run_folder
	ROOT_BINDS=("$SYSTEM" /system "$RUN" /run/lab)
	# A busy PC is slow, so no service of the system may have a short timeout.
	append+=' systemd.default_timeout_start_sec=1800 systemd.default_device_timeout_sec=1800'
	# The time limit of systemd for its generators is 90 s and cannot be changed. After that the system must power off, not freeze.
	append+=' systemd.crash_action=poweroff'
	system_qemu /system/disk /system/initrd "$append" \
		-device "virtio-blk-pci,drive=stuff" \
		-drive "if=none,id=stuff,format=raw,readonly=on,file=/gstage/build/package-test/disk"
	# Discard what the run writes to the disk of the system.
	QEMU+=(-snapshot)
	boot_system "$TIMEOUT" || :
	ROOT_BINDS=()
	cp "$RUN/said" "$log"
	if splats >"$RUN/splats"; then
		keep_logs
		echo "not ok - the kernel of the system has printed an error: $(head -n 1 "$RUN/splats"), see $KEPT" | tee -a "$log"
	elif ! grep -q '^1\.\.' "$log"; then
		keep_logs
		say "the system's log is in $KEPT"
	fi
}

# With --smoke only the tests that need no Debian system.
lab_test_package() {
	local logs=$BUILD/test-logs/package
	need_base
	need_qemu
	need_deb_root
	need_rpm_root
	[ -n "$SMOKE" ] || need_system
	build_alone
	rm -rf "$logs"
	mkdir -p "$logs" "$BUILD/package-test"
	step "building the Debian packages" make_debs "$(cat "$TOP/VERSION")" "$BUILD/deb"
	step "building the RPM packages" make_rpms "$BUILD/rpm"
	if [ -z "$SMOKE" ]; then
		step "building them again, as a newer version" make_debs "$NEXT" "$BUILD/deb-next" for-riscv64
		step "packing them for the system" make_stuff
	fi
	say "tests of the packages on this machine"
	test_rpms "$logs"
	in_deb_root env -C /gstage packaging/test/pc.sh build/deb "$KRELEASE" build/test-logs/package || :
	# The bare-metal program needs QEMU, which is in the lab root.
	in_root env -C /gstage/examples ./check.sh ../build/test-logs/package/libgst-baremetal.tap baremetal.expected \
		qemu-system-riscv64 -M virt -cpu rv64 -m 16M -display none -serial stdio -monitor none -bios none \
		-kernel ../build/test-logs/package/baremetal.elf || :
	if [ -z "$SMOKE" ]; then
		say "tests of the packages in a Debian system, $KRELEASE on -cpu $CPU with $SMP harts"
		test_in_system "$logs/system.tap"
	fi
	exec 8>&-
	mapfile -t logs < <(find "$logs" -name '*.tap' | sort)
	"$TOP/tests/tally" "${logs[@]}"
}
