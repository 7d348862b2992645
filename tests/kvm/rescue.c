// SPDX-License-Identifier: GPL-2.0-only
/*
 * A vCPU that is about to enter the guest with a wrong hgatp gets the right one first. This is a
 * second line of defence. On a write to its parameter test_lose_hgatp, a test build overwrites
 * hgatp of every hart with MODE Bare, whatever the vCPUs do at that moment.
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
	ok(!vm_stat(work->vm, "hgatp_rescues"), "hgatp_rescues is 0 while hgatp is right");

	for (unsigned int i = 0; i < LOSSES; i++) {
		int err = write_text(LOSE, "1");

		if (err)
			bail(LOSE ": %s: run the test with --module gstage-test", strerror(err));
		usleep(rnd() % 3000);
	}
	work_goes_on(work, 3);
	rescues = vm_stat(work->vm, "hgatp_rescues");
	diag("%u losses, %llu rescues", LOSSES, (unsigned long long)rescues);
	/* A vCPU that is not in the guest at that moment may load hgatp before it checks it. */
	ok(rescues >= LOSSES / 2, "vCPUs that have lost hgatp get it back");
	ok(work_right(work), "vCPUs that have lost hgatp read their own memory only");
	ok(vm_sound(work->vm), "the tables are sound");
	work_end(work);
	ok(!tables_live(), "no tables are left");
	return done();
}
