// SPDX-License-Identifier: GPL-2.0-only
/*
 * One thread changes the format of a VM. Another thread changes it too, calls
 * KVM_CREATE_VCPU or KVM_ENABLE_CAP, creates, deletes or moves memslots above the
 * limit, or ends the VM. The outcome must be that of one order or the other.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "live.h"
#include "race.h"
#include "tap.h"
#include "work.h"

/* A contest ends after ROUNDS_MAX rounds, or after CONTEST_MS if it has made ROUNDS_MIN. */
#define ROUNDS_MAX 2000
#define ROUNDS_MIN 40
#define CONTEST_MS 2000

/* The same for the contest against the end of a VM. */
#define DEATHS_MAX 60
#define DEATHS_MIN 12
#define DEATHS_MS  6000

static const struct format *narrow;
static char *page;

/**
 * struct round - a round of a contest
 * @vm: the fd of the VM
 * @tid: the thread that created the VM
 * @f: the format that the change asks for
 * @g: the format that the other thread asks for, if it does
 * @debugfs: the change is written to debugfs; else it is an ioctl
 * @err: the errno of the change, or 0
 * @other: the errno of the other operation, or 0
 */
static struct round {
	int vm;
	pid_t tid;
	const struct format *f, *g;
	bool debugfs;
	int err, other;
} now;

static int change(const struct format *f, bool debugfs)
{
	return debugfs ? write_format(now.tid, now.vm, f->name) : change_format(now.vm, f->mode);
}

/* ---- The operations. ---- */

/**
 * struct contest - a change of format, and an operation that races it
 * @name: the other operation, for messages
 * @prepare: called before each round
 * @change: the change of format
 * @other: the operation that races it
 * @legal: called after each round: is the outcome legal? It also cleans up.
 * @success: when the change succeeds: FIRST: if it comes before @other; SECOND: if it comes
 *	after @other; NONE: success does not depend on the order
 */
struct contest {
	const char *name;
	void (*prepare)(void);
	int (*change)(void);
	int (*other)(void);
	bool (*legal)(void);
	enum { NONE, FIRST, SECOND } success;
};

static void need(int err, const char *what)
{
	if (err)
		bail("%s: %s", what, strerror(err));
}

static int change_f(void)
{
	return change(now.f, now.debugfs);
}

static int change_g(void)
{
	return change(now.g, !now.debugfs);
}

static const struct format *any(void)
{
	const struct format *f = NULL;

	for (u64 n = rnd() % __builtin_popcountll(host.modes) + 1; n; n--)
		f = next_format(f);
	return f;
}

static void two_formats(void)
{
	now.f = any();
	do
		now.g = any();
	while (now.f == now.g);
}

static bool either(void)
{
	const struct format *f = get_format(now.vm);

	return is(now.err, 0) && is(now.other, 0) && (f == now.f || f == now.g);
}

/* An empty VM. Another thread chooses a format for it. */
static void new_vm(void)
{
	two_formats();
	now.vm = vm_bare();
	now.tid = gettid();
}

static int choose_g(void)
{
	return set_mode(now.vm, now.g->mode);
}

static bool chosen(void)
{
	bool good = either();

	close(now.vm);
	return good;
}

static void new_vm_with_slot(void)
{
	new_vm();
	need(set_slot(now.vm, 0, 0, SZ_1G, SZ_4K, page), "cannot create a slot");
}

static int vcpu_fd;

static int create_vcpu(void)
{
	vcpu_fd = ioctl(now.vm, KVM_CREATE_VCPU, 0);
	return vcpu_fd < 0 ? errno : 0;
}

static bool created(void)
{
	struct vm vm = { .fd = now.vm, .tid = now.tid, .format = now.f };
	bool good = is(now.err, 0) && is(now.other, 0) && get_format(now.vm) == now.f;

	/*
	 * The guest executes one instruction, a store to a gpa without a slot. KVM loads hgatp
	 * for it, and KVM_RUN returns.
	 */
	if (good) {
		u64 pc = SZ_1G;
		struct kvm_one_reg reg = {
			.id = KVM_REG_RISCV | KVM_REG_SIZE_U64 | KVM_REG_RISCV_CORE |
			      KVM_REG_RISCV_CORE_REG(regs.pc),
			.addr = (uintptr_t)&pc,
		};

		*(volatile u32 *)page = 0x00002023; /* sw zero, 0(zero) */
		need(ioctl(vcpu_fd, KVM_SET_ONE_REG, &reg) ? errno : 0, "KVM_SET_ONE_REG");
		need(ioctl(vcpu_fd, KVM_RUN, 0) ? errno : 0, "KVM_RUN");
		good = vm_stat(&vm, "hgatp") >> 60 == now.f->mode &&
		       is(set_mode(now.vm, now.f->mode), EBUSY);
	}
	close(vcpu_fd);
	close(now.vm);
	return good;
}

static int close_vm(void)
{
	return close(now.vm) ? errno : 0;
}

/* By then the VM's fd may be closed. */
static int change_by_number(void)
{
	return change_format(now.vm, now.f->mode);
}

