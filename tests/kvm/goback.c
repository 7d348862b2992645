// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fences belong to a hart. A vCPU ran on hart A; memory is taken away; the vCPU executes the posted fence on hart
 * B, but does not enter the guest there; it comes back to A, where the translations are. It must fence again
 * when it enters. The same where another vCPU of the VM was on the hart meanwhile.
 *
 * An emulated hart forgets too much to show the stale translation, so that fences are counted. The argument
 * is a mistake that a test build makes on purpose: then the count must tell.
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

#define GPA    SZ_1G
#define PAGES  32
#define SIZE   (PAGES * SZ_4K)
#define ROUNDS 6

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

/* A stopped vCPU carries out its requests, and sleeps. A signal ends KVM_RUN. */
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

/* How many of the pages still have what was there before they were taken away? */
static u64 kept(struct vcpu *vcpu)
{
	u64 n = 0;

	for (unsigned int p = 0; p < PAGES; p++)
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
		/* Out of the guest and in again on one hart: nothing is owed. */
		count_from(vm);
		guest_fill(vcpu, GPA, SZ_4K, PAGES, i + 1);
		spared &= counted(vm, "fences_entry 0");

		keep_to(!home);
		f = next_format(f) ?: next_format(NULL);
		if (reformat && change_format(vm->fd, f->mode))
			bail("cannot change to %s", f->name);
		madvise(mem, SIZE, MADV_DONTNEED);
		run_stopped(vcpu);
		keep_to(home);
		stale += kept(vcpu);
		fenced &= counted(vm, "fences_entry 1");
	}
	ok(!stale, "nothing that was taken away is read");
	ok(fenced != no_back_fence, "a vCPU fences where it enters after it was on another hart%s",
	   reformat ? ", and its format has changed" : "");
	ok(spared, "and not where it stayed on its hart");
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
	ok(fenced != no_turn_fence, "two vCPUs of a VM by turns on one hart: each fences when its turn begins");
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
	ok(spared, "vCPUs of two VMs by turns on one hart owe no fence: they have VMIDs of their own");
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
	ok(!vm_stat(vm, "hgatp_rescues") && !vm_stat(vm2, "hgatp_rescues"), "nothing was rescued");
	ok(vm_sound(vm), "sound");
	vm_free(vm);
	vm_free(vm2);
	return done();
}
