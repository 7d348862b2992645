// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread of the VMM drops memory in a loop. Faults on this memory must succeed in the end, and
 * faults on other memory at once. Also, the deletion of a large slot or of a large VM must not
 * keep other threads from the lock or from the hart for long.
 */
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "count.h"
#include "vcpu.h"

#define GPA     SZ_1G
#define PAGES   2048UL
#define SIZE    (PAGES * SZ_4K)
#define LAST    (SIZE - 16 * SZ_4K) /* the thread drops memory from here on in elsewhere() */
#define FEW     256UL               /* pages in same(): few, as each fault may be repeated often */
#define BIG_GPA (4 * SZ_1G)
#define BIG     (6 * SZ_1G)
#define ROUNDS  20

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
	diag("%s: %s: %lu drops; %ld faults, %ld retries, %ld waits", name, what,
	     (unsigned long)storm.times, count_of(vm, "faults"), count_of(vm, "retries"),
	     count_of(vm, "waits"));
}

/* The thread drops other pages than the guest uses. Its notifiers must not make faults retry. */
static void elsewhere(char *mem)
{
	const unsigned long pages = PAGES - 16;
	pthread_t thread;

	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	thread = storm_begin(mem + LAST, SIZE - LAST);
	count_from(vm);
	guest_fill(vcpu, GPA, SZ_4K, pages, 1);
	storm_end(thread);
	told("other memory");
	ok(storm.times > 0 && count_of(vm, "retries") <= (long)pages / 50,
	   "%s: the VMM drops other memory: faults are not repeated", name);
	ok(!guest_check(vcpu, GPA, SZ_4K, pages, 1) && vm_sound(vm),
	   "%s: the VMM drops other memory: every page has its data", name);
	for (u64 at = 0; at < LAST; at += SZ_4K)
		if (*(u64 *)(mem + at) != stamp(1, GPA + at))
			bail("%s: the host has other pages than the guest", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
}

/*
 * The thread drops the pages that the guest uses. How often a fault is repeated depends on chance
 * and on the speed of the two harts. But a fault sleeps until the notifier that it met has ended.
 * So a notifier makes a fault retry once at most, unless the sleep times out.
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
	told("the same memory");
	ok(count_of(vm, "retries") <= (long)storm.times && count_of(vm, "waits") > 0,
	   "%s: the VMM drops the same memory: faults wait for it, and succeed", name);
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 3);
	ok(!guest_check(vcpu, GPA, SZ_4K, PAGES, 3) && vm_sound(vm),
	   "%s: the VMM drops the same memory: after that every page has its data", name);
	vm_slot(vm, 0, 0, GPA, 0, mem);
}

/* A real-time thread that wakes up every 100 us and preempts all other threads on its hart. */
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

/* Bind this thread, and threads that it creates, to hart 0. Return: the affinity before. */
static cpu_set_t one_hart(void)
{
	cpu_set_t all, one;

	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	return all;
}

/* While a slot with 3072 tables is deleted, another thread gets the hart. */
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
	/*
	 * On a busy machine the emulated hart may get no timer interrupt during the deletion. Then
	 * there is no break, so try again.
	 */
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
	diag("%s: %ld lock breaks, after %u rounds without any", name, breaks, rounds);
	/* The busier the machine, the more often the emulated hart's timer asks for a break. */
	ok(gone && breaks > 0 && breaks < (long)(BIG / SZ_2M / 8),
	   "%s: a slot of 6 GiB is deleted: others get the lock and the hart meanwhile", name);
	ok(vm_sound(vm), "%s: the tables are sound", name);
	mem_unmap(big, BIG);
}

/* A real-time thread reads the number of tables every 100 us. */
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

/* While a VM of 64 GiB ends and 32768 tables are freed, another thread gets the hart. */
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
	diag("the other thread saw the number of tables go down %u times, from %llu", watch.between,
	     (unsigned long long)watch.most);
	ok(watch.most > size / SZ_2M && watch.between > 2 && !tables_live(),
	   "a VM of 64 GiB ends: another thread gets the hart several times meanwhile");
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
