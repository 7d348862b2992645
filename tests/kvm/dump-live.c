// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dumps of running VMs. While a dump is read, vCPUs run, the host changes memory, the format
 * changes, or the VM ends. Each line must be right, a dump must not hold mmu_lock for long, and no
 * table may be left.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dump.h"
#include "live.h"
#include "tap.h"
#include "work.h"

#define CHURN_DUMPS 40
#define DEATHS      20

#define VAST_GPA   (64 * SZ_1G)
#define VAST_SIZE  (64 * SZ_1G)
#define SMALL_GPA  SZ_1G
#define SMALL_SIZE (16 * SZ_4K)

static atomic_bool quit;
static atomic_ulong turns;

/* The host changes a VM at work: it drops pages, turns logging on and off, changes the format. */
static void *churn(void *arg)
{
	struct work *work = arg;
	const struct format *f = NULL;

	for (; !quit; turns++) {
		unsigned long part = turns % 4;

		if (part == 0)
			madvise(work->mem[FICKLE], part_size(FICKLE), MADV_DONTNEED);
		if (part == 1)
			vm_slot(work->vm, THP, turns & 4 ? KVM_MEM_LOG_DIRTY_PAGES : 0,
				part_gpa(THP), part_size(THP), work->mem[THP]);
		if (part == 2)
			vm_slot(work->vm, LOGGED, turns & 8 ? KVM_MEM_LOG_DIRTY_PAGES : 0,
				part_gpa(LOGGED), part_size(LOGGED), work->mem[LOGGED]);
		f = next_format(f);
		if (!f)
			f = next_format(NULL);
		if (part == 3 && change_format(work->vm->fd, f->mode))
			bail("cannot change the format to %s", f->name);
	}
	return NULL;
}

/* Every dump must have the memory that the host does not change, with the right pa. */
static unsigned int steady_wrong(const struct work *work, const struct dump *dump)
{
	static const enum part steady[] = { DENSE, SPARSE, THP, TOP };
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(steady); i++) {
		u64 step = steady[i] == SPARSE ? SZ_2M : SZ_4K, gpa = part_gpa(steady[i]);

		/* THP may have leaves of 4 KiB or of 2 MiB at this time. */
		for (u64 at = 0; at < part_size(steady[i]); at += step) {
			const struct run *run = dump_at(dump, gpa + at);

			wrong += !run || run->pa + (gpa + at - run->gpa) !=
						 host_pa(work->mem[steady[i]] + at);
		}
	}
	return wrong;
}

static void busy(void)
{
	struct work *work = work_new(vm_new(next_format(NULL)), 2);
	unsigned int torn = 0, wrong = 0, empty = 0;
	pthread_t thread;

	quit = false;
	turns = 0;
	pthread_create(&thread, NULL, churn, work);
	for (unsigned int i = 0; i < CHURN_DUMPS; i++) {
		int fd = vm_open(work->vm, "gstage_page_tables", O_RDONLY);
		/* Read in pieces of different sizes, so that changes come between any two lines. */
		char *text = read_all(fd, i % 3 ? 4096 : 100);
		struct dump dump;

		close(fd);
		if (!text)
			bail("gstage_page_tables: %s", strerror(errno));
		if (dump_parse(text, &dump)) {
			wrong += steady_wrong(work, &dump);
			empty += !dump.count;
		} else {
			torn++;
		}
		dump_free(&dump);
		free(text);
		work_goes_on(work, 1);
	}
	quit = true;
	pthread_join(thread, NULL);
	ok(!torn && turns > 50,
	   "%d dumps while the host makes %lu changes: every line is well-formed", CHURN_DUMPS,
	   (unsigned long)turns);
	ok(!wrong && !empty, "every dump has the memory that does not change, with its pa");
	ok(work_right(work), "the guest reads the right values during dumps");
	ok(vm_sound(work->vm), "the tables are sound after dumps");
	work_end(work);
}

/*
 * drop() creates a page and drops it, in a loop. The kernel takes mmu_lock to drop the page. It
 * also takes mmu_lock to create the page if the vCPU has mapped the zero page meanwhile. So the
 * longest turn shows how long another thread has held mmu_lock.
 */
static atomic_ulong longest_us;

static u64 now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

static void *drop(void *arg)
{
	volatile char *page = arg;

	for (; !quit; turns++) {
		u64 start = now_us();

		*page = 1;
		madvise(arg, SZ_4K, MADV_DONTNEED);
		start = now_us() - start;
		if (start > longest_us)
			longest_us = start;
	}
	return NULL;
}

/* Wait until the turn of drop() that runs now has ended and is in longest_us. */
static void let_drop_end(void)
{
	unsigned long turn = turns;

	while (turns < turn + 2)
		usleep(100);
}

/* Read a file of a VM to its end. Return: the time that it took, in us. */
static u64 read_file(const struct vm *vm, const char *file, char **text)
{
	int fd = vm_open(vm, file, O_RDONLY);
	u64 start = now_us();

	*text = read_all(fd, 1 << 16);
	start = now_us() - start;
	if (!*text)
		bail("%s: %s", file, strerror(errno));
	close(fd);
	return start;
}

