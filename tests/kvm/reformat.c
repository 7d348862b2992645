// SPDX-License-Identifier: GPL-2.0-only
/*
 * Formats change up and down under guests that check their memory in a loop and
 * never leave: first nothing but formats, which must cost no fault; then with
 * all at once that a host does to a VM: slots come and go above the old limit,
 * pages are dropped, replaced, write-protected, logged and aged.
 *
 *	reformat [PERCENT]	do so much of it
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "age.h"
#include "live.h"
#include "tap.h"
#include "work.h"

/*
 * Rounds at 100 percent. On a busy machine, where time is up before, an eighth of
 * that must do.
 */
#define QUIET_CHANGES 600
#define QUIET_MS      5000
#define STORM_CHANGES 800
#define STORM_GROWS   40
#define STORM_LOGS    400
#define STORM_DROPS   300
#define STORM_MS      10000

static unsigned int percent = 100;
static const struct format *narrowest;

static unsigned int share(unsigned int n)
{
	return (n * percent + 99) / 100;
}

/* How much of @n is due after so long? */
static unsigned int due(unsigned int n, u64 start, unsigned int ms)
{
	return share(now_ms() - start < share(ms) ? n : n / 8);
}

/* Each thread has numbers of its own. */
static u64 pick(u64 *state, u64 n)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return (*state >> 16) % n;
}

static const struct format *pick_format(u64 *state)
{
	const struct format *f = NULL;

	for (u64 n = pick(state, __builtin_popcountll(host.modes)) + 1; n; n--)
		f = next_format(f);
	return f;
}

/* By one way and the other. */
static int change(const struct vm *vm, const struct format *f, bool debugfs)
{
	return debugfs ? write_format(vm->tid, vm->fd, f->name) : change_format(vm->fd, f->mode);
}

/* ---- Nothing but formats. ---- */

/* What the tables are in each format: always the same. */
static bool same_tables(const struct vm *vm, const struct format *f, u64 *tables, u64 leaves)
{
	u64 now = vm_stat(vm, "tables");

	if (!*tables)
		*tables = now;
	if (*tables == now && vm_leaves(vm) == leaves)
		return true;
	diag("%s: %llu tables and %llu leaves; there were %llu and %llu", f->name,
	     (unsigned long long)now, (unsigned long long)vm_leaves(vm),
	     (unsigned long long)*tables, (unsigned long long)leaves);
	return false;
}

/* Return: the faults that came of it, or -1 where the host took pages away meanwhile. */
static long quiet_once(struct work *work, bool *good, unsigned int *changes)
{
	struct vm *vm = work->vm;
	const struct format *f, *g;
	u64 faults = vm_stat(vm, "faults"), unmaps = vm_stat(vm, "unmaps");
	u64 start = now_ms(), reformats = vm_stat(vm, "reformats"), leaves = vm_leaves(vm), tables[16] = {};

	for (unsigned int turn = 0;
	     vm_stat(vm, "reformats") - reformats < due(QUIET_CHANGES, start, QUIET_MS); turn++) {
		for_each_format(f) {
			for_each_format(g) {
				if (f == g)
					continue;
				*good &= is(change(vm, f, turn & 1), 0) &&
					 is(change(vm, g, !(turn & 2)), 0) &&
					 get_format(vm->fd) == g;
				if (turn % 4)
					continue;
				work_goes_on(work, 1);
				*good &= vm_stat(vm, "hgatp") >> 60 == g->mode &&
					 same_tables(vm, g, &tables[g->mode], leaves);
			}
		}
	}
	work_goes_on(work, 8);
	*changes += vm_stat(vm, "reformats") - reformats;
	if (vm_stat(vm, "unmaps") != unmaps)
		return -1;
	return vm_stat(vm, "faults") - faults;
}

static void quiet(struct work *work)
{
	unsigned int vcpus = work->vm->vcpus, changes = 0, tries = 0;
	u64 start = now_ms();
	bool good;
	long faults;

	do {
		good = true;
		faults = quiet_once(work, &good, &changes);
	} while (faults < 0 && ++tries < 5);
	diag("%u vCPUs: %u changes in %u ms, %u times disturbed by the host", vcpus, changes,
	     (unsigned int)(now_ms() - start), tries);
	ok(good && changes >= share(QUIET_CHANGES / 8), "%u vCPUs: each format from each other", vcpus);
	ok(!faults, "%u vCPUs: nothing but changes of format: no page faulted", vcpus) ?
		(void)0 :
		diag("%ld faults", faults);
	ok(work_right(work) && vm_sound(work->vm), "%u vCPUs: and no value was wrong", vcpus);
}

/* ---- All at once. ---- */

static struct storm {
	struct work *work;
	atomic_bool over;
	atomic_uint changes, refused, grows, logs, dirty, drops;
	/* What must not be. */
	atomic_uint illegal, lost;
	char *high;
} storm;

