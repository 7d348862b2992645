// SPDX-License-Identifier: GPL-2.0-only
/*
 * Read and change the format of a VM, through the device attribute KVM_RISCV_VM_GSTAGE_MODE and
 * the file gstage_mode in debugfs. Checks docs/ABI.md line by line. reformat.c does it under load.
 */
#include <errno.h>
#include <fcntl.h>
#include <gstage/kvm.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live.h"
#include "tap.h"
#include "vcpu.h"

#define PAGES 8
#define SIZE  (PAGES * SZ_4K)

enum { LOW, HIGH };

/* The two ways to change a VM. */
enum way { ATTRIBUTE, DEBUGFS, WAYS };

static const char *const way_names[WAYS] = { "attribute", "debugfs" };

static const u64 bad_modes[] = {
	0,
	1,
	2,
	3,
	4,
	5,
	6,
	7,
	11,
	12,
	13,
	14,
	15,
	16,
	63,
	64,
	72,
	73,
	74,
	128 + 8,
	256 + 9,
	(1ULL << 16) + 8,
	(1ULL << 31) + 8,
	(1ULL << 32) + 8,
	(1ULL << 32) + 10,
	1ULL << 63,
	(1ULL << 63) + 8,
	8ULL << 60,
	~0ULL,
	~0ULL - 7,
};

static char *low, *high;

static int change(enum way way, const struct vm *vm, const struct format *to)
{
	return way == ATTRIBUTE ? change_format(vm->fd, to->mode) :
				  write_format(vm->tid, vm->fd, to->name);
}

static bool is_in(const struct vm *vm, const struct format *f)
{
	if (get_format(vm->fd) == f && !strcmp(fd_mode(vm->fd), f->name) &&
	    vm_stat(vm, "gpa_bits") == f->gpa_bits && vm_stat(vm, "levels") == f->levels &&
	    ioctl(vm->fd, KVM_CHECK_EXTENSION, KVM_CAP_VM_GPA_BITS) == (int)f->gpa_bits)
		return true;
	diag("in %s, gstage_mode %s; expected %s", get_format(vm->fd)->name, fd_mode(vm->fd),
	     f->name);
	return false;
}

