// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM_ENABLE_CAP sets the format while another thread calls KVM_CREATE_VCPU or
 * KVM_SET_USER_MEMORY_REGION. The other call must see the old format or the new
 * one, and the VM must then keep the format that the other call saw.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "race.h"
#include "tap.h"
#include "vcpu.h"

/* What the other thread does. One VM serves all rounds, except for CREATE_VCPU. */
enum rival { HIGH_SLOT, LOW_SLOT, DELETE, CREATE_VCPU, RIVALS };

static const char *const names[RIVALS] = {
	[HIGH_SLOT] = "a memslot above the new format",
	[LOW_SLOT] = "a memslot in both formats",
	[DELETE] = "the deletion of the last memslot",
	[CREATE_VCPU] = "KVM_CREATE_VCPU",
};

/* Rounds of one contest. The end of a slot or a VM waits for a grace period, which may be slow. */
#define ROUNDS_MAX        4000
#define ROUNDS_MIN        1000
#define SLOW_MS           20000
#define CONTEST_MS(rival) ((rival) == CREATE_VCPU ? 7000 : 3000)

/* The next round, for the two operations. */
static struct {
	enum rival rival;
	int vm;
	u64 gpa;
} next;

static char *page;
static const struct format *narrow;

static int enable(void)
{
	return set_mode(next.vm, narrow->mode);
}

static int other(void)
{
	switch (next.rival) {
	case HIGH_SLOT:
	case LOW_SLOT:
		return set_slot(next.vm, 0, 0, next.gpa, SZ_4K, page);
	case DELETE:
		return set_slot(next.vm, 0, 0, next.gpa, 0, page);
	default:
		return ioctl(next.vm, KVM_CREATE_VCPU, 0);
	}
}

/* Run one round. Return: what ENABLE_CAP returned. */
static int run(struct race *race, enum race_order order, enum rival rival, int vm, u64 gpa)
{
	next.rival = rival;
	next.vm = vm;
	next.gpa = gpa;
	race_run(race, order);
	return race->first_result;
}

static bool has_format(int vm, const struct format *f, bool thorough)
{
	return ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_VM_GPA_BITS) == (int)f->gpa_bits &&
	       (!thorough || !strcmp(fd_mode(vm), f->name));
}

/* Does the vCPU run, and does hgatp then have the MODE of @f? */
static bool runs(int vm_fd, int vcpu_fd, const struct format *f)
{
	/* lui t0, 0x10000; sd zero, 0(t0): no slot is there, so the store ends KVM_RUN. */
	static _Alignas(SZ_4K) u32 code[SZ_4K / 4] = { 0x100002b7, 0x0002b023 };
	struct vm vm = { .fd = vm_fd, .tid = gettid(), .format = f };

	if (set_slot(vm_fd, 1, 0, 0, SZ_4K, code) || ioctl(vcpu_fd, KVM_RUN, 0))
		return false;
	return vm_stat(&vm, "hgatp") >> 60 == f->mode;
}

/*
 * Is the outcome of a round legal? @err is what ENABLE_CAP returned, @result what the other
 * operation returned.
 */
static bool legal(enum rival rival, int err, int result, u64 gpa, int vm, bool thorough)
{
	const struct format *f = err ? host.widest : narrow;
	bool good = (!err || err == EBUSY) && has_format(vm, f, thorough);
	int again;

	switch (rival) {
	case HIGH_SLOT:
		good &= result == (err ? 0 : EFAULT);
		break;
	case LOW_SLOT:
	case DELETE:
		good &= !result;
		break;
	default:
		/* The format cannot change any more, and slots must fit it. */
		good &= result >= 0 && set_mode(vm, narrow->mode) == EBUSY;
		again = set_slot(vm, 0, 0, gpa, SZ_4K, page);
		good &= again == (gpa < format_end(f) ? 0 : EFAULT);
		if (thorough)
			good &= runs(vm, result, f);
		break;
	}
	if (!good)
		diag("%s: ENABLE_CAP: %s; the other call: %d (%s); VM_GPA_BITS %d, format %s",
		     names[rival], strerror(err), result, strerror(result),
		     ioctl(vm, KVM_CHECK_EXTENSION, KVM_CAP_VM_GPA_BITS), fd_mode(vm));
	return good;
}

