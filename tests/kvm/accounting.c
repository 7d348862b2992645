// SPDX-License-Identifier: GPL-2.0-only
/*
 * G-stage tables are counted in SecPageTables and charged to the memory cgroup of the VMM. At the
 * limit of the cgroup KVM_RUN fails with ENOMEM. When there is memory again, the guest goes on
 * and has lost nothing.
 *
 * The stock module does not count tables, and the VMM is killed at the limit: this is asserted.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "count.h"
#include "tap.h"
#include "vcpu.h"

/* The guest uses one page in each 2 MiB, so that each page needs a table. */
#define TABLES 2000
#define GPA    SZ_1G
#define SIZE   (TABLES * SZ_2M)

#define GROUP "/sys/fs/cgroup/accounting"
#define STEP  (2UL << 20)

static struct vm *vm;
static struct vcpu *vcpu;
static char *mem;

static u64 number(const char *path, const char *name)
{
	static char text[1 << 14];
	char *at;

	if (read_text(path, text, sizeof(text)))
		bail("%s: %s", path, strerror(errno));
	at = strstr(text, name);
	if (!at)
		bail("%s has no %s", path, name);
	return strtoull(at + strlen(name), NULL, 10);
}

/* SecPageTables in KiB. stat_refresh adds the per-hart counters to it first. */
static u64 counted_kib(void)
{
	if (write_text("/proc/sys/vm/stat_refresh", "1"))
		bail("no /proc/sys/vm/stat_refresh");
	return number("/proc/meminfo", "SecPageTables:");
}

static void begin(void)
{
	vm = vm_new(host.widest);
	vcpu = vcpu_new(vm);
	mem = mem_map(SIZE, SMALL);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	/* Populate the memory, so that the host allocates its own tables before the test counts. */
	for (u64 at = 0; at < SIZE; at += SZ_2M)
		*(volatile u64 *)(mem + at) = stamp(1, GPA + at);
	vcpu_warm(vcpu);
}

static void end(void)
{
	vm_free(vm);
	mem_unmap(mem, SIZE);
}

static void meminfo(void)
{
	u64 before = counted_kib(), with;

	begin();
	guest_fill(vcpu, GPA, SZ_2M, TABLES, 2);
	with = counted_kib() - before;
	if (!host.gstage) {
		ok(!with, "stock: %u tables are not in SecPageTables", TABLES);
		end();
		return;
	}
	ok(with == tables_live() * 4 && with >= TABLES * 4,
	   "SecPageTables: %llu KiB more for %llu table pages", (unsigned long long)with,
	   (unsigned long long)tables_live());
	madvise(mem, SIZE / 2, MADV_DONTNEED);
	with = counted_kib() - before;
	ok(with == tables_live() * 4 && with < TABLES * 3,
	   "SecPageTables: %llu KiB more when half of the memory is dropped",
	   (unsigned long long)with);
	end();
	ok(counted_kib() == before && !tables_live(),
	   "SecPageTables: the same as before when the VM has ended");
}

static int limit_file;
static unsigned long limit;
static unsigned int times;

/* Set the limit. Do not open a file here, nor do anything else that needs memory. */
static void set_limit(unsigned long bytes)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%lu", bytes);

	limit = bytes;
	if (pwrite(limit_file, text, n, 0) != n)
		bail("memory.max: %s", strerror(errno));
}

static void no_memory(struct vcpu *v)
{
	(void)v;
	times++;
	set_limit(limit + STEP);
}

static void limited(void)
{
	u64 sound, stat;

	write_text("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(GROUP, 0755) && errno != EEXIST)
		bail(GROUP ": %s", strerror(errno));
	limit_file = open(GROUP "/memory.max", O_WRONLY | O_CLOEXEC);
	if (limit_file < 0)
		bail(GROUP "/memory.max: %s", strerror(errno));
	begin();
	set_limit(STEP);
	if (write_text(GROUP "/cgroup.procs", "0"))
		bail(GROUP "/cgroup.procs: %s", strerror(errno));
	vcpu->no_memory = no_memory;
	guest_fill(vcpu, GPA, SZ_2M, TABLES, 2);
	set_limit(1UL << 30);
	ok(times >= 3, "KVM_RUN fails with ENOMEM at the limit of the memory cgroup: %u times",
	   times);
	ok(!guest_check(vcpu, GPA, SZ_2M, TABLES, 2),
	   "the guest goes on with all its data when the limit is raised");
	sound = vm_sound(vm);
	ok(sound && (!host.gstage || vm_stat(vm, "tables") >= TABLES), "the tables are sound");
	/* A few tables were allocated before this process was in the cgroup. */
	stat = number(GROUP "/memory.stat", "sec_pagetables ");
	ok(stat >= TABLES * SZ_4K / 100 * 95, "the cgroup is charged for %llu KiB of tables",
	   (unsigned long long)stat >> 10);
	ok(!number(GROUP "/memory.events", "oom_kill "), "no process was killed");
	ok(times < 20, "each raise of the limit gives the guest more tables: %u raises", times);
	end();
	write_text("/sys/fs/cgroup/cgroup.procs", "0");
	ok(!number(GROUP "/memory.stat", "sec_pagetables "),
	   "the cgroup is charged for no table when the VM has ended");
	rmdir(GROUP);
}

int main(void)
{
	int status;
	pid_t child;

	host_init(100);
	meminfo();
	if (host.gstage) {
		limited();
		ok(!tables_live(), "no tables are left");
		return done();
	}
	child = fork();
	if (!child) {
		limited();
		_exit(0);
	}
	waitpid(child, &status, 0);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
	   "stock: at the limit the VMM is killed");
	return done();
}
