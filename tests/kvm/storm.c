// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread of the VMM takes memory away and never pauses: faults get through, those elsewhere at once;
 * and a large slot that goes, or a large VM, does not keep others from the hart for long.
 */
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "count.h"
#include "vcpu.h"

#define GPA	SZ_1G
#define PAGES	2048UL
#define SIZE	(PAGES * SZ_4K)
#define LAST	(SIZE - 16 * SZ_4K) /* what the thread takes away elsewhere */
#define FEW	256UL /* pages that are fought over: each may have to be tried often */
#define BIG_GPA (4 * SZ_1G)
#define BIG	(6 * SZ_1G)
#define ROUNDS	20

static struct vm *vm;
static struct vcpu *vcpu;
static const char *name;

static struct {
	char *mem;
	size_t size;
	atomic_ulong times;
	atomic_bool over;
} storm;

static void *take_away(void *unused)
{
	while (!storm.over) {
		madvise(storm.mem, storm.size, MADV_DONTNEED);
		storm.times++;
	}
	return unused;
}

static pthread_t storm_begin(char *mem, size_t size)
{
	pthread_t thread;

	storm.mem = mem;
	storm.size = size;
	storm.over = false;
	storm.times = 0;
	pthread_create(&thread, NULL, take_away, NULL);
	while (!storm.times)
		usleep(100);
	return thread;
}

static void storm_end(pthread_t thread)
{
	storm.over = true;
	pthread_join(thread, NULL);
}

static void told(const char *what)
{
	diag("%s: %s: %lu times taken away; %ld faults, %ld retries, %ld waits", name, what,
	     (unsigned long)storm.times, count_of(vm, "faults"), count_of(vm, "retries"),
	     count_of(vm, "waits"));
}

/* Each of these faults would have been lost to a notifier for pages that it has nothing to do with. */
static void elsewhere(char *mem)
{
	const unsigned long pages = PAGES - 16;
	pthread_t thread;

	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	thread = storm_begin(mem + LAST, SIZE - LAST);
	count_from(vm);
	guest_fill(vcpu, GPA, SZ_4K, pages, 1);
	storm_end(thread);
	told("elsewhere");
	ok(storm.times > 0 && count_of(vm, "retries") <= (long)pages / 50,
	   "%s: memory is taken away elsewhere: faults are not repeated", name);
	ok(!guest_check(vcpu, GPA, SZ_4K, pages, 1) && vm_sound(vm),
	   "%s: and every page has its data", name);
	for (u64 at = 0; at < LAST; at += SZ_4K)
		if (*(u64 *)(mem + at) != stamp(1, GPA + at))
			bail("%s: the host has other pages than the guest", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
}

/*
 * How often a fault must be repeated is a matter of luck, and of how fast the two harts are. But it sleeps until
 * the notifier that it met is done: no notifier costs two of them, but where the sleep has an end.
 */
static void same(char *mem)
{
	pthread_t thread;

	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	thread = storm_begin(mem, SIZE);
	count_from(vm);
	do
		guest_fill(vcpu, GPA, SZ_4K, FEW, 2);
	while (storm.times < 200);
	storm_end(thread);
	told("the same");
	ok(count_of(vm, "retries") <= (long)storm.times && count_of(vm, "waits") > 0,
	   "%s: the same memory is taken away: faults wait, and get through", name);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 3);
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 3) && vm_sound(vm),
	   "%s: and the guest's pages are the host's", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
}

/* Wants the hart that the caller is on, over and over: it goes before all others. */
static atomic_bool impatient_over;

static void *impatient(void *unused)
{
	struct sched_param param = { .sched_priority = 1 };

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		bail("no SCHED_FIFO");
	while (!impatient_over)
		usleep(100);
	return unused;
}

/* Two harts are one: who wants it too must be let. Return: those that there were. */
static cpu_set_t one_hart(void)
{
	cpu_set_t all, one;

	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	return all;
}

/* While 3072 tables of one slot go, another thread gets the hart. */
static void large(void)
{
	char *big = mem_map(BIG, SMALL);
	cpu_set_t all = one_hart();
	unsigned int rounds = 0;
	pthread_t thread;
	long breaks;
	bool gone;

	impatient_over = false;
	pthread_create(&thread, NULL, impatient, NULL);
	/* On a busy machine the emulated hart may have no interrupt meanwhile: again, then. */
	do {
		vm_slot(vm, 1, 0, BIG_GPA, BIG, big);
		guest_fill(vcpu, BIG_GPA, SZ_2M, BIG / SZ_2M, 4);
		count_from(vm);
		vm_slot(vm, 1, 0, BIG_GPA, 0, big);
		breaks = count_of(vm, "lock_breaks");
		gone = count_of(vm, "leaves_4k") == -(long)(BIG / SZ_2M);
	} while (gone && !breaks && ++rounds < ROUNDS);
	impatient_over = true;
	pthread_join(thread, NULL);
	sched_setaffinity(0, sizeof(all), &all);
	diag("%s: %ld breaks, after %u rounds without", name, breaks, rounds);
	ok(gone && breaks > 0 && breaks < (long)(BIG / SZ_1G),
	   "%s: a slot of 6 GiB goes, and others have the lock and the hart meanwhile", name);
	ok(vm_sound(vm), "%s: sound", name);
	mem_unmap(big, BIG);
}

/* Looks at how many tables there are, before all others. */
static struct {
	u64 most;
	unsigned int between;
	atomic_bool over;
} watch;

static void *watching(void *unused)
{
	struct sched_param param = { .sched_priority = 1 };
	u64 seen = watch.most;

	if (sched_setscheduler(0, SCHED_FIFO, &param))
		bail("no SCHED_FIFO");
	while (!watch.over) {
		u64 now = tables_live();

		watch.between += now && now < seen;
		seen = now;
		usleep(100);
	}
	return unused;
}

/* While 32768 tables of a VM go, that has 64 GiB, another thread gets the hart. */
static void ending(void)
{
	const u64 size = 64 * SZ_1G;
	char *big = mem_map(size, SMALL);
	pthread_t thread;
	cpu_set_t all;

	vm = vm_new(host.widest);
	vcpu = vcpu_new(vm);
	vm_slot(vm, 1, 0, BIG_GPA, size, big);
	guest_fill(vcpu, BIG_GPA, SZ_2M, size / SZ_2M, 5);
	all = one_hart();
	watch.most = tables_live();
	pthread_create(&thread, NULL, watching, NULL);
	vm_free(vm);
	watch.over = true;
	pthread_join(thread, NULL);
	sched_setaffinity(0, sizeof(all), &all);
	diag("%u looks at fewer than %llu tables", watch.between, (unsigned long long)watch.most);
	ok(watch.most > size / SZ_2M && watch.between > 2 && !tables_live(),
	   "a VM of 64 GiB ends: another thread gets the hart, again and again, while its tables go");
	mem_unmap(big, size);
}

int main(void)
{
	const struct format *f;
	char *mem;

	host_init(180);
	mem = mem_map(SIZE, SMALL);
	for_each_format(f) {
		name = f->name;
		vm = vm_new(f);
		vcpu = vcpu_new(vm);
		vcpu_warm(vcpu);
		elsewhere(mem);
		same(mem);
		large();
		vm_free(vm);
		madvise(mem, SIZE, MADV_DONTNEED);
	}
	ending();
	return done();
}
