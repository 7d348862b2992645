// SPDX-License-Identifier: GPL-2.0-only
/*
 * A change of a VM's format races another one, KVM_CREATE_VCPU, KVM_ENABLE_CAP,
 * memslots that come, go and move above the limit, and the end of the VM: each
 * comes before or after the other, and the VM is as that says.
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
#include "tap.h"
#include "work.h"

/* A contest ends after so many rounds, or when time is up. */
#define ROUNDS_MAX 2000
#define ROUNDS_MIN 40
#define CONTEST_MS 2000

/* Rounds of the contest against the end of a VM. */
#define DEATHS_MAX 60
#define DEATHS_MIN 12
#define DEATHS_MS  6000

/* Of what the start of one thread is put off, in turns of a loop. */
#define STEP_MAX 4096

static const struct format *narrow;
static char *page;

/**
 * struct round - what the two threads are up to
 * @vm: the VM
 * @tid: who made it
 * @f: the format that one of them wants
 * @g: that of the other, where it wants one too
 * @debugfs: by which way the one goes
 * @err: of the one that changes the format
 * @other: of the other thread
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

/* ---- Two threads that start as one. ---- */

static int (*rival)(void);
static unsigned int rival_delay;
static atomic_uint go, gone;

static void spin(unsigned int turns)
{
	for (volatile unsigned int i = 0; i < turns; i++)
		;
}

static void await(atomic_uint *what, unsigned int round)
{
	for (unsigned int turns = 1; *what != round; turns++)
		if (!(turns % 4096))
			nap(0);
}

static void *rival_thread(void *unused)
{
	for (unsigned int round = 1;; round++) {
		await(&go, round);
		spin(rival_delay);
		now.other = rival();
		gone = round;
	}
	return unused;
}

enum order { AT_ONCE, CHANGE_FIRST, OTHER_FIRST };

/* @lead: by how much the rival starts later. */
static void race(int (*first)(void), int (*second)(void), enum order order, int lead)
{
	unsigned int round = go + 1;

	rival = second;
	rival_delay = rnd() % (16U << rnd() % 8) + (lead > 0 ? lead : 0);
	if (order == CHANGE_FIRST)
		now.err = first();
	go = round;
	if (order == OTHER_FIRST)
		await(&gone, round);
	else
		spin(rnd() % (16U << rnd() % 8) + (lead < 0 ? -lead : 0));
	if (order != CHANGE_FIRST)
		now.err = first();
	await(&gone, round);
}

/* ---- What they do. ---- */

/**
 * struct contest - what races a change of format
 * @name: in words
 * @prepare: before each round
 * @change: the change
 * @other: what races it
 * @legal: is the outcome one that may be? Cleans up, too.
 * @success: the change succeeds when it comes first alone, or second alone; NONE: that
 *	does not tell who came first
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

/* An empty VM, that another thread chooses a format for. */
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
	need(set_slot(now.vm, 0, 0, SZ_1G, SZ_4K, page), "a slot");
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

	/* One instruction, a store to where no slot is: hgatp is loaded, and KVM_RUN returns. */
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

/* The number of the file may be nobody's by then. */
static int change_by_number(void)
{
	return change_format(now.vm, now.f->mode);
}

static bool closed(void)
{
	return is(now.other, 0) && (!now.err || is(now.err, EBADF));
}

/*
 * A VM at work in the widest format, of which the one wants the narrowest, while the
 * other does things to a slot above its limit, or below.
 */
static void set_widest(void)
{
	now.f = narrow;
	need(change(host.widest, now.debugfs), "widen");
}

static u64 above(void)
{
	return format_end(narrow) + now.debugfs * SZ_1G;
}

static void slot_above(void)
{
	set_widest();
	need(set_slot(now.vm, HIGH_SLOT, 0, above(), SZ_4K, page), "a slot");
}

static void slot_below(void)
{
	set_widest();
	need(set_slot(now.vm, HIGH_SLOT, 0, 4 * SZ_1G, SZ_4K, page), "a slot");
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

/* Whoever came first was right. */
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
		need(remove_slot(), "remove the slot");
	return good;
}

static bool moved_up(void)
{
	bool good = one_of_them();

	/* It is where it was, or where it was to be: not both, and not nowhere. */
	good &= is(set_slot(now.vm, HIGH_SLOT + 1, 0, now.other ? 4 * SZ_1G : above(), SZ_4K, page),
		   EEXIST);
	need(remove_slot(), "remove the slot");
	return good;
}

