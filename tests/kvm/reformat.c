// SPDX-License-Identifier: GPL-2.0-only
/*
 * The format of a VM changes up and down while its vCPUs check their memory in a loop and do not
 * leave the guest. In the first part only the format changes, which must not cause a fault. In
 * the second part the host does everything else to the VM at the same time: it creates and
 * deletes slots above the old limit, and drops, replaces, write-protects, logs and ages pages.
 *
 *	reformat [PERCENT]	make this percentage of the changes
 *
 * The counts below decide how much is done, not the time. If the host has one format only, the
 * test sets this format again and again.
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
 * The counts for each number of vCPUs, at 100 percent. The counts of the storm are divided by the
 * number of vCPUs.
 */
#define QUIET_CHANGES 2000
#define STORM_CHANGES 1000
#define STORM_GROWS   60
#define STORM_LOGS    800
#define STORM_DROPS   600

static unsigned int percent = 100;
static const struct format *narrowest;
/* All changes of all VMs, and the changes of the first part, by old and new format. */
static unsigned int changes, pairs[16][16];

static unsigned int share(unsigned int n)
{
	return (n * percent + 99) / 100;
}

#define one_format() (narrowest == host.widest)

/* A random number below @n. Each thread has its own state. */
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

/* Change the format: through debugfs, or with the device attribute. Return: 0 or errno. */
static int change(const struct vm *vm, const struct format *f, bool debugfs)
{
	return debugfs ? write_format(vm->tid, vm->fd, f->name) : change_format(vm->fd, f->mode);
}

/* A format that this host does not have: EINVAL, through debugfs and with the attribute. */
static bool others_refused(const struct vm *vm)
{
	static const struct format all[] = { { .mode = 8, .name = "sv39x4" },
					     { .mode = 9, .name = "sv48x4" },
					     { .mode = 10, .name = "sv57x4" } };
	bool good = true;

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++)
		if (!(host.modes >> all[i].mode & 1))
			good &= is(change(vm, &all[i], false), EINVAL) &&
				is(change(vm, &all[i], true), EINVAL);
	return good;
}

/* ---- The first part: only the format changes. ---- */

/* Does the VM have the same number of tables as always in this format, and all its leaves? */
static bool same_tables(const struct vm *vm, const struct format *f, u64 *tables, u64 leaves)
{
	u64 now = vm_stat(vm, "tables");

	if (!*tables)
		*tables = now;
	if (*tables == now && vm_leaves(vm) == leaves)
		return true;
	diag("%s: %llu tables and %llu leaves; expected %llu and %llu", f->name,
	     (unsigned long long)now, (unsigned long long)vm_leaves(vm),
	     (unsigned long long)*tables, (unsigned long long)leaves);
	return false;
}

/* Make one change, and count it. */
static bool step(struct vm *vm, const struct format *to, bool debugfs)
{
	const struct format *from = get_format(vm->fd);

	if (!is(change(vm, to, debugfs), 0) || get_format(vm->fd) != to)
		return false;
	pairs[from->mode][to->mode] += from != to;
	return true;
}

/* Return: the number of faults, or -1 if the host itself unmapped pages meanwhile. */
static long quiet_once(struct work *work, bool *good)
{
	struct vm *vm = work->vm;
	const struct format *f, *g;
	u64 faults = vm_stat(vm, "faults"), unmaps = vm_stat(vm, "unmaps");
	u64 reformats = vm_stat(vm, "reformats"), leaves = vm_leaves(vm), tables[16] = {};
	unsigned int steps = 0;

	for (unsigned int turn = 0; *good && steps < share(QUIET_CHANGES); turn++) {
		for_each_format(f) {
			for_each_format(g) {
				if (f == g && !one_format())
					continue;
				*good &= step(vm, f, turn & 1) && step(vm, g, !(turn & 2));
				steps += one_format();
				if (turn % 8)
					continue;
				work_goes_on(work, 1);
				*good &= vm_stat(vm, "hgatp") >> 60 == g->mode &&
					 same_tables(vm, g, &tables[g->mode], leaves) &&
					 others_refused(vm);
			}
		}
		if (!one_format())
			steps = vm_stat(vm, "reformats") - reformats;
	}
	work_goes_on(work, 8);
	*good &= !one_format() || vm_stat(vm, "reformats") == reformats;
	changes += steps;
	if (vm_stat(vm, "unmaps") != unmaps)
		return -1;
	return vm_stat(vm, "faults") - faults;
}

