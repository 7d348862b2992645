// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_ENABLE_CAP races KVM_CREATE_VCPU and KVM_SET_USER_MEMORY_REGION: they see
 * the old format or the new one, and the VM has one of the two for good.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tap.h"
#include "vcpu.h"

/* What the other thread does. Those up to DELETE leave the VM as it was before. */
enum rival { HIGH_SLOT, LOW_SLOT, DELETE, CREATE_VCPU, RIVALS };

static const char *const names[RIVALS] = {
	[HIGH_SLOT] = "a memslot above the new format",
	[LOW_SLOT] = "a memslot in both formats",
	[DELETE] = "the deletion of the last memslot",
	[CREATE_VCPU] = "KVM_CREATE_VCPU",
};

/* Rounds of one contest: the end of a slot or a VM takes a grace period, which may be slow. */
#define ROUNDS_MAX 4000
#define ROUNDS_MIN 1000
#define SLOW_MS	   20000
#define CONTEST_MS(rival) ((rival) == CREATE_VCPU ? 7000 : 3000)

/* Of what the start of one thread is put off, in turns of a loop. */
#define STEP_MAX 4096

/* The next round, for the rival thread: written before `go`. */
static struct {
	enum rival rival;
	int vm;
	u64 gpa;
	unsigned int delay;
	int result;
} next;

static atomic_uint go, gone;
static char *page;
static const struct format *narrow;

static void spin(unsigned int turns)
{
	for (volatile unsigned int i = 0; i < turns; i++)
		;
}

/* Two harts, two threads: whoever waits does so awake, so that both start as one. */
static void await(atomic_uint *what, unsigned int round)
{
	for (unsigned int turns = 1; *what != round; turns++)
		if (!(turns % 4096))
			nap(0);
}

static void *rival_thread(void *unused)
{
	for (unsigned int round = 1;; round++) {
		await(&go, round);
		spin(next.delay);
		switch (next.rival) {
		case HIGH_SLOT:
		case LOW_SLOT:
			next.result = set_slot(next.vm, 0, 0, next.gpa, SZ_4K, page);
			break;
		case DELETE:
			next.result = set_slot(next.vm, 0, 0, next.gpa, 0, page);
			break;
		default:
			next.result = ioctl(next.vm, KVM_CREATE_VCPU, 0);
			break;
		}
		gone = round;
	}
	return unused;
}

/* Mostly short and at times long. */
static unsigned int jitter(void)
{
	return rnd() % (16U << rnd() % 8);
}

/*
 * Race once; return what ENABLE_CAP returned. Where each starts is left to chance,
 * around the point where both come first equally often.
 */
static int race(enum rival rival, int vm, u64 gpa)
{
	static int lead[RIVALS], step[RIVALS];
	int ahead = lead[rival], err;
	unsigned int round = go + 1;

	next.rival = rival;
	next.vm = vm;
	next.gpa = gpa;
	next.delay = jitter() + (ahead > 0 ? ahead : 0);
	go = round;
	spin(jitter() + (ahead < 0 ? -ahead : 0));
	err = set_mode(vm, narrow->mode);
	await(&gone, round);
	/*
	 * Where it is refused it came late; but too early for a slot to be gone. Steps
	 * are longer as long as they do not change a thing.
	 */
	if (!err == (rival == DELETE))
		step[rival] = step[rival] > 0 && step[rival] < STEP_MAX ? 2 * step[rival] : 32;
	else
		step[rival] = step[rival] < 0 && step[rival] > -STEP_MAX ? 2 * step[rival] : -32;
	lead[rival] += step[rival];
	return err;
}

static bool has_format(int vm, const struct format *f, bool thorough)
{
	return ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_VM_GPA_BITS) == (int)f->gpa_bits &&
	       (!thorough || !strcmp(fd_mode(vm), f->name));
}

/* hgatp is that of the format when the vCPU runs. */
static bool runs(int vm_fd, int vcpu_fd, const struct format *f)
{
	/* lui t0, 0x10000; sd zero, 0(t0): a store to where there is no slot ends KVM_RUN. */
	static _Alignas(SZ_4K) u32 code[SZ_4K / 4] = { 0x100002b7, 0x0002b023 };
	struct vm vm = { .fd = vm_fd, .tid = gettid(), .format = f };

	if (set_slot(vm_fd, 1, 0, 0, SZ_4K, code) || ioctl(vcpu_fd, KVM_RUN, 0))
		return false;
	return vm_stat(&vm, "hgatp") >> 60 == f->mode;
}

