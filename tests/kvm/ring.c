// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty rings: what the guest wrote and nothing else, none of it lost where a ring fills up, and
 * memory that is copied while its guest goes on writing is the guest's memory in the end. A ring
 * that is full does not hold up pre-faults.
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
/* Places that vCPUs which never stop write to. */
#define HOT 64

static struct vm *vm;
static struct ring rings[2];
static char *mem, taken[PAGES];
static unsigned int full, entries;

/* Take all that is there and have it watched again. */
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

/* Another thread collects. */
static void wait_full(struct vcpu *vcpu)
{
	(void)vcpu;
	__atomic_add_fetch(&full, 1, __ATOMIC_RELAXED);
	usleep(200);
}

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
	ok(good, "%s: the rings have what was written", name);
	memset(taken, 0, sizeof(taken));
	memset(written, 0, sizeof(written));
	collect();
	guest_check(vcpu, GPA, SZ_4K, PAGES, 1);
	collect();
	ok(exactly(written), "%s: once, and not what was read", name);

	full = entries = 0;
	memset(written, 1, sizeof(written));
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	collect();
	ok(exactly(written) && full >= PAGES / RING_ENTRIES - 1,
	   "%s: more than a ring holds: full %u times, and nothing is lost", name, full);
	ok(entries >= PAGES && entries < PAGES + PAGES / 8,
	   "%s: a page takes one entry, or few more (%u for %u)", name, entries, PAGES);
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 2) && vm_sound(vm),
	   "%s: all is written, and sound", name);
	if (host.gstage)
		ok(vm_stat(vm, "faults_logged") > PAGES / 2,
		   "%s: %llu of these stores took no look-up of the page", name,
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

/* Copy what has been taken, which is watched again by now. */
static void copy_taken(u64 *copy)
{
	for (unsigned int page = 0; page < PAGES; page++)
		if (taken[page])
			copy[page] = word(mem, page);
	memset(taken, 0, sizeof(taken));
}

/* As a migration does it. */
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
	/* What the last round lacks is seen: so would be a page that a ring had lost. */
	ok(before && !after, "%s, %u vCPUs that never stop: the copy is the memory", name,
	   vm->vcpus);
	ok(vm_sound(vm), "%s: sound after that", name);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
}

static void out_of_cpu(int sig)
{
	(void)sig;
}

/*
 * The ring has been full, the VMM has emptied it, and the vCPU has not run since: KVM still has its
 * request to tell that the ring is full. A pre-fault that waits for the end of that waits for
 * itself. It gets two seconds of CPU time.
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
	ok(is(err, 0), "%s: memory is faulted ahead though the ring was full", name);
	err = vcpu_prefault(vcpu, GPA + 4 * SIZE, SZ_4K);
	ok(is(err, ENOENT), "%s: and where there is none, that is said", name);
	vcpu_wait(vcpu);
	collect();
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 3), "%s: and the guest goes on", name);
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
