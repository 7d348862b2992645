// SPDX-License-Identifier: GPL-2.0-only
/*
 * KVM reads an instruction from a guest's memory after another VM has run on the same hart. It
 * must read the instruction of the right VM.
 *
 * One VM makes exits that KVM decodes. With the module's parameter test_no_htinst KVM reads all
 * of these instructions. A real-time thread preempts this VM at random times, and runs another VM
 * that has another instruction at the same gpa. The other VM also uses paging. With its vsatp, the
 * first VM's memory also gives the other instruction. So KVM reads a wrong instruction if either
 * hgatp or vsatp is the other VM's.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "tap.h"
#include "vcpu.h"

/* The instruction in lib/guest/decode.S: LWU a2, 2044(a1). The other VM has an LHU instead. */
#define WHICH 5
#define AT    2044
#define INSN  ((u32)AT << 20 | 11 << 15 | 6 << 12 | 12 << 7 | 3)
#define OTHER ((u32)AT << 20 | 11 << 15 | 5 << 12 | 12 << 7 | 3)

/* A VS-stage table of Sv39 with one leaf of 1 GiB, with the bits V, R, W, X, A and D. */
#define TABLE (CONTROL_SIZE - SZ_4K)
#define LEAF  0xcf

#define DEVICE 0x20000000
#define TURNS  4000

static struct vm *other;
static atomic_uint turns;
static atomic_bool over;

static void *come_between(void *unused)
{
	struct sched_param param = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		bail("SCHED_FIFO: %s", strerror(errno));
	while (!over) {
		struct timespec a_moment = { .tv_nsec = 20000 + rnd() % 200000 };

		nanosleep(&a_moment, NULL);
		guest_load(other->vcpu[0], CONTROL_GPA);
		turns++;
	}
	return unused;
}

static void replace(char *control)
{
	unsigned int n = 0;

	for (u32 *at = (u32 *)control; at < (u32 *)(control + CONTROL_CODE_SIZE); at++)
		if (*at == INSN) {
			*at = OTHER;
			n++;
		}
	if (n != 1)
		bail("the guest program has the instruction %u times, expected once", n);
}

static void make_other(void)
{
	other = vm_new(NULL);
	replace(other->control);
	*(u64 *)(other->control + TABLE) = LEAF;
	vcpu_set_satp(vcpu_new(other), 8ULL << 60 | (CONTROL_GPA + TABLE) >> 12);
	vcpu_warm(other->vcpu[0]);
}

static void interrupt(const struct format *f)
{
	unsigned long decoded = 0, foreign = 0;
	struct vm *vm = vm_new(f);
	struct vcpu *vcpu = vcpu_new(vm);
	char *wrong = mem_map(CONTROL_SIZE, SMALL);
	pthread_t thread;

	memcpy(wrong, vm->control, CONTROL_CODE_SIZE);
	replace(wrong);
	vm_slot(vm, 0, 0, SZ_1G + CONTROL_GPA, CONTROL_SIZE, wrong);
	*(u64 *)(vm->control + TABLE) = SZ_1G >> 2 | LEAF;
	/* Map all pages, so that no fault can keep KVM from reading a wrong instruction. */
	for (u64 at = 0; at < CONTROL_CODE_SIZE; at += SZ_4K)
		guest_load(vcpu, SZ_1G + CONTROL_GPA + at);
	guest_load(vcpu, CONTROL_GPA + TABLE);
	over = false;
	turns = 0;
	pthread_create(&thread, NULL, come_between, NULL);
	for (; turns < TURNS; decoded++) {
		vcpu->box->count = WHICH;
		vcpu->box->addr = DEVICE;
		vcpu_do(vcpu, OP_DECODE);
		foreign += vcpu->mmio_addr != DEVICE + AT || vcpu->mmio_len != 4;
	}
	over = true;
	pthread_join(thread, NULL);
	diag("%s: %lu instructions, the other VM ran %u times", f->name, decoded, turns);
	ok(!foreign, "%s: KVM reads the instructions of the right VM (%lu are wrong)", f->name,
	   foreign);
	vm_free(vm);
	mem_unmap(wrong, CONTROL_SIZE);
}

int main(void)
{
	const struct format *f = NULL;

	host_init(100);
	keep_to(0);
	make_other();
	for_each_format(f)
		interrupt(f);
	vm_free(other);
	return done();
}