static void ioctls(void)
{
	static const struct {
		unsigned long request;
		const char *name;
	} three[] = {
		{ KVM_HAS_DEVICE_ATTR, "KVM_HAS_DEVICE_ATTR" },
		{ KVM_GET_DEVICE_ATTR, "KVM_GET_DEVICE_ATTR" },
		{ KVM_SET_DEVICE_ATTR, "KVM_SET_DEVICE_ATTR" },
	};
	static const struct {
		u32 group;
		u64 attr;
	} unknown[] = {
		{ KVM_RISCV_VM_GSTAGE, 1 },
		{ KVM_RISCV_VM_GSTAGE, 1ULL << 32 },
		{ KVM_RISCV_VM_GSTAGE, ~0ULL },
		{ 0, KVM_RISCV_VM_GSTAGE_MODE },
		{ KVM_RISCV_VM_GSTAGE + 1, KVM_RISCV_VM_GSTAGE_MODE },
		{ ~0U, KVM_RISCV_VM_GSTAGE_MODE },
	};
	static const u32 flags[] = { 1, 2, 1U << 31, ~0U };
	const struct format *first = next_format(NULL);
	struct vm vm = { .fd = vm_bare(), .tid = gettid() };
	u64 mode = first->mode;
	char *nothing = mem_aligned(SZ_4K, SZ_4K);

	ok(ioctl(vm.fd, KVM_CHECK_EXTENSION, KVM_CAP_VM_ATTRIBUTES) == 1,
	   "KVM_CAP_VM_ATTRIBUTES says that VMs have attributes");
	ok(is(device_attr(vm.fd, KVM_HAS_DEVICE_ATTR, 0, KVM_RISCV_VM_GSTAGE,
			  KVM_RISCV_VM_GSTAGE_MODE, NULL),
	      0),
	   "the VM has the attribute");
	for (unsigned int i = 0; i < ARRAY_SIZE(three); i++) {
		bool good = true;

		for (unsigned int j = 0; j < ARRAY_SIZE(unknown); j++)
			good &= is(device_attr(vm.fd, three[i].request, 0, unknown[j].group,
					       unknown[j].attr, &mode),
				   ENXIO);
		ok(good && mode == first->mode && is_in(&vm, host.widest),
		   "%s, unknown group or attribute: ENXIO", three[i].name);
		good = true;
		for (unsigned int j = 0; j < ARRAY_SIZE(flags); j++)
			good &= is(device_attr(vm.fd, three[i].request, flags[j],
					       KVM_RISCV_VM_GSTAGE, KVM_RISCV_VM_GSTAGE_MODE,
					       &mode),
				   EINVAL);
		ok(good && mode == first->mode && is_in(&vm, host.widest), "%s with flags: EINVAL",
		   three[i].name);
		ok(ioctl(vm.fd, three[i].request, nothing) == -1 && errno == EFAULT,
		   "%s with a bad pointer: EFAULT", three[i].name);
	}
	ok(is(device_attr(vm.fd, KVM_GET_DEVICE_ATTR, 0, KVM_RISCV_VM_GSTAGE,
			  KVM_RISCV_VM_GSTAGE_MODE, nothing),
	      EFAULT) &&
		   is(device_attr(vm.fd, KVM_SET_DEVICE_ATTR, 0, KVM_RISCV_VM_GSTAGE,
				  KVM_RISCV_VM_GSTAGE_MODE, nothing),
		      EFAULT) &&
		   is(device_attr(vm.fd, KVM_SET_DEVICE_ATTR, 0, KVM_RISCV_VM_GSTAGE,
				  KVM_RISCV_VM_GSTAGE_MODE, nothing + SZ_4K - 4),
		      EFAULT) &&
		   is_in(&vm, host.widest),
	   "a bad pointer to the value: EFAULT, and nothing changed");
	close(vm.fd);
	mem_unmap(nothing, SZ_4K);
}

/* Modes that are impossible are refused, in every state of the VM, and change nothing. */
static void refused(const struct vm *vm, const char *what)
{
	static const char *const names[] = {
		"\n",
		" ",
		"sv39",
		"sv39x",
		"sv39x4x",
		"sv39x4 x",
		"xsv39x4",
		"SV39X4",
		"sv57x4\nsv39x4",
		"8",
		"max",
		"auto",
		"bare",
		"none",
		"sv32x4",
		"sv64x4",
		"sv39x4sv39x4sv39x4",
		"sv39x4                                              ",
		"sv39x4         x",
		"sv39x4          ",
		"\xff",
		"sv39x4\xff",
	};
	static const struct {
		unsigned int mode;
		const char *name;
	} all[] = { { 8, "sv39x4" }, { 9, "sv48x4" }, { 10, "sv57x4" } };
	const struct format *f = get_format(vm->fd);
	u64 tables = vm_stat(vm, "tables"), leaves = vm_leaves(vm);
	bool good = true;

	for (unsigned int i = 0; i < ARRAY_SIZE(bad_modes); i++)
		good &= is(change_format(vm->fd, bad_modes[i]), EINVAL);
	ok(good && is_in(vm, f), "%s, %s: modes that do not exist: EINVAL", what, f->name);
	good = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		if (is(write_format(vm->tid, vm->fd, names[i]), EINVAL))
			continue;
		diag("wrote \"%s\"", names[i]);
		good = false;
	}
	ok(good && is_in(vm, f), "%s, %s: names that do not exist: EINVAL", what, f->name);
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++)
		if (!(host.modes >> all[i].mode & 1))
			ok(is(change_format(vm->fd, all[i].mode), EINVAL) &&
				   is(write_format(vm->tid, vm->fd, all[i].name), EINVAL) &&
				   is_in(vm, f),
			   "%s, %s: %s, which this host does not have: EINVAL", what, f->name,
			   all[i].name);
	ok(vm_stat(vm, "tables") == tables && vm_leaves(vm) == leaves, "%s, %s: no table changed",
	   what, f->name);
}