static bool legal(enum rival rival, int err, u64 gpa, int vm, bool thorough)
{
	const struct format *f = err ? host.widest : narrow;
	bool good = (!err || err == EBUSY) && has_format(vm, f, thorough);
	int again;

	switch (rival) {
	case HIGH_SLOT:
		good &= next.result == (err ? 0 : EFAULT);
		break;
	case LOW_SLOT:
	case DELETE:
		good &= !next.result;
		break;
	default:
		/* The format is the VM's for good, and slots keep to it. */
		good &= next.result >= 0 && set_mode(vm, narrow->mode) == EBUSY;
		again = set_slot(vm, 0, 0, gpa, SZ_4K, page);
		good &= again == (gpa < format_end(f) ? 0 : EFAULT);
		if (thorough)
			good &= runs(vm, next.result, f);
		break;
	}
	if (!good)
		diag("%s: ENABLE_CAP %s, the other %d (%s), VM_GPA_BITS %d, %s", names[rival],
		     strerror(err), next.result, strerror(next.result),
		     ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_VM_GPA_BITS), fd_mode(vm));
	return good;
}

/* A VM in the default format, to which the next round may happen. */
static void prepare(enum rival rival, int vm, u64 gpa)
{
	if (set_slot(vm, 0, 0, gpa, 0, page) && errno != EINVAL)
		bail("cannot delete the slot");
	if (set_mode(vm, host.widest->mode))
		bail("cannot go back to %s", host.widest->name);
	if (rival == DELETE && set_slot(vm, 0, 0, gpa, SZ_4K, page))
		bail("cannot make the slot");
}

/* No race: who is late finds what the other has done. */
static bool in_turn(enum rival rival, u64 gpa, bool cap_first)
{
	unsigned int round = go + 1;
	int vm = vm_bare(), err = 0;
	bool good;

	prepare(rival, vm, gpa);
	next.rival = rival;
	next.vm = vm;
	next.gpa = gpa;
	next.delay = 0;
	if (cap_first)
		err = set_mode(vm, narrow->mode);
	go = round;
	await(&gone, round);
	if (!cap_first)
		err = set_mode(vm, narrow->mode);
	/* A slot that is there refuses; one that has gone does not. */
	good = !err == (cap_first == (rival != DELETE)) && legal(rival, err, gpa, vm, true);
	if (rival == CREATE_VCPU)
		close(next.result);
	close(vm);
	return good;
}

static void contest(enum rival rival)
{
	unsigned int won = 0, wrong = 0, round;
	/* Where the host has one format only, nothing is above it. */
	u64 gpa = narrow != host.widest && (rival == HIGH_SLOT || rival == CREATE_VCPU) ?
			  format_end(narrow) : SZ_1G;
	int vm = vm_bare();
	u64 start = now_ms();

	for (round = 0; round < ROUNDS_MAX && wrong < 5; round++) {
		u64 ms = now_ms() - start;
		int err;

		/* Thousands of rounds in all; fewer on a machine that is too busy for them. */
		if ((round >= ROUNDS_MIN && ms >= CONTEST_MS(rival)) || ms >= SLOW_MS)
			break;
		if (rival == CREATE_VCPU && round) {
			close(next.result);
			close(vm);
			vm = vm_bare();
		}
		prepare(rival, vm, gpa);
		err = race(rival, vm, gpa);
		won += !err;
		wrong += !legal(rival, err, gpa, vm, !(round % 32));
	}
	if (rival == CREATE_VCPU)
		close(next.result);
	close(vm);
	diag("%s: %u rounds, of which ENABLE_CAP won %u, in %u ms", names[rival], round, won,
	     (unsigned int)(now_ms() - start));
	ok(!wrong, "ENABLE_CAP against %s: every outcome is legal", names[rival]);
	/* Chance may have favoured one of them: in turn, each is seen to come first. */
	ok(in_turn(rival, gpa, true) && in_turn(rival, gpa, false),
	   "ENABLE_CAP against %s: one after the other, either way round", names[rival]);
}

int main(void)
{
	pthread_t thread;

	host_init(140);
	page = mem_map(SZ_4K, SMALL);
	narrow = next_format(NULL);
	if (pthread_create(&thread, NULL, rival_thread, NULL))
		bail("no thread");
	for (enum rival rival = 0; rival < RIVALS; rival++)
		if (rival != HIGH_SLOT || narrow != host.widest)
			contest(rival);
	ok(!tables_live(), "no tables are left");
	return done();
}