static void illegal(const char *what, int err)
{
	if (!storm.illegal++)
		diag("%s: %s", what, strerror(err));
}

/*
 * Some in a row, and then the guests have time to come around: a fault that loses
 * against a drop, no matter of which page, is repeated, and without end.
 */
static void breathe(u64 *state)
{
	if (!pick(state, 6))
		work_goes_on(storm.work, 1);
}

static void *changer(void *unused)
{
	struct vm *vm = storm.work->vm;
	u64 state = 0x123456789abcdef;

	while (!storm.over) {
		const struct format *f = pick_format(&state);
		int err = change(vm, f, pick(&state, 2));

		if (!err)
			storm.changes++;
		else if (err == ERANGE && f != host.widest)
			storm.refused++;
		else
			illegal("change of format", err);
		breathe(&state);
	}
	return unused;
}

/* The guests have stored there what belongs there. */
static bool high_written(u64 gpa)
{
	for (unsigned int page = 0; page < HIGH_PAGES; page++) {
		const u64 *words = (u64 *)(storm.high + page * SZ_4K);

		for (unsigned int i = 0; i < storm.work->vm->vcpus; i++)
			if ((words[i] & ((1ULL << 48) - 1)) != (gpa >> 12) + page)
				return false;
	}
	return true;
}

/* A slot that comes and goes, above the limit of the narrowest format: each wider one. */
static void *grower(void *unused)
{
	struct vm *vm = storm.work->vm;
	u64 state = 0xfedcba987654321, gpa = 0;

	for (unsigned int round = 0; !storm.over; round++) {
		const struct format *f, *fit;
		int err;

		/* Every second time it comes back with what it had. */
		if (!(round & 1)) {
			do
				f = pick_format(&state);
			while (f == host.widest);
			gpa = format_end(f) + pick(&state, 64) * SZ_2M;
			if (pick(&state, 2))
				gpa = format_end(next_format(f)) - HIGH_SIZE;
			madvise(storm.high, HIGH_SIZE, MADV_DONTNEED);
		}
		fit = format_for(narrowest, gpa + HIGH_SIZE);

		err = set_slot(vm->fd, HIGH_SLOT, 0, gpa, HIGH_SIZE, storm.high);
		if (err) {
			illegal("a slot that makes the VM grow", err);
			return unused;
		}
		if (get_format(vm->fd)->gpa_bits < fit->gpa_bits)
			illegal("a format that does not hold a slot", 0);
		work_high(storm.work, gpa);
		if (!high_written(gpa))
			illegal("what the guests stored above the old limit is not there", 0);
		err = change(vm, narrowest, round & 2);
		if (err != ERANGE)
			illegal("narrower than a slot that is used", err);
		work_low(storm.work);
		if (get_format(vm->fd)->gpa_bits < fit->gpa_bits)
			illegal("a format that does not hold a slot", 0);
		err = set_slot(vm->fd, HIGH_SLOT, 0, gpa, 0, storm.high);
		if (err)
			illegal("a slot that goes", err);
		storm.grows++;
	}
	return unused;
}

/* Pages are dropped, replaced by others, and at times write-protected by a fork. */
static void *dropper(void *unused)
{
	char *mem = storm.work->mem[FICKLE];
	const u64 pages = part_size(FICKLE) / SZ_4K;
	u64 state = 0x5555aaaa5555aaaa;

	while (!storm.over) {
		u64 first = pick(&state, pages), n = 1 + pick(&state, pages - first);
		char *at = mem + first * SZ_4K;
		pid_t child;

		/* Mostly few, so that the guests come around to anything else. */
		if (pick(&state, 4))
			n = 1 + n % 32;

		switch (pick(&state, 64)) {
		case 0:
			child = fork();
			if (!child)
				_exit(0);
			waitpid(child, NULL, 0);
			break;
		case 1 ... 8:
			madvise(mem, pages * SZ_4K, MADV_DONTNEED);
			break;
		case 9 ... 24:
			if (mmap(at, n * SZ_4K, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
				 0) != at)
				illegal("mmap", errno);
			break;
		default:
			madvise(at, n * SZ_4K, MADV_DONTNEED);
		}
		/* The guests find other pages there, or none as yet. */
		if (pick(&state, 2))
			madvise(at, n * SZ_4K, MADV_POPULATE_WRITE);
		storm.drops++;
		breathe(&state);
	}
	return unused;
}

/* A page of the logged slot, as it was when it was last looked at. */
struct sample {
	u64 words[VCPUS_MAX];
	bool owed; /* it changed after the log was read: the next must have it */
};

static struct sample samples[LOGGED_PAGES];

/* Return: whether it is another than before. */
static bool look(unsigned int page)
{
	const volatile u64 *now = (u64 *)(storm.work->mem[LOGGED] + page * SZ_4K);
	bool changed = false;

	for (unsigned int i = 0; i < VCPUS_MAX; i++) {
		u64 word = now[i];

		changed |= word != samples[page].words[i];
		samples[page].words[i] = word;
	}
	return changed;
}