/* Change from each format to each, and back. */
static void each_to_each(const struct vm *vm, const char *what)
{
	const struct format *f, *g;

	for (enum way way = 0; way < WAYS; way++) {
		for_each_format(f) {
			bool good = true;

			for_each_format(g)
				good &= is(change(way, vm, f), 0) && is_in(vm, f) &&
					is(change(!way, vm, g), 0) && is_in(vm, g) &&
					is(change(way, vm, g), 0) && is_in(vm, g);
			ok(good, "%s: from %s to each mode, by %s and back", what, f->name,
			   way_names[way]);
		}
	}
	ok(is(write_format(vm->tid, vm->fd, "sv48x4\n"), host.modes >> 9 & 1 ? 0 : EINVAL) &&
		   is(write_format(vm->tid, vm->fd, " \tsv57x4 \n"),
		      host.modes >> 10 & 1 ? 0 : EINVAL) &&
		   is(change(ATTRIBUTE, vm, next_format(NULL)), 0),
	   "%s: spaces around a name are ignored", what);
}

/* A slot ends at the limit of a format, or one page above it. */
static void limits(const struct vm *vm, const char *what)
{
	const struct format *f, *g;

	for_each_format(f) {
		for (unsigned int beyond = 0; beyond < 2; beyond++) {
			u64 gpa = format_end(f) - SIZE + beyond * SZ_4K;
			bool good = true;

			if (beyond && f == host.widest)
				break;
			if (change(ATTRIBUTE, vm, host.widest) ||
			    set_slot(vm->fd, HIGH, 0, gpa, SIZE, high))
				bail("no slot");
			for_each_format(g) {
				bool fits = gpa + SIZE <= format_end(g);

				for (enum way way = 0; way < WAYS; way++)
					good &= is(change(way, vm, g), fits ? 0 : ERANGE) &&
						is_in(vm, fits ? g : host.widest) &&
						is(change(!way, vm, host.widest), 0);
			}
			if (set_slot(vm->fd, HIGH, 0, gpa, 0, high))
				bail("cannot delete a slot");
			ok(good,
			   "%s: a slot that ends %s the limit of %s: ERANGE for each format that is too narrow",
			   what, beyond ? "a page above" : "at", f->name);
			ok(is(change(ATTRIBUTE, vm, next_format(NULL)), 0) &&
				   is_in(vm, next_format(NULL)),
			   "%s: a narrower format is possible when the slot is deleted", what);
		}
	}
}

static void without_guest(void)
{
	struct vm vm = { .fd = vm_bare(), .tid = gettid() };
	const struct format *f = next_format(NULL);

	refused(&vm, "empty VM");
	each_to_each(&vm, "empty VM");
	ok(is(set_mode(vm.fd, host.widest->mode), 0) && is_in(&vm, host.widest),
	   "empty VM: KVM_ENABLE_CAP is still possible after a change");
	ok(is(change(ATTRIBUTE, &vm, f), 0) &&
		   is(set_slot(vm.fd, LOW, 0, format_end(f), SIZE, low), EFAULT),
	   "empty VM: after a change to %s it refuses slots above its limit", f->name);
	if (set_slot(vm.fd, LOW, 0, SZ_1G, SIZE, low))
		bail("no slot");
	refused(&vm, "VM with a slot");
	each_to_each(&vm, "VM with a slot");
	limits(&vm, "VM with a slot");
	ok(is(set_mode(vm.fd, f->mode), EBUSY), "VM with a slot: KVM_ENABLE_CAP is EBUSY");
	close(vm.fd);
}