static bool closed(void)
{
	return is(now.other, 0) && (!now.err || is(now.err, EBADF));
}

/*
 * The VM at work has the widest format. The change asks for the narrowest one, while the
 * other operation creates, deletes or moves a slot above the narrowest format's limit.
 */
static void set_widest(void)
{
	now.f = narrow;
	need(change(host.widest, now.debugfs), "cannot change to the widest format");
}

static u64 above(void)
{
	return format_end(narrow) + now.debugfs * SZ_1G;
}

static void slot_above(void)
{
	set_widest();
	need(set_slot(now.vm, HIGH_SLOT, 0, above(), SZ_4K, page), "cannot create a slot");
}

static void slot_below(void)
{
	set_widest();
	need(set_slot(now.vm, HIGH_SLOT, 0, 4 * SZ_1G, SZ_4K, page), "cannot create a slot");
}

static int make_above(void)
{
	return set_slot(now.vm, HIGH_SLOT, 0, above(), SZ_4K, page);
}

static int move_below(void)
{
	return set_slot(now.vm, HIGH_SLOT, 0, 4 * SZ_1G, SZ_4K, page);
}

static int remove_slot(void)
{
	return set_slot(now.vm, HIGH_SLOT, 0, above(), 0, page);
}

/* The operation that came first succeeded, and the other one failed. */
static bool one_of_them(void)
{
	const struct format *f = get_format(now.vm);

	if (!now.err)
		return is(now.other, EFAULT) && f == narrow;
	return is(now.err, ERANGE) && is(now.other, 0) && f == host.widest;
}

static bool made(void)
{
	bool good = one_of_them();

	if (!now.other)
		need(remove_slot(), "cannot delete the slot");
	return good;
}

static bool moved_up(void)
{
	bool good = one_of_them();

	/* The slot is at its old place or at its new one, as the result says: EEXIST there. */
	good &= is(set_slot(now.vm, HIGH_SLOT + 1, 0, now.other ? 4 * SZ_1G : above(), SZ_4K, page),
		   EEXIST);
	need(remove_slot(), "cannot delete the slot");
	return good;
}

/* The slot is deleted or moved down in any case. The change came before that, or after it. */
static bool went(void)
{
	return is(now.other, 0) && (!now.err || is(now.err, ERANGE)) &&
	       get_format(now.vm) == (now.err ? host.widest : narrow);
}

static bool moved_down(void)
{
	bool good = went();

	need(remove_slot(), "cannot delete the slot");
	return good;
}

/* The VM's format holds the slot in any case: it grew if the change came first. */
static bool grew(void)
{
	bool good = is(now.other, 0) && (!now.err || is(now.err, ERANGE)) &&
		    format_end(get_format(now.vm)) >= above() + SZ_4K;

	need(remove_slot(), "cannot delete the slot");
	return good;
}

/* ---- Contests. ---- */

static void contest(const struct contest *c, struct work *work)
{
	struct race race = { .first = c->change, .second = c->other };
	unsigned int round, wrong = 0, won = 0;
	u64 start = now_ms();
	bool first = false, second = false;

	if (work) {
		now.vm = work->vm->fd;
		now.tid = work->vm->tid;
	}
	for (round = 0; round < ROUNDS_MAX && wrong < 3; round++) {
		enum race_order order = RACE_TOGETHER;
		bool good;

		if (round >= ROUNDS_MIN && now_ms() - start >= CONTEST_MS)
			break;
		/* No race in the first rounds: each of the two comes first twice. */
		if (round < 4)
			order = round % 2 ? RACE_SECOND_THEN_FIRST : RACE_FIRST_THEN_SECOND;
		now.debugfs = c->change != change_by_number && round & 2;
		c->prepare();
		race_run(&race, order);
		now.err = race.first_result;
		now.other = race.second_result;
		if (order == RACE_FIRST_THEN_SECOND)
			first = !now.err;
		else if (order == RACE_SECOND_THEN_FIRST)
			second = !now.err;
		won += !now.err;
		if (c->success != NONE)
			race_balance(&race, !now.err == (c->success == FIRST));
		good = c->legal();
		if (!good && !wrong++)
			diag("%s: the change of format: %s; the other operation: %s", c->name,
			     strerror(now.err), strerror(now.other));
	}
	diag("%s: %u rounds in %u ms, the change succeeded in %u", c->name, round,
	     (unsigned int)(now_ms() - start), won);
	ok(!wrong, "a change of format against %s: every outcome is legal", c->name);
	if (c->success != NONE)
		ok(first == (c->success == FIRST) && second == (c->success == SECOND),
		   "a change of format and %s, one after the other in both orders: the second sees "
		   "the first",
		   c->name);
	if (work) {
		work_goes_on(work, 2);
		ok(work_right(work) && vm_sound(work->vm),
		   "a change of format against %s: the guest keeps its memory", c->name);
	}
}

