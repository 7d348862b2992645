// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs of several VMs take turns on each hart but the first. So a root and a VMID are loaded all
 * the time. Meanwhile the first hart changes the VMs: their formats, single pages, and so many
 * pages that tables are freed. No guest may read what its host has dropped.
 *
 * So each step of a load meets each step of a change. On QEMU most of these meetings are rare. The
 * strict machine (docs/STRICT.md) makes them often, and shows a barrier or a fence that is missing.
 *
 *	turns [formats | pages]	formats: the first hart changes nothing but formats
 *				pages: it drops pages, and no table is freed
 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "live.h"
#include "tap.h"
#include "vcpu.h"

#define HARTS_MAX 4
#define VMS       3 /* of each hart */
#define STAMPS    (HARTS_MAX * VMS)
/* The test ends when both have been reached. */
#define ROUNDS 1200
#define LOADS  300
#define GPA    SZ_1G
/* The pages of a VM, one under each of its tables. */
#define PAGES 3
#define SIZE  (PAGES * SZ_2M)

/**
 * struct turn - a VM
 * @vm: the VM
 * @mem: the memory of its slot
 * @stamp: what the host has written last
 * @gone: the host has dropped the pages with this stamp, and with all before
 */
struct turn {
	struct vm *vm;
	char *mem;
	u64 stamp;
	_Atomic u64 gone;
};

static struct turn turns[HARTS_MAX][VMS];
static unsigned int harts;
static bool pages_only;
static atomic_bool over;
static _Atomic u64 loads, kept, strange;

/* The stamps of a VM are this number modulo STAMPS. It is not 0: the first hart has no VMs. */
static unsigned int owner(unsigned int hart, unsigned int i)
{
	return hart * VMS + i;
}

static volatile u64 *word(const struct turn *t, unsigned int page)
{
	return (volatile u64 *)(t->mem + page * SZ_2M);
}

/* The guests of one hart. The stamp may change while they load it, but what is gone stays gone. */
static void *run(void *arg)
{
	unsigned int hart = (uintptr_t)arg;

	keep_to(hart);
	for (unsigned int n = 0; !atomic_load(&over); n++) {
		struct turn *t = &turns[hart][n % VMS];
		u64 gone = atomic_load(&t->gone);
		u64 value = guest_load(t->vm->vcpu[0], GPA + n / VMS % PAGES * SZ_2M);

		loads++;
		kept += value && value <= gone;
		strange += value && value % STAMPS != owner(hart, n % VMS);
	}
	return NULL;
}

static void write_all(struct turn *t)
{
	t->stamp += STAMPS;
	for (unsigned int p = 0; p < PAGES; p++)
		*word(t, p) = t->stamp;
}

/*
 * Drop a page of each table, or all of the memory. In any case no guest may read the stamps again.
 */
static void drop_all(struct turn *t)
{
	for (unsigned int p = 0; pages_only && p < PAGES; p++)
		madvise(t->mem + p * SZ_2M, SZ_4K, MADV_DONTNEED);
	if (!pages_only)
		madvise(t->mem, SIZE, MADV_DONTNEED);
	atomic_store(&t->gone, t->stamp);
}

enum change { WRITE_ALL, DROP_PAGE, DROP_ALL, FORMAT, CHANGES };

/* Make this change in a VM of each hart. Return: how many changes of format failed. */
static unsigned int change(enum change what)
{
	unsigned int failed = 0;

	for (unsigned int hart = 1; hart < harts; hart++) {
		struct turn *t = &turns[hart][rnd() % VMS];

		switch (what) {
		case WRITE_ALL:
			write_all(t);
			break;
		case DROP_PAGE:
			madvise(t->mem, SZ_4K, MADV_DONTNEED);
			break;
		case DROP_ALL:
			drop_all(t);
			break;
		default:
			t->vm->format = next_format(t->vm->format) ?: next_format(NULL);
			failed += change_format(t->vm->fd, t->vm->format->mode) != 0;
			break;
		}
	}
	return failed;
}

static void make(unsigned int hart, unsigned int i)
{
	struct turn *t = &turns[hart][i];

	t->vm = vm_new(next_format(NULL));
	vcpu_warm(vcpu_new(t->vm));
	t->mem = mem_map(SIZE, SMALL);
	vm_slot(t->vm, 0, 0, GPA, SIZE, t->mem);
	t->stamp = owner(hart, i);
	write_all(t);
	/* A second page of each table, which stays. */
	for (unsigned int p = 0; pages_only && p < PAGES; p++)
		guest_load(t->vm->vcpu[0], GPA + p * SZ_2M + SZ_4K);
}

static enum change choose(unsigned int round, bool formats)
{
	if (formats)
		return FORMAT;
	return pages_only ? round % 2 ? DROP_ALL : WRITE_ALL : round % CHANGES;
}

int main(int argc, char **argv)
{
	bool formats = argc > 1 && !strcmp(argv[1], "formats");
	unsigned int failed = 0, unsound = 0;
	pthread_t threads[HARTS_MAX];
	u64 rescues = 0;

	host_init(150);
	pages_only = argc > 1 && !strcmp(argv[1], "pages");
	harts = sysconf(_SC_NPROCESSORS_ONLN);
	if (harts > HARTS_MAX)
		harts = HARTS_MAX;
	if (harts < 2)
		bail("one hart is too few");
	for (unsigned int hart = 1; hart < harts; hart++)
		for (unsigned int i = 0; i < VMS; i++)
			make(hart, i);
	for (uintptr_t hart = 1; hart < harts; hart++)
		if (pthread_create(&threads[hart], NULL, run, (void *)hart))
			bail("no thread");
	keep_to(0);
	for (unsigned int round = 0; round < ROUNDS || atomic_load(&loads) < LOADS; round++)
		failed += change(choose(round, formats));
	atomic_store(&over, true);
	for (unsigned int hart = 1; hart < harts; hart++)
		pthread_join(threads[hart], NULL);

	diag("%llu loads", (unsigned long long)loads);
	ok(!kept, "no guest has read what its host had dropped");
	ok(!strange, "no guest has read the stamp of another VM");
	ok(!failed, "each change of format has succeeded");
	for (unsigned int hart = 1; hart < harts; hart++) {
		for (unsigned int i = 0; i < VMS; i++) {
			unsound += !vm_sound(turns[hart][i].vm);
			rescues += vm_stat(turns[hart][i].vm, "hgatp_rescues");
			vm_free(turns[hart][i].vm);
		}
	}
	ok(!unsound, "the tables of all VMs are sound");
	ok(!rescues, "hgatp_rescues is 0");
	ok(!tables_live(), "no tables are left");
	return done();
}