/* Give the VM the default format and the slots that the next round starts with. */
static void prepare(enum rival rival, int vm, u64 gpa)
{
	if (set_slot(vm, 0, 0, gpa, 0, page) && errno != EINVAL)
		bail("cannot delete the slot");
	if (set_mode(vm, host.widest->mode))
		bail("cannot go back to %s", host.widest->name);
	if (rival == DELETE && set_slot(vm, 0, 0, gpa, SZ_4K, page))
		bail("cannot make the slot");
}

/* Run both without a race: the later call must see the result of the earlier one. */
static bool in_turn(enum rival rival, u64 gpa, bool cap_first)
{
	struct race race = { .first = enable, .second = other };
	int vm = vm_bare(), err;
	bool good;

	prepare(rival, vm, gpa);
	err = run(&race, cap_first ? RACE_FIRST_THEN_SECOND : RACE_SECOND_THEN_FIRST, rival, vm,
		  gpa);
	/* ENABLE_CAP fails while there is a slot or a vCPU. */
	good = !err == (cap_first == (rival != DELETE)) &&
	       legal(rival, err, race.second_result, gpa, vm, true);
	if (rival == CREATE_VCPU)
		close(race.second_result);
	close(vm);
	return good;
}

static void contest(enum rival rival)
{
	struct race race = { .first = enable, .second = other };
	unsigned int won = 0, wrong = 0, round;
	/* If the host has one format only, no gpa is above the new format. */
	u64 gpa = narrow != host.widest && (rival == HIGH_SLOT || rival == CREATE_VCPU) ?
			  format_end(narrow) :
			  SZ_1G;
	int vm = vm_bare();
	u64 start = now_ms();

	for (round = 0; round < ROUNDS_MAX && wrong < 5; round++) {
		u64 ms = now_ms() - start;
		int err;

		/* There should be thousands of rounds. A busy machine makes fewer. */
		if ((round >= ROUNDS_MIN && ms >= CONTEST_MS(rival)) || ms >= SLOW_MS)
			break;
		if (rival == CREATE_VCPU && round) {
			close(race.second_result);
			close(vm);
			vm = vm_bare();
		}
		prepare(rival, vm, gpa);
		err = run(&race, RACE_TOGETHER, rival, vm, gpa);
		/* ENABLE_CAP succeeds before there is a slot or a vCPU, and after a deletion. */
		race_balance(&race, !err == (rival != DELETE));
		won += !err;
		wrong += !legal(rival, err, race.second_result, gpa, vm, !(round % 32));
	}
	if (rival == CREATE_VCPU)
		close(race.second_result);
	close(vm);
	diag("%s: %u rounds in %u ms, ENABLE_CAP succeeded in %u", names[rival], round,
	     (unsigned int)(now_ms() - start), won);
	ok(!wrong, "ENABLE_CAP against %s: every outcome is legal", names[rival]);
	/* One of them may have won all races. Here each of them comes first once. */
	ok(in_turn(rival, gpa, true) && in_turn(rival, gpa, false),
	   "ENABLE_CAP and %s, one after the other in both orders: the second sees the first",
	   names[rival]);
}

int main(void)
{
	host_init(140);
	page = mem_map(SZ_4K, SMALL);
	narrow = next_format(NULL);
	for (enum rival rival = 0; rival < RIVALS; rival++)
		if (rival != HIGH_SLOT || narrow != host.widest)
			contest(rival);
	ok(!tables_live(), "no tables are left");
	return done();
}
