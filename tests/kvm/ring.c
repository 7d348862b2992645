// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty rings have exactly the pages that the guest wrote, and lose none when a ring is full. A
 * copy of memory, made with the rings while the guest writes, is right in the end. A pre-fault does
 * not wait because a ring is full.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "ring.h"
#include "tap.h"

#define GPA    SZ_1G
#define PAGES  4096
#define SIZE   (PAGES * SZ_4K)
#define ROUNDS 100
/* Pages that the vCPUs in running() write to. */
#define HOT 64

static struct vm *vm;
static struct ring rings[2];
static char *mem, taken[PAGES];
static unsigned int full, entries;

/* Take all entries of the rings, and let KVM watch their pages again. */
static void collect(void)
{
	unsigned int n = 0, reset;

	for (unsigned int v = 0; v < vm->vcpus; v++)
		n += ring_take(&rings[v], taken, PAGES);
	reset = rings_reset(vm);
	if (reset != n)
		bail("%u entries were taken, and %u reset", n, reset);
	entries += n;
}

static void when_full(struct vcpu *vcpu)
{
	(void)vcpu;
	full++;
	collect();
}

/* For a vCPU thread: wait until the main thread has collected. */
static void wait_full(struct vcpu *vcpu)
{
	(void)vcpu;
	__atomic_add_fetch(&full, 1, __ATOMIC_RELAXED);
	usleep(200);
}

/* Are the pages taken from the rings exactly those in @written? */
static bool exactly(const char *written)
{
	for (unsigned int page = 0; page < PAGES; page++) {
		if (taken[page] == written[page])
			continue;
		diag("page %u is %s", page,
		     taken[page] ? "in the ring, and was not written" : "not in the ring");
		return false;
	}
	return true;
}

/* Write the first page, the last page, and random pages, @n in all. Sets them in @written. */
static void write_some(struct vcpu *vcpu, unsigned int n, char *written)
{
	memset(written, 0, PAGES);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int page = i < 2 ? i * (PAGES - 1) : rnd() % PAGES;

		vcpu->list[i] = GPA + page * SZ_4K;
		written[page] = 1;
	}
	vcpu->box->count = n;
	vcpu->box->tag = rnd() & 0xffff;
	vcpu_do(vcpu, OP_LIST_FILL);
}

static void exact(const char *name)
{
	static char written[PAGES];
	struct vcpu *vcpu = vm->vcpu[0];
	bool good = true;

	vcpu->ring_full = when_full;
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 1);
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	for (unsigned int i = 0; i < 5; i++) {
		memset(taken, 0, sizeof(taken));
		write_some(vcpu, 100, written);
		collect();
		good &= exactly(written);
	}
	ok(good, "%s: the rings have exactly the written pages", name);
	memset(taken, 0, sizeof(taken));
	memset(written, 0, sizeof(written));
	collect();
	guest_check(vcpu, GPA, SZ_4K, PAGES, 1);
	collect();
	ok(exactly(written), "%s: the rings have them only once, and no pages that were only read",
	   name);

	full = entries = 0;
	memset(written, 1, sizeof(written));
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	collect();
	ok(exactly(written) && full >= PAGES / RING_ENTRIES - 1,
	   "%s: more pages than a ring holds: it is full %u times, and no page is lost", name,
	   full);
	ok(entries >= PAGES && entries < PAGES + PAGES / 8,
	   "%s: most pages take one entry (%u entries for %u pages)", name, entries, PAGES);
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 2) && vm_sound(vm),
	   "%s: the guest's memory is right, and the tables are sound", name);
	if (host.gstage)
		ok(vm_stat(vm, "faults_logged") > PAGES / 2,
		   "%s: %llu of the faults did not look up the page in the host", name,
		   (unsigned long long)vm_stat(vm, "faults_logged"));
}

static u64 word(const char *at, unsigned int page)
{
	return *(volatile const u64 *)(at + page * SZ_4K);
}

static unsigned int differ(const u64 *copy)
{
	unsigned int n = 0;

	for (unsigned int page = 0; page < PAGES; page++)
		n += copy[page] != word(mem, page);
	return n;
}

/* Copy the pages that were taken. KVM already watches them again. */
static void copy_taken(u64 *copy)
{
	for (unsigned int page = 0; page < PAGES; page++)
		if (taken[page])
			copy[page] = word(mem, page);
	memset(taken, 0, sizeof(taken));
}