/* The deletion of a high slot removes its mappings, so they do not prevent a narrower format. */
static void pruned(struct vm *vm)
{
	const struct format *f;

	for_each_format(f) {
		/* The slot ends at the limit of @f. The VM has the widest format. */
		u64 gpa = format_end(f) - SIZE, leaves;

		if (change(ATTRIBUTE, vm, host.widest))
			bail("cannot widen");
		leaves = vm_leaves(vm);
		vm_slot(vm, HIGH, 0, gpa, SIZE, high);
		guest_fill(vm->vcpu[1], gpa, SZ_4K, PAGES, 7);
		ok(vm_leaves(vm) == leaves + PAGES &&
			   !guest_check(vm->vcpu[0], gpa, SZ_4K, PAGES, 7),
		   "the guest uses memory below the limit of %s", f->name);
		if (f != next_format(NULL))
			ok(is(change(DEBUGFS, vm, next_format(NULL)), ERANGE) &&
				   is_in(vm, host.widest) &&
				   !guest_check(vm->vcpu[0], gpa, SZ_4K, PAGES, 7),
			   "a narrower format than %s is refused, and the memory stays: ERANGE",
			   f->name);
		vm_slot(vm, HIGH, 0, gpa, 0, high);
		ok(is(change(ATTRIBUTE, vm, next_format(NULL)), 0) &&
			   is_in(vm, next_format(NULL)) && vm_leaves(vm) == leaves &&
			   !guest_check(vm->vcpu[0], SZ_1G, SZ_4K, PAGES, 1) &&
			   !guest_check(vm->vcpu[1], SZ_1G, SZ_4K, PAGES, 1) && vm_sound(vm),
		   "a narrower format is possible when the slot is deleted, and other memory stays");
	}
}

static void with_guest(void)
{
	const struct format *f;
	struct vm *vm = vm_new(NULL);
	u64 faults;

	vm_slot(vm, LOW, 0, SZ_1G, SIZE, low);
	vcpu_start(vcpu_new(vm));
	vcpu_start(vcpu_new(vm));
	guest_fill(vm->vcpu[0], SZ_1G, SZ_4K, PAGES, 1);
	guest_check(vm->vcpu[1], SZ_1G, SZ_4K, PAGES, 1);
	refused(vm, "running VM");
	/* The guest has already touched all its memory before the second call. */
	each_to_each(vm, "running VM");
	faults = vm_stat(vm, "faults");
	each_to_each(vm, "running VM again");
	ok(!guest_check(vm->vcpu[0], SZ_1G, SZ_4K, PAGES, 1) &&
		   !guest_check(vm->vcpu[1], SZ_1G, SZ_4K, PAGES, 1) &&
		   vm_stat(vm, "faults") == faults,
	   "running VM: the memory is unchanged, and no page faulted");
	for_each_format(f)
		ok(is(change(ATTRIBUTE, vm, f), 0) &&
			   !guest_check(vm->vcpu[0], SZ_1G, SZ_4K, PAGES, 1) &&
			   !guest_check(vm->vcpu[1], SZ_1G, SZ_4K, PAGES, 1) &&
			   vm_stat(vm, "hgatp") >> 60 == f->mode && vm_sound(vm),
		   "running VM: hgatp has the MODE of %s", f->name);
	limits(vm, "running VM");
	pruned(vm);
	ok(is(set_mode(vm->fd, host.widest->mode), EBUSY), "running VM: KVM_ENABLE_CAP is EBUSY");
	for (unsigned int i = 0; i < vm->vcpus; i++)
		vcpu_stop(vm->vcpu[i]);
	each_to_each(vm, "VM that was stopped");
	ok(!guest_check(vm->vcpu[1], SZ_1G, SZ_4K, PAGES, 1) &&
		   !guest_check(vm->vcpu[0], SZ_1G, SZ_4K, PAGES, 1),
	   "VM that was stopped: it goes on, and its memory is unchanged");
	vm_free(vm);
}

