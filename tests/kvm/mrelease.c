// SPDX-License-Identifier: GPL-2.0-only
/*
 * A notifier that may not block: the host takes the memory of a VMM that was killed, before the
 * VMM has exited. The OOM killer does this, and process_mrelease(2) does it on demand. The notifier
 * may not sleep, but still works in pieces. A real-time thread on the VMM's hart keeps the VMM
 * from exiting.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "count.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define SIZE  (64 * SZ_2M)
#define TRIES 20

/* The guest uses one page in each 2 MiB, so that each page needs a table. */
#define SPARSE (8 * SZ_1G)
/* kvm/host/unmap.c gathers up to 512 tables, and then at most those of one more GiB. */
#define GATHERED_MOST (2 * 513)

static const struct kind {
	const char *what;
	enum backing backing;
	u64 size, stride;
	const char *wanted;
} small = { "4 KiB", SMALL, SIZE, SZ_4K, "leaves_4k <-32768 unmaps >1" },
  huge = { "2 MiB", HUGE, SIZE, SZ_4K, "leaves_2m <-64 unmaps >1" },
  sparse = { "8 GiB", SMALL, SPARSE, SZ_2M, "leaves_4k <-4096 unmaps >1 lock_pieces >7" };

static atomic_bool over;
static atomic_bool running;

/* A real-time thread: until it ends, no other thread runs on hart 1. */
static void *spin(void *unused)
{
	struct sched_param param = { .sched_priority = 1 };

	keep_to(1);
	if (sched_setscheduler(0, SCHED_FIFO, &param))
		bail("no SCHED_FIFO");
	running = true;
	while (!over)
		;
	return unused;
}

/* The VMM writes the fd of its VM to @tell, and waits until it is killed. */
static void vmm(const struct kind *kind, int tell)
{
	struct vm *vm = vm_new(host.widest);
	struct vcpu *vcpu = vcpu_new(vm);

	vm_slot(vm, 0, 0, GPA, kind->size, mem_map(kind->size, kind->backing));
	guest_fill(vcpu, GPA, kind->stride, kind->size / kind->stride, 1);
	keep_to(1);
	if (write(tell, &vm->fd, sizeof(vm->fd)) != sizeof(vm->fd))
		_exit(1);
	for (;;)
		pause();
}

/* Return: true if process_mrelease() took the memory before the VMM exited. */
static bool released(const struct kind *kind)
{
	struct vm vm = { .format = host.widest };
	pthread_t thread;
	const char *what = kind->what;
	int ends[2], pidfd;
	bool taken;

	if (pipe(ends))
		bail("pipe: %s", strerror(errno));
	fflush(stdout);
	vm.tid = fork();
	if (!vm.tid)
		vmm(kind, ends[1]);
	if (read(ends[0], &vm.fd, sizeof(vm.fd)) != sizeof(vm.fd))
		bail("the process of the VMM failed");
	close(ends[0]);
	close(ends[1]);
	pidfd = syscall(SYS_pidfd_open, vm.tid, 0);
	over = running = false;
	pthread_create(&thread, NULL, spin, NULL);
	while (!running)
		usleep(100);
	count_from(&vm);
	kill(vm.tid, SIGKILL);
	taken = !syscall(SYS_process_mrelease, pidfd, 0);
	if (taken) {
		ok(vm_stat(&vm, "gathered_peak") <= GATHERED_MOST,
		   "%s: the number of tables that wait for a flush is bounded", what);
		ok(counted(&vm, kind->wanted), "%s: all leaves of the guest are unmapped", what);
		ok(vm_sound(&vm), "%s: the tables are sound", what);
	}
	over = true;
	pthread_join(thread, NULL);
	waitpid(vm.tid, NULL, 0);
	close(pidfd);
	if (taken)
		ok(!tables_live(), "%s: no tables are left when the VMM has exited", what);
	return taken;
}

static void release(const struct kind *kind)
{
	for (unsigned int i = 0; i < TRIES; i++)
		if (released(kind))
			return;
	bail("%s: the VMM exited before process_mrelease(), %u times: %s", kind->what, TRIES,
	     strerror(errno));
}

int main(void)
{
	host_init(60);
	keep_to(0);
	/*
	 * Turn off the limit for real-time threads and the fair server. Each of them would give the
	 * VMM time to run, and to exit.
	 */
	write_text("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	write_text("/sys/kernel/debug/sched/fair_server/cpu1/runtime", "0");
	release(&small);
	release(&huge);
	release(&sparse);
	return done();
}