/* Copy the memory while the guest runs, as a migration does. */
static void running(const char *name)
{
	static u64 copy[PAGES];
	unsigned int before, after;

	memset(taken, 0, sizeof(taken));
	collect();
	memset(taken, 1, sizeof(taken));
	full = entries = 0;
	for (unsigned int v = 0; v < vm->vcpus; v++) {
		struct vcpu *vcpu = vm->vcpu[v];

		vcpu->ring_full = wait_full;
		vcpu_start_alone(vcpu);
		for (unsigned int i = 0; i < HOT; i++)
			vcpu->list[i] = GPA + i * 37 % PAGES * SZ_4K;
		vcpu->box->count = HOT;
		vcpu->box->value = 0x1234567 + v;
		vcpu->box->stride = 20;
		vcpu_post(vcpu, OP_LIST_RANDOM);
	}
	copy_taken(copy);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		usleep(rnd() % 4000);
		collect();
		copy_taken(copy);
	}
	for (unsigned int ms = 0; ms < 5000 && !differ(copy); ms++)
		usleep(1000);
	for (unsigned int v = 0; v < vm->vcpus; v++) {
		vcpu_halt(vm->vcpu[v]);
		vcpu_stop(vm->vcpu[v]);
	}
	before = differ(copy);
	collect();
	copy_taken(copy);
	after = differ(copy);
	diag("%u entries; %u pages differed before the last copy", entries, before);
	/* @before is not 0, so the comparison also sees a page that a ring has lost. */
	ok(before && !after, "%s, %u vCPUs that never stop: the copy is right", name, vm->vcpus);
	ok(vm_sound(vm), "%s: the tables are sound after that", name);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
}

static void out_of_cpu(int sig)
{
	(void)sig;
}

/*
 * The ring was full, the VMM has emptied it, and the vCPU has not run since. KVM's request
 * KVM_REQ_DIRTY_RING_SOFT_FULL is still set, and only KVM_RUN clears it. A pre-fault that waits for
 * that never ends. A signal ends it after two seconds of CPU time.
 */
static void full_prefault(const char *name)
{
	struct itimerval cpu = { .it_value = { .tv_sec = 2 } }, off = {};
	struct sigaction action = { .sa_handler = out_of_cpu };
	struct vcpu *vcpu = vm->vcpu[0];
	char *fresh = mem_map(SZ_2M, SMALL);
	int err = 0;

	vm_slot(vm, 1, 0, GPA + 2 * SIZE, SZ_2M, fresh);
	vcpu->box->addr = GPA;
	vcpu->box->stride = SZ_4K;
	vcpu->box->count = PAGES;
	vcpu->box->tag = 3;
	vcpu_post(vcpu, OP_FILL);
	do {
		if (ioctl(vcpu->fd, KVM_RUN, 0) && errno != EINTR)
			bail("KVM_RUN: %s", strerror(errno));
	} while (vcpu->run->exit_reason != KVM_EXIT_DIRTY_RING_FULL);
	collect();

	sigaction(SIGPROF, &action, NULL);
	setitimer(ITIMER_PROF, &cpu, NULL);
	for (unsigned int page = 0; page < 32 && !err; page++)
		err = vcpu_prefault(vcpu, GPA + 2 * SIZE + page * SZ_4K, SZ_4K);
	setitimer(ITIMER_PROF, &off, NULL);
	ok(is(err, 0), "%s: pre-faults succeed after the ring was full", name);
	err = vcpu_prefault(vcpu, GPA + 4 * SIZE, SZ_4K);
	ok(is(err, ENOENT), "%s: a pre-fault without a slot fails with ENOENT", name);
	vcpu_wait(vcpu);
	collect();
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 3), "%s: the guest goes on after the pre-faults",
	   name);
	vm_slot(vm, 1, 0, GPA + 2 * SIZE, 0, fresh);
	mem_unmap(fresh, SZ_2M);
}

int main(void)
{
	static const char *const names[] = { [SMALL] = "small pages", [HUGE] = "huge pages" };
	const struct format *f = NULL;

	host_init(100);
	for (enum backing backing = SMALL; backing <= HUGE; backing++) {
		f = next_format(f) ?: next_format(NULL);
		vm = vm_new(f);
		diag("%s", f->name);
		if (!rings_enable(vm))
			bail("this kernel has no dirty rings");
		mem = mem_map(SIZE, backing);
		vm_slot(vm, 0, 0, GPA, SIZE, mem);
		ring_map(&rings[0], vcpu_new(vm));
		exact(names[backing]);
		if (host.gstage)
			full_prefault(names[backing]);
		ring_map(&rings[1], vcpu_new(vm));
		running(names[backing]);
		ring_unmap(&rings[0]);
		ring_unmap(&rings[1]);
		vm_free(vm);
		mem_unmap(mem, SIZE);
	}
	return done();
}