/* The slot goes, and the change comes before or after. */
static bool went(void)
{
	return is(now.other, 0) && (!now.err || is(now.err, ERANGE)) &&
	       get_format(now.vm) == (now.err ? host.widest : narrow);
}

static bool moved_down(void)
{
	bool good = went();

	need(remove_slot(), "remove the slot");
	return good;
}

/* It grows if it has to. */
static bool grew(void)
{
	bool good = is(now.other, 0) && (!now.err || is(now.err, ERANGE)) &&
		    format_end(get_format(now.vm)) >= above() + SZ_4K;

	need(remove_slot(), "remove the slot");
	return good;
}

/* ---- Contests. ---- */

static void contest(const struct contest *c, struct work *work)
{
	unsigned int round, wrong = 0, won = 0;
	int lead = 0, step = 0;
	u64 start = now_ms();
	bool first = false, second = false;

	if (work) {
		now.vm = work->vm->fd;
		now.tid = work->vm->tid;
	}
	for (round = 0; round < ROUNDS_MAX && wrong < 3; round++) {
		enum order order = round < 4 ? CHANGE_FIRST + round % 2 : AT_ONCE;
		bool good;

		if (round >= ROUNDS_MIN && now_ms() - start >= CONTEST_MS)
			break;
		now.debugfs = c->change != change_by_number && round & 2;
		c->prepare();
		race(c->change, c->other, order, lead);
		if (order == CHANGE_FIRST)
			first = !now.err;
		else if (order == OTHER_FIRST)
			second = !now.err;
		won += !now.err;
		/* Towards the point where one comes first as often as the other. */
		if (c->success == NONE)
			step = 0;
		else if (!now.err == (c->success == FIRST))
			step = step < 0 && step > -STEP_MAX ? 2 * step : -32;
		else
			step = step > 0 && step < STEP_MAX ? 2 * step : 32;
		lead += step;
		good = c->legal();
		if (!good && !wrong++)
			diag("%s: the change: %s; the other: %s", c->name, strerror(now.err),
			     strerror(now.other));
	}
	diag("%s: %u rounds in %u ms, %u changes", c->name, round,
	     (unsigned int)(now_ms() - start), won);
	ok(!wrong, "a change of format against %s: every outcome is legal", c->name);
	if (c->success != NONE)
		ok(first == (c->success == FIRST) && second == (c->success == SECOND),
		   "a change of format against %s: who comes late finds what the other did", c->name);
	if (work) {
		work_goes_on(work, 2);
		ok(work_right(work) && vm_sound(work->vm),
		   "a change of format against %s: the guest saw nothing of it", c->name);
	}
}

static const struct contest at_work[] = {
	{ "another", two_formats, change_f, change_g, either, NONE },
	{ "a memslot above the limit", set_widest, change_f, make_above, made, FIRST },
	{ "the deletion of a memslot", slot_above, change_f, remove_slot, went, SECOND },
	{ "a memslot that moves above the limit", slot_below, change_f, make_above, moved_up, FIRST },
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

/* ---- A VM ends while its file in debugfs is written, by another process. ---- */

enum end { CLOSES, EXITS, KILLED, ENDS };

static const char *const end_names[ENDS] = { "closes the VM", "exits", "is killed" };

/* The process that has the VM. */
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

/* Return: whether the outcome is legal. */
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
		bail("the VM's process failed");
	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/gstage_mode", child, fd);
	w.file = open(path, O_WRONLY | O_CLOEXEC);
	if (w.file < 0)
		bail("%s: %s", path, strerror(errno));
	if (pthread_create(&thread, NULL, writer, &w))
		bail("no thread");
	while (w.written < 4 && !w.err)
		nap(0);
	spin(rnd() % 20000);
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
	/* Its tables are gone, or its file is. */
	if (w.err == ENODEV || w.err == EIO)
		return true;
	diag("written %u times, then %s", w.written, strerror(w.err));
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
		diag("the VM's process %s: %u rounds in %u ms, %u changes", end_names[end], round,
		     (unsigned int)(now_ms() - start), written);
		ok(!wrong, "a change of format while the VM's process %s: every outcome is legal",
		   end_names[end]);
		ok(wait_for(!tables_live(), 10000), "and no tables are left");
	}
}

int main(void)
{
	struct work *work;
	pthread_t thread;

	host_init(150);
	page = mem_map(SZ_4K, SMALL);
	narrow = next_format(NULL);
	if (narrow == host.widest)
		bail("this host has one format only");
	deaths();

	if (pthread_create(&thread, NULL, rival_thread, NULL))
		bail("no thread");
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
