// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest asks its host for fences of the VS-stage again and again, and the VM's format changes
 * meanwhile. Stock code writes hgatp around such a fence: MODE Bare with the VM's VMID, and then
 * the old value, whose root may have been freed in between. gstage leaves hgatp alone.
 *
 * On QEMU only a root that is still in hgatp when the guest is entered can have an effect. The
 * strict machine (docs/STRICT.md) reports the other cases, too.
 */
#include <linux/kvm.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "live.h"
#include "snippet.h"
#include "tap.h"

#define CALLS 4000
/* The format must change at least this many times before the guest ends. */
#define CHANGES_MIN 5

static const u32 loop[] = {
	0x00100513,             /* li a0, 1: hart 0 */
	0x00000593,             /* li a1, 0: from hart 0 on */
	INSN_ECALL, 0x00a989b3, /* add s3, s3, a0: errors */
	0xfff90913,             /* addi s2, s2, -1 */
	0xfe0916e3,             /* bnez s2, loop */
};

static struct snippet s;
static volatile bool ended;
static int exit_reason;

static void *run(void *unused)
{
	(void)unused;
	exit_reason = snippet_run(&s, loop, ARRAY_SIZE(loop));
	ended = true;
	return NULL;
}

int main(void)
{
	const struct format *f = NULL;
	unsigned int changes = 0, failed = 0;
	struct vm vm;
	pthread_t thread;

	host_init(60);
	snippet_begin(&s);
	snippet_vcpu(&s);
	snippet_set(&s, A2, 0);
	snippet_set(&s, A3, ~0UL); /* all addresses */
	snippet_set(&s, A6, RFENCE_SFENCE_VMA);
	snippet_set(&s, A7, SBI_EXT_RFENCE);
	snippet_set(&s, S2, CALLS);
	snippet_set(&s, S3, 0);
	vm = (struct vm){ .fd = s.vm, .tid = gettid() };
	if (pthread_create(&thread, NULL, run, NULL))
		bail("no thread");
	while (!ended) {
		f = next_format(f) ?: next_format(NULL);
		failed += change_format(s.vm, f->mode) != 0;
		changes++;
		sched_yield();
	}
	pthread_join(thread, NULL);
	diag("%u changes", changes);
	ok(exit_reason == KVM_EXIT_MMIO && !snippet_cause(&s) && !snippet_get(&s, S2),
	   "the guest has asked for %u fences", CALLS);
	ok(!snippet_get(&s, S3), "the host has executed all of them");
	ok(!failed && changes >= CHANGES_MIN, "the format has changed meanwhile");
	ok(!vm_stat(&vm, "hgatp_rescues"), "hgatp_rescues is 0");
	ok(vm_sound(&vm), "the tables are sound");
	snippet_end(&s);
	return done();
}
