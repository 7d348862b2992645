// SPDX-License-Identifier: GPL-2.0-only
/* What an exit costs, and a switch between vCPUs that share a hart. */
#include <stdio.h>

#include "code.h"
#include "perf.h"
#include "figure.h"
#include "paging.h"
#include "tap.h"

#define TURNS  1000
#define SERIES 25
#define PAGES  64
#define DATA   (PAGES * SZ_4K)

extern const char exit_guest[], exit_guest_end[];

/*
 * The guest calls the SBI `value` times, which KVM answers without the VMM. Then it rings the
 * doorbell. Nobody calls this C function: it passes the offsets to the assembler.
 */
__attribute__((used, noinline, noclone)) static void guest(void)
{
	asm volatile(CODE_BEGIN("exit_guest") "	mv	s11, a0\n"
					      "1:	fence\n"
					      "	lw	s0, %[seq](s11)\n"
					      "	ld	s1, %[value](s11)\n"
					      "2:	beqz	s1, 3f\n"
					      "	li	a7, 0x10\n"
					      "	li	a6, 0\n"
					      "	ecall\n"
					      "	addi	s1, s1, -1\n"
					      "	j	2b\n"
					      "3:	fence\n"
					      "	sw	s0, %[done](s11)\n"
					      "	li	t0, %[doorbell]\n"
					      "	sw	s0, 0(t0)\n"
					      "	j	1b\n" CODE_END("exit_guest")
		     :
		     : [seq] "i"(offsetof(struct mailbox, seq)),
		       [value] "i"(offsetof(struct mailbox, value)),
		       [done] "i"(offsetof(struct mailbox, done)), [doorbell] "i"(DOORBELL_GPA));
}

static u64 calls_ns(struct vcpu *vcpu, u64 calls)
{
	u64 start = now_ns();

	vcpu->box->value = calls;
	vcpu_do(vcpu, 0);
	return now_ns() - start;
}

/* The exit by which a run ends is in all runs. */
static void exits(void)
{
	struct vm *vm = vm_new(NULL);
	struct vcpu *vcpu = vcpu_new(vm);
	u64 few[SERIES], many[SERIES];

	code_set(vcpu, exit_guest, exit_guest_end);
	calls_ns(vcpu, 1);
	for (unsigned int s = 0; s < SERIES; s++) {
		few[s] = calls_ns(vcpu, 1);
		many[s] = calls_ns(vcpu, TURNS / SERIES + 1);
	}
	figure("exit", 0, "", "ns",
	       ((double)median_u64(many, SERIES) - median_u64(few, SERIES)) / (TURNS / SERIES),
	       "an exit that KVM answers, and the entry");
	vm_free(vm);
}

/* A guest with Sv39, so that the formats differ in PTE reads. */
static struct vcpu *reader(struct vm *vm, char *mem)
{
	struct vcpu *vcpu = vcpu_new(vm);

	paging_set(vcpu, &pagings[1], SMALL, SLOT_GPA, DATA);
	vm_slot(vm, SLOT, 0, SLOT_GPA, DATA, mem);
	return vcpu;
}

/* In each turn a guest stores to @pages pages, and exits to the VMM. */
static void turn(struct vcpu *vcpu, u64 pages)
{
	guest_fill(vcpu, SLOT_GPA, SZ_4K, pages, 1);
}

/* The host has other work at times, so take the median of many series. */
static double turn_ns(struct vcpu *one, struct vcpu *two)
{
	u64 ns[SERIES];

	for (unsigned int s = 0; s < SERIES; s++) {
		u64 start = now_ns();

		for (unsigned int i = 0; i < TURNS / SERIES; i++)
			turn(i & 1 ? two : one, 0);
		ns[s] = now_ns() - start;
	}
	return (double)median_u64(ns, SERIES) / (TURNS / SERIES);
}

/* Count an event in turns. Return: the number for each turn; -1 if the host cannot count it. */
static double turns_count(enum event event, struct vcpu *one, struct vcpu *two, u64 pages)
{
	int fd = count_start(event);

	if (fd < 0)
		return -1;
	for (unsigned int i = 0; i < TURNS; i++)
		turn(i & 1 ? two : one, pages);
	return (double)count_end(fd) / TURNS;
}

/* There is no figure if the host cannot count the event. */
static void count_figure(const char *key, double n, const char *label)
{
	if (n >= 0)
		figure(key, 0, "", "each", n, label);
}

enum other { SAME_VCPU, OTHER_VCPU, OTHER_VM };

struct kind {
	const char *key, *label;
	enum other other;
};

/* @format: NULL for the module's default. */
static void switches_in(const struct kind *kind, const struct format *format)
{
	char key[48], label[160], *mem[2] = { mem_map(DATA, SMALL), mem_map(DATA, SMALL) };
	const char *which = format ? "narrowest" : "default";
	struct vm *vm[2] = { vm_new(format), NULL };
	struct vcpu *one = reader(vm[0], mem[0]), *two = one;

	if (kind->other == OTHER_VCPU) {
		two = vcpu_new(vm[0]);
		paging_share(two, &pagings[1]);
	} else if (kind->other == OTHER_VM) {
		vm[1] = vm_new(format);
		two = reader(vm[1], mem[1]);
	}
	/* The first turns take all page faults. */
	for (unsigned int i = 0; i < 4; i++)
		turn(i & 1 ? two : one, PAGES);
	if (!format) {
		figure(kind->key, 0, "", "ns", turn_ns(one, two), kind->label);
		snprintf(key, sizeof(key), "%s-fences", kind->key);
		snprintf(label, sizeof(label), "%s: fences", kind->label);
		count_figure(key, turns_count(HFENCES, one, two, 0), label);
	}
	snprintf(key, sizeof(key), "%s-reads-%s", kind->key, which);
	snprintf(label, sizeof(label),
		 "%s; each turn of the Sv39 guest stores to %u pages, %s format: PTE reads",
		 kind->label, PAGES, which);
	count_figure(key, turns_count(GUEST_PTES, one, two, PAGES), label);
	for (unsigned int i = 0; i < 2; i++) {
		if (vm[i])
			vm_free(vm[i]);
		mem_unmap(mem[i], DATA);
	}
}

static void switches(const struct kind *kind)
{
	switches_in(kind, NULL);
	switches_in(kind, next_format(NULL));
}

void measure_switch(u64 unused)
{
	static const struct kind kinds[] = {
		{ "exit-vmm", "an exit to the VMM, and the entry of the same vCPU", SAME_VCPU },
		{ "switch-vcpus", "an exit to the VMM, and the entry of another vCPU of the VM",
		  OTHER_VCPU },
		{ "switch-vms", "an exit to the VMM, and the entry of a vCPU of another VM",
		  OTHER_VM },
	};

	(void)unused;
	keep_to(0);
	exits();
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		switches(&kinds[i]);
}
