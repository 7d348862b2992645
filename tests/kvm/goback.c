// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fence flushes the TLB of one hart only. A vCPU has run on hart A, and then the host drops
 * memory. The vCPU executes the requested fence on hart B, but does not enter the guest there.
 * Then it comes back to hart A, which still has the old translations. It must execute a fence
 * again before it enters the guest. The same is true if another vCPU of its VM has run on the
 * hart meanwhile.
 *
 *	goback [MISTAKE]	MISTAKE: no_back_fence or no_turn_fence
 *
 * An emulated hart flushes its TLB too often to show a stale translation, so the test counts
 * fences. A test build can make a mistake on purpose (test_mistake). The count must then show it.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include "count.h"
#include "live.h"
#include "tap.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define PAGES 32
/* The host drops all pages but the last one, so the table stays, and only a range is fenced. */
#define DROPPED (PAGES - 1)
#define SIZE    (PAGES * SZ_4K)
#define ROUNDS  6

static bool no_back_fence, no_turn_fence;

static void nothing(int unused)
{
	(void)unused;
}

static void set_mp_state(struct vcpu *vcpu, u32 state)
{
	struct kvm_mp_state mp = { .mp_state = state };

	if (ioctl(vcpu->fd, KVM_SET_MP_STATE, &mp))
		bail("KVM_SET_MP_STATE: %s", strerror(errno));
}

/* In KVM_RUN a stopped vCPU handles its requests and sleeps, until a signal ends KVM_RUN. */
static void run_stopped(struct vcpu *vcpu)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
	struct itimerspec soon = { .it_value.tv_nsec = 3000000, .it_interval.tv_nsec = 3000000 };
	timer_t timer;
	int err;

	set_mp_state(vcpu, KVM_MP_STATE_STOPPED);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &soon, NULL))
		bail("timer: %s", strerror(errno));
	err = ioctl(vcpu->fd, KVM_RUN, 0) ? errno : 0;
	timer_delete(timer);
	if (err != EINTR)
		bail("KVM_RUN of a stopped vCPU: %s", strerror(err));
	set_mp_state(vcpu, KVM_MP_STATE_RUNNABLE);
}

/* Return: how many pages still have the data from before the host dropped them. */
static u64 kept(struct vcpu *vcpu)
{
	u64 n = 0;

	for (unsigned int p = 0; p < DROPPED; p++)
		n += guest_load(vcpu, GPA + p * SZ_4K) != 0;
	return n;
}

static void there_and_back(struct vm *vm, char *mem, bool reformat)
{
	struct vcpu *vcpu = vm->vcpu[0];
	const struct format *f = NULL;
	bool fenced = true, spared = true;
	u64 stale = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		unsigned int home = i % 2;

		keep_to(home);
		guest_fill(vcpu, GPA, SZ_4K, PAGES, i + 1);
		/*
		 * The vCPU leaves the guest and enters it again on the same hart: no fence is
		 * needed.
		 */
		count_from(vm);
		guest_fill(vcpu, GPA, SZ_4K, PAGES, i + 1);
		spared &= counted(vm, "fences_entry 0");

		keep_to(!home);
		f = next_format(f) ?: next_format(NULL);
		if (reformat && change_format(vm->fd, f->mode))
			bail("cannot change to %s", f->name);
		madvise(mem, DROPPED * SZ_4K, MADV_DONTNEED);
		run_stopped(vcpu);
		keep_to(home);
		stale += kept(vcpu);
		fenced &= counted(vm, "fences_entry 1");
	}
	ok(!stale, "the guest does not read dropped pages");
	ok(fenced != no_back_fence, "a vCPU that was on another hart executes a fence at entry%s",
	   reformat ? ", and its format has changed" : "");
	ok(spared, "a vCPU that stayed on its hart executes no fence at entry");
}

static void by_turns(struct vm *vm)
{
	bool fenced = true;

	keep_to(0);
	for (unsigned int v = 0; v < 2; v++)
		guest_fill(vm->vcpu[v], GPA, SZ_4K, PAGES, 1);
	count_from(vm);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		guest_load(vm->vcpu[i % 2], GPA);
		fenced &= counted(vm, "fences_entry 1");
		guest_load(vm->vcpu[i % 2], GPA);
		fenced &= counted(vm, "fences_entry 0");
	}
	ok(fenced != no_turn_fence,
	   "two vCPUs of one VM in turn on one hart: a fence at the first entry of each turn");
}

static void of_two_vms(struct vm *a, struct vm *b)
{
	bool spared = true;

	keep_to(0);
	guest_load(a->vcpu[0], GPA);
	guest_load(b->vcpu[0], GPA);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		count_from(a);
		guest_load(b->vcpu[0], GPA);
		guest_load(a->vcpu[0], GPA);
		spared &= counted(a, "fences_entry 0");
	}
	ok(spared, "vCPUs of two VMs run in turn on one hart: no fence, as their VMIDs differ");
}

static struct vm *make(char **mem)
{
	struct vm *vm = vm_new(NULL);

	vcpu_new(vm);
	vcpu_new(vm);
	*mem = mem_map(SIZE, SMALL);
	vm_slot(vm, 0, 0, GPA, SIZE, *mem);
	return vm;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = nothing };
	char *mem, *mem2;
	struct vm *vm, *vm2;

	host_init(60);
	no_back_fence = argc > 1 && !strcmp(argv[1], "no_back_fence");
	no_turn_fence = argc > 1 && !strcmp(argv[1], "no_turn_fence");
	sigaction(SIGUSR1, &action, NULL);
	vm = make(&mem);
	vm2 = make(&mem2);
	there_and_back(vm, mem, false);
	there_and_back(vm, mem, true);
	by_turns(vm);
	of_two_vms(vm, vm2);
	ok(!vm_stat(vm, "hgatp_rescues") && !vm_stat(vm2, "hgatp_rescues"), "hgatp_rescues is 0");
	ok(vm_sound(vm), "the tables are sound");
	vm_free(vm);
	vm_free(vm2);
	return done();
}