/* A VM of 64 GiB with one page in each 2 MiB, so that there is a table for each line. */
static void vast(void)
{
	struct vm *vm = vm_new(NULL);
	struct vcpu *vcpu = vcpu_new(vm);
	char *mem = mem_map(VAST_SIZE, SMALL), *small = mem_map(SMALL_SIZE, SMALL), *text;
	u64 took, shortest_hold = ~0ULL, passes = ~0ULL, n;
	struct dump dump;
	pthread_t thread;
	bool sound;

	vm_slot(vm, 0, 0, VAST_GPA, VAST_SIZE, mem);
	vm_slot(vm, 1, 0, SMALL_GPA, SMALL_SIZE, small);
	guest_fill(vcpu, VAST_GPA, SZ_2M, VAST_SIZE / SZ_2M, 1);
	dump_vm(vm, &dump);
	n = 0;
	for (u64 at = 0; at < VAST_SIZE; at += SZ_2M * 509)
		n += !dump_right(&dump, VAST_GPA + at, mem + at, SZ_4K,
				 PTE_V | PTE_R | PTE_W | PTE_X | PTE_U | PTE_A | PTE_D);
	ok(dump_pages(&dump, VAST_GPA, VAST_SIZE) == VAST_SIZE / SZ_2M && !n,
	   "64 GiB with a page in each 2 MiB: all pages are in the dump, %u lines", dump.count);
	dump_free(&dump);

	/* The guest faults all the time, because drop() drops its page all the time. */
	for (u64 i = 0; i < SMALL_SIZE / SZ_4K; i++)
		vcpu->list[i] = SMALL_GPA + i * SZ_4K;
	vcpu->box->count = SMALL_SIZE / SZ_4K;
	vcpu->box->value = ~0ULL;
	vcpu->box->gone = 0;
	vcpu->box->start = 0;
	vcpu_start_alone(vcpu);
	vcpu_post(vcpu, OP_LIST_LOAD);
	quit = false;
	turns = 0;
	pthread_create(&thread, NULL, drop, small);
	for (unsigned int i = 0; i < 5; i++) {
		u64 before = vcpu->box->passes;

		longest_us = 0;
		took = read_file(vm, "gstage_page_tables", &text);
		free(text);
		let_drop_end();
		if (longest_us < shortest_hold)
			shortest_hold = longest_us;
		if (vcpu->box->passes - before < passes)
			passes = vcpu->box->passes - before;
	}
	diag("a dump took %llu us; the longest wait for mmu_lock was %llu us in the best of five "
	     "dumps; the vCPU made at least %llu passes in each",
	     (unsigned long long)took, (unsigned long long)shortest_hold,
	     (unsigned long long)passes);
	ok(shortest_hold < took / 8, "no thread waits for mmu_lock for an eighth of a dump's time");
	ok(passes > 10, "the vCPU's faults go on during a dump");

	/*
	 * Prove that this test can fail: gstage_check does hold mmu_lock all the time. Try up to
	 * five times, because on a busy machine drop() may not need the lock meanwhile.
	 */
	sound = true;
	longest_us = 0;
	for (unsigned int i = 0; i < 5 && longest_us <= took / 4; i++) {
		longest_us = 0;
		took = read_file(vm, "gstage_check", &text);
		let_drop_end();
		sound &= !strcmp(text, "violations 0\n");
		free(text);
	}
	ok(sound, "the tables are sound");
	ok(longest_us > took / 4,
	   "the test sees that gstage_check holds mmu_lock: a wait of %lu of %llu us",
	   (unsigned long)longest_us, (unsigned long long)took);
	quit = true;
	pthread_join(thread, NULL);
	vcpu_halt(vcpu);
	vcpu_stop(vcpu);
	vm_free(vm);
	mem_unmap(mem, VAST_SIZE);
	mem_unmap(small, SMALL_SIZE);
}

/* Read the files of a VM in a loop until the VM has ended. Return: the errno of the last read. */
static void *reader(void *arg)
{
	static const char *const files[] = { "gstage_page_tables", "gstage_stats", "gstage_check" };
	struct vm *vm = arg;
	int fds[ARRAY_SIZE(files)];
	char text[300];
	long err = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++)
		fds[i] = vm_open(vm, files[i], O_RDONLY);
	turns++;
	for (unsigned int i = 0; !err; i = (i + 1) % ARRAY_SIZE(files)) {
		ssize_t got = read(fds[i], text, sizeof(text));

		if (got < 0)
			err = errno;
		if (!got)
			lseek(fds[i], 0, SEEK_SET);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++)
		close(fds[i]);
	return (void *)err;
}

static void deaths(void)
{
	u64 live = tables_live();
	unsigned int clean = 0;

	for (unsigned int i = 0; i < DEATHS; i++) {
		char *mem = mem_map(SZ_2M, SMALL);
		struct vm *vm = vm_new(NULL);
		struct vcpu *vcpu = vcpu_new(vm);
		pthread_t threads[2];

		vm_slot(vm, 0, 0, SZ_1G, SZ_2M, mem);
		guest_fill(vcpu, SZ_1G, 2 * SZ_4K, 256, 1);
		turns = 0;
		for (unsigned int t = 0; t < ARRAY_SIZE(threads); t++)
			pthread_create(&threads[t], NULL, reader, vm);
		while (turns < ARRAY_SIZE(threads))
			usleep(1000);
		usleep(rnd() % 20000);
		vm_free(vm);
		for (unsigned int t = 0; t < ARRAY_SIZE(threads); t++) {
			void *err;

			pthread_join(threads[t], &err);
			clean += (long)err == EIO;
		}
		mem_unmap(mem, SZ_2M);
	}
	ok(clean == 2 * DEATHS, "VMs end while their files are read: %u of %u readers get EIO",
	   clean, 2 * DEATHS);
	ok(tables_live() == live, "no tables are left");
}

int main(void)
{
	host_init(200);
	busy();
	vast();
	deaths();
	return done();
}
