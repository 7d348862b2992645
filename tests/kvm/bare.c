// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VM with vCPUs and nothing mapped changes its format, but there is no memory for a new root. The
 * change must fail with ENOMEM and must not change hgatp. If hgatp lost its root, the vCPU would
 * run with MODE Bare, and its gpas would be physical addresses of the host.
 *
 * The test has a page with code B at the physical address G. The guest has code A at the gpa G.
 * Each code only reports its name. This needs a test build, whose parameter test_fail_nth makes an
 * allocation fail.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dump.h"
#include "live.h"
#include "race.h"
#include "tap.h"

#define FAIL_NTH "/sys/module/kvm/parameters/test_fail_nth"
#define ROUNDS   400
/* Many vCPUs, because a change of format takes longer the more vCPUs it has to notify. */
#define VCPUS 200

#define REG_PC                                                                                     \
	(KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CORE |                                   \
	 offsetof(struct kvm_riscv_core, regs.pc) / sizeof(unsigned long))

enum code { CODE_GUEST = 1, CODE_HOST = 2 };

static int vm, vcpu;
static struct kvm_run *run;
static u64 gpa;
static atomic_int go, ran, quit;
static atomic_uint delay;
static unsigned long by_code[3], other;

/* A loop of ecalls with a0 = @which. KVM forwards this experimental SBI extension to the VMM. */
static void write_code(void *page, enum code which)
{
	const u32 code[] = {
		0x080008b7,                    /* lui a7, 0x8000 */
		0x00000813,                    /* li a6, 0 */
		0x00000513 | (u32)which << 20, /* li a0, which */
		0x00000073,                    /* ecall */
		0xff1ff06f,                    /* j -16 */
	};

	memcpy(page, code, sizeof(code));
}

static void run_once(void)
{
	struct kvm_one_reg reg = { .id = REG_PC, .addr = (uintptr_t)&gpa };
	int ret;

	ioctl(vcpu, KVM_SET_ONE_REG, &reg);
	while (!go && !quit)
		;
	if (quit)
		return;
	go = 0;
	race_spin(delay);
	ret = ioctl(vcpu, KVM_RUN, 0);
	if (!ret && run->exit_reason == KVM_EXIT_RISCV_SBI && run->riscv_sbi.args[0] <= 2) {
		by_code[run->riscv_sbi.args[0]]++;
		run->riscv_sbi.ret[0] = 0;
	} else {
		other++;
	}
	ran = 1;
}

static void *runner(void *unused)
{
	keep_to(1);
	while (!quit)
		run_once();
	return unused;
}

static void make_vm(void *guest_page)
{
	vm = vm_bare();
	for (unsigned int i = 0; i < VCPUS; i++) {
		int fd = ioctl(vm, KVM_CREATE_VCPU, i);

		if (fd < 0)
			bail("vCPU %u: %s", i, strerror(errno));
		if (!i)
			vcpu = fd;
	}
	run = mmap(NULL, ioctl(host.kvm, KVM_GET_VCPU_MMAP_SIZE, 0), PROT_READ | PROT_WRITE,
		   MAP_SHARED, vcpu, 0);
	if (run == MAP_FAILED || set_slot(vm, 0, 0, gpa, SZ_4K, guest_page))
		bail("cannot set up the VM: %s", strerror(errno));
}

/* The @nth allocation of a change fails while the vCPU faults. Return: errno of the change. */
static int change_without_memory(unsigned int nth, const struct format *to)
{
	char text[16];
	int err;

	snprintf(text, sizeof(text), "%u", nth);
	if (write_text(FAIL_NTH, text))
		bail("no " FAIL_NTH ": run the test with --module gstage-test");
	delay = rnd() % 3000;
	ran = 0;
	go = 1;
	race_spin(rnd() % 3000);
	err = change_format(vm, to->mode);
	while (!ran)
		;
	write_text(FAIL_NTH, "0");
	return err;
}

int main(void)
{
	const struct format *f = NULL, *was;
	unsigned long changed = 0, wrong = 0;
	char *host_page, *guest_page;
	pthread_t thread;

	host_init(100);
	host_page = mem_map(SZ_4K, SMALL);
	write_code(host_page, CODE_HOST);
	mlock(host_page, SZ_4K);
	gpa = host_pa(host_page);
	if (!gpa)
		bail("the page has no physical address");
	guest_page = mmap(NULL, SZ_4K, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	write_code(guest_page, CODE_GUEST);
	make_vm(guest_page);

	keep_to(0);
	pthread_create(&thread, NULL, runner, NULL);
	was = get_format(vm);
	for (unsigned int i = 0; i < ROUNDS && !by_code[CODE_HOST]; i++) {
		int err;

		madvise(guest_page, SZ_4K, MADV_DONTNEED);
		do
			f = next_format(f) ?: next_format(NULL);
		while (f == was);
		/* The first allocation is for a table, the second for the root. */
		err = change_without_memory(1 + i % 2, f);
		/* The change succeeds if the failed allocation was that of the vCPU's fault. */
		changed += !err;
		wrong += err && err != ENOMEM;
		if (err ? get_format(vm) != was : get_format(vm) != f)
			wrong++;
		was = get_format(vm);
	}
	quit = 1;
	pthread_join(thread, NULL);
	diag("%u changes, %lu succeeded; KVM_RUN ran the guest's code %lu times, %lu other ends",
	     ROUNDS, changed, by_code[CODE_GUEST], other);
	ok(!by_code[CODE_HOST], "the guest never runs code at a physical address of the host");
	ok(!wrong, "a change fails with ENOMEM and changes nothing, or succeeds");
	ok(changed < ROUNDS / 2, "most changes fail because there is no memory");
	ok(!change_format(vm, next_format(NULL)->mode), "a change succeeds when there is memory");
	return done();
}