/*
 * The format of a VM that may grow can be changed like that of any other. It can grow after that.
 */
static void growing(void)
{
	const struct format *narrow = next_format(NULL);
	struct vm vm = { .fd = vm_bare(), .tid = gettid() };

	if (grow_from(vm.fd, narrow->mode) ||
	    set_slot(vm.fd, HIGH, 0, format_end(host.widest) - SIZE, SIZE, high))
		bail("cannot have a VM that has grown");
	ok(get_format(vm.fd) == host.widest &&
		   is(change_format(vm.fd, narrow->mode), narrow == host.widest ? 0 : ERANGE) &&
		   get_format(vm.fd) == host.widest,
	   "a VM that has grown is not narrowed below its slot");
	if (set_slot(vm.fd, HIGH, 0, format_end(host.widest) - SIZE, 0, high))
		bail("cannot delete a slot");
	ok(is(change_format(vm.fd, narrow->mode), 0) && get_format(vm.fd) == narrow &&
		   vm_stat(&vm, "grow") == 1,
	   "it is narrowed when the slot is deleted");
	ok(is(set_slot(vm.fd, HIGH, 0, format_end(host.widest) - SIZE, SIZE, high), 0) &&
		   get_format(vm.fd) == host.widest,
	   "it grows again");
	close(vm.fd);
}

/* gstage_mode fails when its VM has ended. */
static void gone(void)
{
	struct vm vm = { .fd = vm_bare(), .tid = gettid() };
	char path[128];
	int file;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/gstage_mode", vm.tid, vm.fd);
	file = open(path, O_RDWR | O_CLOEXEC);
	ok(write(file, next_format(NULL)->name, 6) == 6 && write(file, host.widest->name, 6) == 6 &&
		   is_in(&vm, host.widest),
	   "an open file takes several names, one write each");
	close(vm.fd);
	ok(write(file, host.widest->name, 6) == -1 && errno == EIO,
	   "an open file of a VM that has ended: EIO");
	close(file);
	ok(is(write_format(vm.tid, vm.fd, host.widest->name), ENOENT), "it cannot be opened again");
}

/* Check all debugfs files of a VM whose tables are freed. */
static void tells_nothing(const struct vm *vm, const char *who, u64 peak)
{
	char text[256];
	bool good = true;

	vm_text(vm, "gstage_mode", text, sizeof(text));
	good &= !strcmp(text, "none\n");
	vm_text(vm, "gstage_levels", text, sizeof(text));
	good &= !atoi(text);
	vm_text(vm, "gpa_range", text, sizeof(text));
	good &= !atoi(text);
	ok(good, "%s: no mode, no levels, no GPA bits", who);
	ok(!vm_stat(vm, "gpa_bits") && !vm_stat(vm, "levels") && !vm_stat(vm, "hgatp") &&
		   !vm_stat(vm, "tables") && !vm_stat(vm, "table_bytes") && !vm_leaves(vm) &&
		   vm_stat(vm, "tables_peak") == peak,
	   "%s: gstage_stats counts no table, and keeps the peak", who);
	vm_text(vm, "gstage_check", text, sizeof(text));
	ok(!strcmp(text, "violations 0\n"), "%s: gstage_check finds no violation", who);
	vm_text(vm, "gstage_page_tables", text, sizeof(text));
	ok(!strcmp(text, "# gstage-dump 1\n# mode none\n# levels 0\n# gpa_bits 0\n# root 0x0\n"),
	   "%s: the dump has only a header", who);
	snprintf(text, sizeof(text), "/sys/kernel/debug/kvm/%d-%d/gstage_walk", vm->tid, vm->fd);
	ok(is(write_text(text, "0x80000000"), ENODEV) &&
		   is(write_format(vm->tid, vm->fd, host.widest->name), ENODEV),
	   "%s: a walk or a change of format fails with ENODEV", who);
}

/*
 * The process of a VM ends, and another process has its fd. The tables are freed with the process.
 */
