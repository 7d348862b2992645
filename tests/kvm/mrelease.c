// SPDX-License-Identifier: GPL-2.0-only
/*
 * A notifier that may not block: the host takes the memory of a VMM that was killed, before that has come to its end.
 * The OOM killer does so; process_mrelease(2) is the same on demand. The VMM is kept from ending by a thread that
 * has its hart and does not give it up.
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

static atomic_bool over;
static atomic_bool running;

/* Until it ends nobody else runs on the second hart. */
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

/* The VMM: it says which fd its VM is, and waits to be killed. */
static void vmm(enum backing backing, int tell)
{
	struct vm *vm = vm_new(host.widest);
	struct vcpu *vcpu = vcpu_new(vm);

	vm_slot(vm, 0, 0, GPA, SIZE, mem_map(SIZE, backing));
	guest_fill(vcpu, GPA, SZ_4K, SIZE / SZ_4K, 1);
	keep_to(1);
	if (write(tell, &vm->fd, sizeof(vm->fd)) != sizeof(vm->fd))
		_exit(1);
	for (;;)
		pause();
}

/* Return: whether the memory could be taken while the VM was still there. */
static bool released(enum backing backing, const char *what, const char *wanted)
{
	struct vm vm = {};
	pthread_t thread;
	int ends[2], pidfd;
	bool taken;

	if (pipe(ends))
		bail("pipe: %s", strerror(errno));
	fflush(stdout);
	vm.tid = fork();
	if (!vm.tid)
		vmm(backing, ends[1]);
	if (read(ends[0], &vm.fd, sizeof(vm.fd)) != sizeof(vm.fd))
		bail("no VM");
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
		ok(counted(&vm, wanted) && !count_of(&vm, "lock_breaks"),
		   "%s: all of the guest's leaves are gone, in one hold of the lock", what);
		ok(vm_sound(&vm), "%s: sound", what);
	}
	over = true;
	pthread_join(thread, NULL);
	waitpid(vm.tid, NULL, 0);
	close(pidfd);
	if (taken)
		ok(!tables_live(), "%s: and with the VMM all of its tables", what);
	return taken;
}

static void release(enum backing backing, const char *what, const char *wanted)
{
	for (unsigned int i = 0; i < TRIES; i++)
		if (released(backing, what, wanted))
			return;
	bail("%s: the VMM was gone before its memory, %u times: %s", what, TRIES, strerror(errno));
}

int main(void)
{
	host_init(60);
	keep_to(0);
	/* The kernel gives others a share of the hart, and so the VMM the time to end. */
	write_text("/proc/sys/kernel/sched_rt_runtime_us", "-1");
	release(SMALL, "4 KiB", "leaves_4k <-32768 unmaps >1");
	release(HUGE, "2 MiB", "leaves_2m <-64 unmaps >1");
	return done();
}