static const struct contest at_work[] = {
	{ "another change of format", two_formats, change_f, change_g, either, NONE },
	{ "a memslot above the limit", set_widest, change_f, make_above, made, FIRST },
	{ "the deletion of a memslot", slot_above, change_f, remove_slot, went, SECOND },
	{ "a memslot that moves above the limit", slot_below, change_f, make_above, moved_up,
	  FIRST },
	{ "a memslot that moves below the limit", slot_above, change_f, move_below, moved_down,
	  SECOND },
};

static const struct contest while_growing[] = {
	{ "a memslot that makes the VM grow", set_widest, change_f, make_above, grew, FIRST },
};

static const struct contest fresh[] = {
	{ "KVM_ENABLE_CAP", new_vm, change_f, choose_g, chosen, NONE },
	{ "KVM_CREATE_VCPU", new_vm_with_slot, change_f, create_vcpu, created, NONE },
	{ "close() of the VM", new_vm_with_slot, change_by_number, close_vm, closed, FIRST },
};

/* ---- Another process writes to a VM's file in debugfs while the VM ends. ---- */

enum end { CLOSES, EXITS, KILLED, ENDS };

static const char *const end_names[ENDS] = { "closes the VM", "exits", "is killed" };

/* The process that owns the VM. It ends the VM as soon as it reads a byte from @wait. */
static void owner(enum end end, int ready, int wait)
{
	struct vm *vm = vm_new(NULL);
	struct vcpu *vcpu = vcpu_new(vm);
	char c;

	vm_slot(vm, 0, 0, SZ_1G, SZ_4K, page);
	guest_fill(vcpu, SZ_1G, SZ_4K, 1, 1);
	write(ready, &vm->fd, sizeof(vm->fd));
	read(wait, &c, 1);
	if (end == CLOSES)
		vm_free(vm);
	if (end != KILLED)
		_exit(0);
	for (;;)
		pause();
}

struct writer {
	int file;
	atomic_uint written;
	atomic_int err;
};

static void *writer(void *arg)
{
	struct writer *w = arg;

	for (;;) {
		const char *name = w->written & 1 ? host.widest->name : narrow->name;

		if (write(w->file, name, strlen(name)) < 0)
			break;
		w->written++;
	}
	w->err = errno;
	return NULL;
}

/* One VM ends while it is written to. Return: whether the outcome is legal. */
static bool die(enum end end, unsigned int *written)
{
	struct writer w = { 0 };
	int ready[2], go_on[2], fd = -1;
	pthread_t thread;
	char path[128];
	pid_t child;

	if (pipe(ready) || pipe(go_on))
		bail("no pipe");
	child = fork();
	if (!child)
		owner(end, ready[1], go_on[0]);
	if (read(ready[0], &fd, sizeof(fd)) != sizeof(fd))
		bail("the process that owns the VM failed");
	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/gstage_mode", child, fd);
	w.file = open(path, O_WRONLY | O_CLOEXEC);
	if (w.file < 0)
		bail("%s: %s", path, strerror(errno));
	if (pthread_create(&thread, NULL, writer, &w))
		bail("no thread");
	while (w.written < 4 && !w.err)
		nap(0);
	race_spin(rnd() % 20000);
	if (end == KILLED)
		kill(child, SIGKILL);
	else
		write(go_on[1], "", 1);
	pthread_join(thread, NULL);
	waitpid(child, NULL, 0);
	close(w.file);
	for (unsigned int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go_on[i]);
	}
	*written += w.written;
	/* The VM's tables are gone (ENODEV), or its file is (EIO). */
	if (w.err == ENODEV || w.err == EIO)
		return true;
	diag("%u writes succeeded, then: %s", w.written, strerror(w.err));
	return false;
}

static void deaths(void)
{
	for (enum end end = 0; end < ENDS; end++) {
		unsigned int round, wrong = 0, written = 0;
		u64 start = now_ms();

		for (round = 0; round < DEATHS_MAX / ENDS && wrong < 3; round++) {
			if (round >= DEATHS_MIN / ENDS && now_ms() - start >= DEATHS_MS / ENDS)
				break;
			wrong += !die(end, &written);
		}
		diag("the VM's process %s: %u rounds in %u ms, %u changes of format",
		     end_names[end], round, (unsigned int)(now_ms() - start), written);
		ok(!wrong, "a change of format while the VM's process %s: every outcome is legal",
		   end_names[end]);
		ok(wait_for(!tables_live(), 10000), "no tables are left after the VM's process %s",
		   end_names[end]);
	}
}

int main(void)
{
	struct work *work;

	host_init(150);
	page = mem_map(SZ_4K, SMALL);
	narrow = next_format(NULL);
	if (narrow == host.widest)
		bail("this host has one format only: the test needs two");
	deaths();

	for (unsigned int i = 0; i < ARRAY_SIZE(fresh); i++)
		contest(&fresh[i], NULL);
	ok(!tables_live(), "no tables are left");

	work = work_new(vm_new(host.widest), 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(at_work); i++)
		contest(&at_work[i], work);
	work_end(work);
	work = work_new(vm_growing(narrow), 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(while_growing); i++)
		contest(&while_growing[i], work);
	work_end(work);
	ok(!tables_live(), "no tables are left");
	return done();
}
