// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host moves, splits, collapses, shares and monitors the guest's memory. The guest must not
 * notice it. vCPUs write all of the memory in a loop, and check that each word has the value that
 * they wrote last. So faults race MMU notifiers all the time.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "vcpu.h"

#define GPA       (2 * SZ_1G - SIZE / 2)
#define SIZE      (4 * SZ_2M)
#define PAGES     (SIZE / SZ_4K)
#define VCPUS     2
#define RUN_MS    600
#define TIMES_MIN 3
#define LOOK_MS   20000

static char *mem;
static struct vm *vm;

static char *some(size_t size)
{
	return mem + (rnd() % (SIZE - size + SZ_4K) & ~(SZ_4K - 1));
}

/* The memory stays writable, but its mapping changes and huge pages are split. */
static void protect(void)
{
	size_t size = (1 + rnd() % 700) * SZ_4K;
	char *at = some(size);

	mprotect(at, size, PROT_READ | PROT_WRITE | PROT_EXEC);
	mprotect(at, size, PROT_READ | PROT_WRITE);
}

static void collapse(void)
{
	protect();
	madvise(mem + rnd() % (SIZE / SZ_2M) * SZ_2M, SZ_2M, MADV_COLLAPSE);
}

static void compact(void)
{
	write_text("/proc/sys/vm/compact_memory", "1");
}

/* Every page is copied at the next write. The child keeps the old one until it exits. */
static void copy(void)
{
	pid_t child = fork();

	if (!child) {
		usleep(1000);
		_exit(0);
	}
	waitpid(child, NULL, 0);
}

static void cold(void)
{
	size_t size = (1 + rnd() % 700) * SZ_4K;

	madvise(some(size), size, MADV_COLD);
}

static void log_dirty(void)
{
	static u64 log[PAGES / 64];
	struct kvm_dirty_log dirty = { .slot = 0, .dirty_bitmap = log };

	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	usleep(500);
	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &dirty))
		bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
}

static void everything(void);

static const struct action {
	const char *name;
	void (*act)(void);
} actions[] = {
	{ "mprotect", protect },        { "MADV_COLLAPSE", collapse },
	{ "compaction", compact },      { "fork", copy },
	{ "MADV_COLD", cold },          { "dirty logging", log_dirty },
	{ "all of these", everything },
};

static void everything(void)
{
	actions[rnd() % (ARRAY_SIZE(actions) - 1)].act();
}

static void start(void)
{
	for (unsigned int v = 0; v < VCPUS; v++) {
		struct vcpu *vcpu = vm->vcpu[v];

		/* The vCPUs take pages in turn, so that each uses every table and huge page. */
		for (unsigned int i = 0; i < PAGES / VCPUS; i++)
			vcpu->list[i] = GPA + (i * VCPUS + v) * SZ_4K + v * 8;
		vcpu->box->count = PAGES / VCPUS;
		vcpu->box->tag = 0;
		vcpu_do(vcpu, OP_LIST_FILL);
		vcpu_post(vcpu, OP_LIST_RENEW);
	}
}

/*
 * Wait until the vCPU has made two more passes, and so has checked the last changes. This may be
 * slow after a fork: every page is copied, and each copy has a fence that waits for the other
 * hart, which may wait for a core of the machine. So wait on while there are faults.
 */
static bool looks_again(const struct mailbox *box)
{
	u64 before = box->passes, faults;

	do {
		faults = host.gstage ? vm_stat(vm, "faults") : 0;
		if (wait_for(box->passes >= before + 2, LOOK_MS))
			return true;
	} while (host.gstage && vm_stat(vm, "faults") != faults);
	return false;
}

static void churn(const struct action *action)
{
	u64 begin, passes = 0;
	unsigned int n = 0;
	bool good = true;

	start();
	begin = now_ms();
	for (; now_ms() - begin < RUN_MS || n < TIMES_MIN; n++)
		action->act();
	for (unsigned int v = 0; v < VCPUS; v++) {
		struct vcpu *vcpu = vm->vcpu[v];
		struct mailbox *box = vcpu->box;

		if (!looks_again(box))
			bail("%s: vCPU %u makes no progress", action->name, v);
		vcpu_halt(vcpu);
		passes += box->passes;
		if (!box->result && !vcpu->efaults && !vcpu->mmio_reads && !vcpu->mmio_writes)
			continue;
		diag("vCPU %u: %llu wrong words, the first at 0x%llx: 0x%llx; %lu EFAULT, %lu MMIO",
		     v, (unsigned long long)box->result, (unsigned long long)box->bad_addr,
		     (unsigned long long)box->bad_value, vcpu->efaults,
		     vcpu->mmio_reads + vcpu->mmio_writes);
		good = false;
	}
	diag("%s: %u times, while the guest made %llu passes", action->name, n,
	     (unsigned long long)passes);
	ok(good && vm_sound(vm), "%s, %s: the guest does not notice", vm->format->name,
	   action->name);
}

int main(void)
{
	const struct format *f;

	host_init(280);
	for_each_format(f) {
		/* The widest format has all actions; the other formats only the last one. */
		unsigned int first = f == host.widest ? 0 : ARRAY_SIZE(actions) - 1;

		mem = mem_map(SIZE, HUGE);
		vm = vm_new(f);
		vm_slot(vm, 0, 0, GPA, SIZE, mem);
		for (unsigned int v = 0; v < VCPUS; v++)
			vcpu_start_alone(vcpu_new(vm));
		for (unsigned int i = first; i < ARRAY_SIZE(actions); i++)
			churn(&actions[i]);
		for (unsigned int v = 0; v < VCPUS; v++)
			vcpu_stop(vm->vcpu[v]);
		vm_free(vm);
		mem_unmap(mem, SIZE);
	}
	if (host.gstage)
		ok(!tables_live(), "no tables are left");
	return done();
}