static void logging(bool on)
{
	int err = set_slot(storm.work->vm->fd, LOGGED, on ? KVM_MEM_LOG_DIRTY_PAGES : 0,
			   part_gpa(LOGGED), part_size(LOGGED), storm.work->mem[LOGGED]);

	if (err)
		illegal("dirty logging", err);
	for (unsigned int page = 0; on && page < LOGGED_PAGES; page++) {
		look(page);
		samples[page].owed = false;
	}
}

static void read_log(void)
{
	u64 bitmap[LOGGED_PAGES / 64] = {};
	struct kvm_dirty_log log = { .slot = LOGGED, .dirty_bitmap = bitmap };

	if (ioctl(storm.work->vm->fd, KVM_GET_DIRTY_LOG, &log)) {
		illegal("KVM_GET_DIRTY_LOG", errno);
		return;
	}
	for (unsigned int page = 0; page < LOGGED_PAGES; page++) {
		struct sample *s = &samples[page];
		bool logged = bitmap[page / 64] >> page % 64 & 1;

		storm.dirty += logged;
		storm.lost += s->owed && !logged;
		/* A store after the log was read is in the next one. */
		s->owed = look(page) && !logged;
	}
}

static void *logger(void *unused)
{
	u64 state = 0x3333cccc3333cccc;

	logging(false);
	logging(true);
	while (!storm.over) {
		read_log();
		if (!(++storm.logs % 64)) {
			logging(false);
			usleep(1000);
			logging(true);
		}
		breathe(&state);
	}
	/* What is owed yet. */
	read_log();
	read_log();
	return unused;
}

static bool enough(u64 start)
{
	return storm.changes >= due(STORM_CHANGES, start, STORM_MS) &&
	       storm.grows >= due(STORM_GROWS, start, STORM_MS) &&
	       storm.logs >= due(STORM_LOGS, start, STORM_MS) &&
	       storm.drops >= due(STORM_DROPS, start, STORM_MS);
}

static void all_at_once(struct work *work)
{
	static void *(*const threads[])(void *) = { changer, grower, dropper, logger };
	void *const aged[] = { work->mem[SPARSE], work->mem[THP], work->mem[FICKLE] };
	const size_t sizes[] = { part_size(SPARSE), part_size(THP), part_size(FICKLE) };
	unsigned int vcpus = work->vm->vcpus, looks = 0;
	pthread_t thread[ARRAY_SIZE(threads)];
	u64 start = now_ms(), young;

	storm = (struct storm){ .work = work, .high = mem_map(HIGH_SIZE, SMALL) };
	age_start(aged, sizes, ARRAY_SIZE(aged));
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		if (pthread_create(&thread[i], NULL, threads[i], NULL))
			bail("no thread");
	/* A vCPU that stalls ends the program. */
	while (!enough(start) && work_right(work) && !storm.illegal) {
		work_goes_on(work, 1);
		usleep(20000);
		if (!(++looks % 32) && !vm_sound(work->vm))
			break;
	}
	storm.over = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(thread[i], NULL);
	young = age_stop();
	work_goes_on(work, 2);

	diag("%u vCPUs: %u ms: %u changes and %u refused; %u grows; %u logs with %u dirty pages; "
	     "%u drops; aged %llu times; %llu faults, %llu retries", vcpus, (unsigned int)(now_ms() - start), storm.changes,
	     storm.refused, storm.grows, storm.logs, storm.dirty, storm.drops,
	     (unsigned long long)young, (unsigned long long)vm_stat(work->vm, "faults"),
	     (unsigned long long)vm_stat(work->vm, "retries"));
	ok(work_right(work), "%u vCPUs: all at once: no value was wrong", vcpus);
	ok(!storm.illegal, "%u vCPUs: and no outcome illegal", vcpus);
	ok(storm.dirty && !storm.lost, "%u vCPUs: and no dirty page was lost", vcpus) ?
		(void)0 :
		diag("%u lost", storm.lost);
	ok(enough(start) && young, "%u vCPUs: and all of it took place", vcpus);
	ok(vm_sound(work->vm), "%u vCPUs: and the tables are sound", vcpus);
	mem_unmap(storm.high, HIGH_SIZE);
}

static void with_vcpus(unsigned int vcpus)
{
	struct work *work = work_new(vm_growing(narrowest), vcpus);

	quiet(work);
	all_at_once(work);
	work_end(work);
	ok(!tables_live(), "%u vCPUs: no tables are left", vcpus);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		percent = atoi(argv[1]);
	host_init(280);
	narrowest = next_format(NULL);
	if (narrowest == host.widest)
		bail("this host has one format only");
	for (unsigned int vcpus = argc > 2 ? atoi(argv[2]) : 1; vcpus <= 4; vcpus *= 2)
		with_vcpus(vcpus);
	return done();
}