static void quiet(struct work *work)
{
	unsigned int vcpus = work->vm->vcpus, before = changes, tries = 0;
	u64 start = now_ms();
	bool good;
	long faults;

	do {
		good = true;
		faults = quiet_once(work, &good);
	} while (faults < 0 && ++tries < 5);
	diag("%u vCPUs: %u changes in %u ms; repeated %u times, because the host unmapped pages",
	     vcpus, changes - before, (unsigned int)(now_ms() - start), tries);
	ok(good && changes - before >= share(QUIET_CHANGES),
	   "%u vCPUs: the format changes from each to each other", vcpus);
	if (!ok(!faults, "%u vCPUs: only the format changes: no page faults", vcpus))
		diag("%ld faults", faults);
	ok(work_right(work) && vm_sound(work->vm),
	   "%u vCPUs: only the format changes: no value is wrong", vcpus);
}

/* ---- The second part: everything at once. ---- */

static struct storm {
	struct work *work;
	atomic_bool over;
	atomic_uint changes, refused, grows, logs, dirty, drops;
	/* The failures: illegal outcomes, and pages that are missing in the dirty log. */
	atomic_uint illegal, lost;
	char *high;
} storm;

static void illegal(const char *what, int err)
{
	if (!storm.illegal++)
		diag("%s: %s", what, strerror(err));
}

/*
 * After some operations in a row, wait until the guests have made a pass. Each drop of a page can
 * make a fault start over, so a guest might make no progress otherwise.
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

		storm.changes += !err;
		storm.refused += err == ERANGE;
		if (err && (err != ERANGE || f == host.widest))
			illegal("a change of format fails", err);
		if (!pick(&state, 16) && !others_refused(vm))
			illegal("a format that this host does not have is accepted", 0);
		breathe(&state);
	}
	return unused;
}

/* Have all guests stored their values in the high slot? */
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

/* Create and delete a slot above the narrowest format's limit. It needs each wider format. */
static void *grower(void *unused)
{
	struct vm *vm = storm.work->vm;
	u64 state = 0xfedcba987654321, gpa = 0;

	for (unsigned int round = 0; !storm.over; round++) {
		const struct format *f, *fit;
		int err;

		if (one_format()) {
			err = set_slot(vm->fd, HIGH_SLOT, 0, format_end(narrowest), HIGH_SIZE,
				       storm.high);
			if (err != EFAULT)
				illegal("a slot above the limit of the only format", err);
			storm.grows++;
			work_goes_on(storm.work, 1);
			continue;
		}

		/* In every second round the slot has the memory and the gpa of the round before. */
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
			illegal("a slot that makes the VM grow is refused", err);
			return unused;
		}
		if (get_format(vm->fd)->gpa_bits < fit->gpa_bits)
			illegal("the format is too narrow for a slot", 0);
		work_high(storm.work, gpa);
		if (!high_written(gpa))
			illegal("the guests' stores above the old limit are not in memory", 0);
		err = change(vm, narrowest, round & 2);
		if (err != ERANGE)
			illegal("a format that is too narrow for a slot is not refused", err);
		work_low(storm.work);
		if (get_format(vm->fd)->gpa_bits < fit->gpa_bits)
			illegal("the format is too narrow for a slot", 0);
		err = set_slot(vm->fd, HIGH_SLOT, 0, gpa, 0, storm.high);
		if (err)
			illegal("a slot cannot be deleted", err);
		storm.grows++;
	}
	return unused;
}

/* Drop pages, replace them by others, and at times write-protect them with a fork. */
static void *dropper(void *unused)
{
	char *mem = storm.work->mem[FICKLE];
	const u64 pages = part_size(FICKLE) / SZ_4K;
	u64 state = 0x5555aaaa5555aaaa;

	while (!storm.over) {
		u64 first = pick(&state, pages), n = 1 + pick(&state, pages - first);
		char *at = mem + first * SZ_4K;
		pid_t child;

		/* Mostly a few pages, so that the guests also do something other than fault. */
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
		/* Sometimes the host populates new pages, and sometimes the guest's fault does. */
		if (pick(&state, 2))
			madvise(at, n * SZ_4K, MADV_POPULATE_WRITE);
		storm.drops++;
		breathe(&state);
	}
	return unused;
}