static void orphan(void)
{
	struct vm *vm =
		mmap(NULL, sizeof(*vm), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int pidfd, fd, ready[2];
	pid_t pid;
	u64 peak;
	char c;

	if (vm == MAP_FAILED || pipe(ready))
		bail("no memory, or no pipe");
	pid = fork();
	if (!pid) {
		struct vm *mine = vm_new(NULL);

		vm_slot(mine, LOW, 0, SZ_1G, SIZE, low);
		guest_fill(vcpu_new(mine), SZ_1G, SZ_4K, PAGES, 1);
		*vm = *mine;
		write(ready[1], "", 1);
		pause();
	}
	close(ready[1]);
	pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (read(ready[0], &c, 1) != 1 || pidfd < 0)
		bail("the child: %s", strerror(errno));
	fd = syscall(SYS_pidfd_getfd, pidfd, vm->fd, 0);
	peak = vm_stat(vm, "tables_peak");
	if (fd < 0 || !vm_stat(vm, "hgatp") || vm_leaves(vm) < PAGES)
		bail("there is no VM in the child");
	kill(pid, SIGKILL);
	if (waitpid(pid, NULL, 0) != pid || !wait_for(!tables_live(), 10000))
		bail("the tables do not go with the process");
	tells_nothing(vm, "orphan", peak);
	close(fd);
	close(pidfd);
	close(ready[0]);
	munmap(vm, sizeof(*vm));
}

/* Read hgatp from an open gstage_stats. */
static u64 hgatp_of(int file)
{
	char text[2048] = "", *at;

	if (pread(file, text, sizeof(text) - 1, 0) <= 0)
		bail("gstage_stats: %s", strerror(errno));
	at = strstr(text, "\nhgatp ");
	return at ? strtoull(at + 7, NULL, 0) : 0;
}

/*
 * debugfs is open to all here. Only a file that a privileged process has opened shows the root's
 * address in hgatp.
 */
static void unprivileged(void)
{
	const u64 ppn = (1ULL << 44) - 1;
	char dir[64], path[96], file[128];
	struct vm *vm = vm_new(NULL);
	int opened, status = -1;
	u64 hgatp;
	pid_t pid;

	guest_check(vcpu_new(vm), CONTROL_GPA, SZ_4K, 1, 1);
	hgatp = vm_stat(vm, "hgatp");
	snprintf(dir, sizeof(dir), "/sys/kernel/debug/kvm");
	snprintf(path, sizeof(path), "%s/%d-%d", dir, vm->tid, vm->fd);
	snprintf(file, sizeof(file), "%s/gstage_stats", path);
	opened = open(file, O_RDONLY | O_CLOEXEC);
	if (chmod("/sys/kernel/debug", 0755) || chmod(dir, 0755) || chmod(path, 0755))
		bail("cannot open debugfs to all: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		int mine;

		if (setgid(65534) || setuid(65534))
			_exit(2);
		mine = open(file, O_RDONLY);
		_exit(mine < 0                         ? 3 :
		      hgatp_of(mine) != (hgatp & ~ppn) ? 4 :
							 hgatp_of(opened) != hgatp);
	}
	waitpid(pid, &status, 0);
	chmod("/sys/kernel/debug", 0700);
	ok((hgatp & ppn) && hgatp_of(opened) == hgatp, "root reads the root's address in hgatp");
	ok(WIFEXITED(status) && !WEXITSTATUS(status),
	   "the user nobody reads a page number of 0, except from a file that root opened (exit status %d)",
	   WEXITSTATUS(status));
	close(opened);
	vm_free(vm);
}

int main(void)
{
	host_init(100);
	low = mem_map(SIZE, SMALL);
	high = mem_map(SIZE, SMALL);
	ioctls();
	without_guest();
	with_guest();
	growing();
	gone();
	orphan();
	unprivileged();
	ok(!tables_live(), "no tables are left");
	return done();
}
