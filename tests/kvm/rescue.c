// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second line of defence: a vCPU that is about to enter the guest with a wrong hgatp gets the right
 * one. A test build overwrites hgatp of every hart with MODE Bare where its parameter test_lose_hgatp is
 * written, whatever the vCPUs do at that moment.
 */
#include <string.h>
#include <unistd.h>

#include "tap.h"
#include "work.h"

#define LOSE   "/sys/module/kvm/parameters/test_lose_hgatp"
#define LOSSES 300

int main(void)
{
	struct work *work;
	u64 rescues;

	host_init(100);
	work = work_new(vm_new(NULL), 2);
	work_goes_on(work, 3);
	ok(!vm_stat(work->vm, "hgatp_rescues"), "nothing is rescued while nothing is wrong");

	for (unsigned int i = 0; i < LOSSES; i++) {
		int err = write_text(LOSE, "1");

		if (err)
			bail(LOSE ": %s: --module gstage-test", strerror(err));
		usleep(rnd() % 3000);
	}
	work_goes_on(work, 3);
	rescues = vm_stat(work->vm, "hgatp_rescues");
	diag("%u losses, %llu rescues", LOSSES, (unsigned long long)rescues);
	/* A vCPU that is not in the guest at that moment may load hgatp before it looks. */
	ok(rescues >= LOSSES / 2, "vCPUs that lost hgatp got it back");
	ok(work_right(work), "and saw their own memory and nothing else");
	ok(vm_sound(work->vm), "sound");
	work_end(work);
	ok(!tables_live(), "no tables are left");
	return done();
}