/* A page of the logged slot, as it was when look() last read it. */
struct sample {
	u64 words[VCPUS_MAX];
	bool owed; /* it changed after the log was read: the next log must have it */
};

static struct sample samples[LOGGED_PAGES];

/* Read a page. Return: whether it has changed since the last call. */
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
		illegal("dirty logging cannot be changed", err);
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
		/* If the page changed after the log was read, the next log must have it. */
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
	/* The last logs must have all pages that are still owed. */
	read_log();
	read_log();
	return unused;
}

static unsigned int storm_share(unsigned int n)
{
	return share((n + storm.work->vm->vcpus - 1) / storm.work->vm->vcpus);
}

static bool enough(void)
{
	return storm.changes >= storm_share(STORM_CHANGES) &&
	       storm.grows >= storm_share(STORM_GROWS) && storm.logs >= storm_share(STORM_LOGS) &&
	       storm.drops >= storm_share(STORM_DROPS);
}

static void all_at_once(struct work *work)
{
	static void *(*const threads[])(void *) = { changer, grower, dropper, logger };
	void *const aged[] = { work->mem[SPARSE], work->mem[THP], work->mem[FICKLE] };
	const size_t sizes[] = { part_size(SPARSE), part_size(THP), part_size(FICKLE) };
	unsigned int vcpus = work->vm->vcpus, looks = 0;
	pthread_t thread[ARRAY_SIZE(threads)];
	u64 start = now_ms(), reformats = vm_stat(work->vm, "reformats"), young;

	storm = (struct storm){ .work = work, .high = mem_map(HIGH_SIZE, SMALL) };
	age_start(aged, sizes, ARRAY_SIZE(aged));
	for (unsigned int i = 0; i < ARRAY_SIZE(threads); i++)
		if (pthread_create(&thread[i], NULL, threads[i], NULL))
			bail("no thread");
	/* work_goes_on() ends the program if a vCPU stalls. */
	while (!enough() && work_right(work) && !storm.illegal) {
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

	reformats = vm_stat(work->vm, "reformats") - reformats;
	changes += one_format() ? storm.changes : reformats;
	diag("%u vCPUs: %u ms: %u requests for a format succeeded, %u were refused, %u changes; "
	     "%u high slots; %u logs with %u dirty pages; %u drops; %llu agings; %llu faults, "
	     "%llu retries",
	     vcpus, (unsigned int)(now_ms() - start), storm.changes, storm.refused,
	     (unsigned int)reformats, storm.grows, storm.logs, storm.dirty, storm.drops,
	     (unsigned long long)young, (unsigned long long)vm_stat(work->vm, "faults"),
	     (unsigned long long)vm_stat(work->vm, "retries"));
	ok(work_right(work), "%u vCPUs: everything at once: no value is wrong", vcpus);
	ok(!storm.illegal, "%u vCPUs: everything at once: no outcome is illegal", vcpus);
	if (!ok(storm.dirty && !storm.lost, "%u vCPUs: everything at once: no dirty page is lost",
		vcpus))
		diag("%u dirty pages were lost", storm.lost);
	ok(enough() && young, "%u vCPUs: everything at once: all counts are reached", vcpus);
	ok(vm_sound(work->vm), "%u vCPUs: everything at once: the tables are sound", vcpus);
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

/* Were there enough changes of all VMs together? At 100 percent these are thousands. */
static void in_all(void)
{
	unsigned int least = 3 * share(QUIET_CHANGES), few = 0;
	const struct format *f, *g;

	for_each_format(f) {
		for_each_format(g) {
			if (f == g)
				continue;
			diag("%s to %s: %u times", f->name, g->name, pairs[f->mode][g->mode]);
			few += pairs[f->mode][g->mode] < least / 12;
		}
	}
	ok(changes >= least, "%u changes of format in all, at least %u", changes, least);
	ok(!few, "%s",
	   one_format() ? "the only format is set again and again" :
			  "there are many changes from each format to each other");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		percent = atoi(argv[1]);
	host_init(percent > 50 ? 880 : 280);
	narrowest = next_format(NULL);
	for (unsigned int vcpus = 1; vcpus <= 4; vcpus *= 2)
		with_vcpus(vcpus);
	in_all();
	return done();
}
