// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stale.h"
#include "tap.h"

static u64 length(const struct stage *stage)
{
	return stage->end - stage->start;
}

static void must(bool good, const char *what)
{
	if (!good)
		bail("%s: %s", what, strerror(errno));
}

static void dontneed(struct stage *stage)
{
	must(!madvise(stage->mem + stage->start, length(stage), MADV_DONTNEED), "MADV_DONTNEED");
}

static void unmap(struct stage *stage)
{
	must(!munmap(stage->mem + stage->start, length(stage)), "munmap");
}

static void protect_none(struct stage *stage)
{
	must(!mprotect(stage->mem + stage->start, length(stage), PROT_NONE), "PROT_NONE");
}

static void protect_read(struct stage *stage)
{
	must(!mprotect(stage->mem + stage->start, length(stage), PROT_READ), "PROT_READ");
}

static void unprotect(struct stage *stage)
{
	must(!mprotect(stage->mem + stage->start, length(stage), PROT_READ | PROT_WRITE),
	     "mprotect");
}

/* Move the pages to another address. In their place there is nothing, or there are zero pages. */
static void move_pages(struct stage *stage, int flags)
{
	char *to = stage->away + stage->start;

	must(mremap(stage->mem + stage->start, length(stage), length(stage),
		    MREMAP_MAYMOVE | MREMAP_FIXED | flags, to) == to,
	     "mremap");
}

static void move_away(struct stage *stage)
{
	move_pages(stage, 0);
}

static void move_content(struct stage *stage)
{
	move_pages(stage, MREMAP_DONTUNMAP);
}

/* Map other pages of the file, which have other stamps. */
static void map_other(struct stage *stage)
{
	must(mmap(stage->mem + stage->start, length(stage), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED, stage->file, SPAN + stage->start) != MAP_FAILED,
	     "mmap");
}

static void punch(struct stage *stage)
{
	must(!fallocate(stage->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, stage->start,
			length(stage)),
	     "fallocate");
}

static pid_t child;

/* A fork makes all memory of this process copy on write, and so the guest's memory too. */
static void copy(struct stage *stage)
{
	stage->start = 0;
	stage->end = SPAN;
	child = fork();
	must(child >= 0, "fork");
	if (!child) {
		for (;;)
			pause();
	}
}

/* The child's page. The child does not write, so it must have the old value. */
static char *in_child(struct stage *stage, u64 offset)
{
	static u64 word;
	struct iovec to = { &word, sizeof(word) };
	struct iovec from = { stage->mem + offset, sizeof(word) };

	must(process_vm_readv(child, &to, 1, &from, 1, 0) == sizeof(word), "process_vm_readv");
	return (char *)&word;
}

static void end_child(struct stage *stage)
{
	(void)stage;
	kill(child, SIGKILL);
	must(waitpid(child, NULL, 0) == child, "waitpid");
}

enum { SLOT_RANGE, SLOT_BELOW, SLOT_ABOVE };

static void delete_slot(struct stage *stage)
{
	vm_slot(stage->vm, SLOT_RANGE, 0, BASE + stage->start, 0, stage->mem + stage->start);
}

static void move_slot(struct stage *stage)
{
	vm_slot(stage->vm, SLOT_RANGE, 0, MOVED + stage->start, length(stage),
		stage->mem + stage->start);
}

static char *here(struct stage *stage, u64 offset)
{
	return stage->mem + offset;
}

static char *there(struct stage *stage, u64 offset)
{
	return stage->away + offset;
}

const struct op ops[] = {
	{ "loads, MADV_DONTNEED", .withdraw = dontneed, .after = 0 },
	{ "loads, munmap", .withdraw = unmap, .splits = true, .after = NO_ACCESS },
	{ "loads, mprotect PROT_NONE", .withdraw = protect_none, .splits = true, .kept = true,
	  .after = NO_ACCESS },
	{ "loads, mremap of the pages", .withdraw = move_content, .kept = true, .after = 0 },
	{ "loads, mmap of other pages", .withdraw = map_other, .shared = true, .kept = true,
	  .others = true },
	{ "loads, hole in the file", .withdraw = punch, .shared = true, .after = 0 },
	{ "loads, slot deleted", .withdraw = delete_slot, .slots = true, .kept = true,
	  .after = MMIO_ANSWER },
	{ "loads, slot moved", .withdraw = move_slot, .slots = true, .after = MMIO_ANSWER },
	{ "stores, mremap of the pages", .withdraw = move_content, .store = true, .kept = true,
	  .old = there },
	{ "stores, mremap of the range", .withdraw = move_away, .store = true, .kept = true,
	  .old = there },
	{ "stores, mprotect PROT_READ", .withdraw = protect_read, .store = true, .old = here,
	  .settle = unprotect },
	{ "stores, mprotect PROT_NONE", .withdraw = protect_none, .store = true, .kept = true,
	  .old = here, .settle = unprotect },
	{ "stores, fork", .withdraw = copy, .store = true, .old = in_child, .finish = end_child },
	{ "stores, slot deleted", .withdraw = delete_slot, .slots = true, .store = true,
	  .kept = true, .old = here },
};

const unsigned int ops_count = ARRAY_SIZE(ops);
const struct op *const stock_ops[] = { &ops[0], &ops[1], &ops[2], &ops[3] };
const unsigned int stock_ops_count = ARRAY_SIZE(stock_ops);

void stage_init(struct stage *stage, struct vm *vm, enum backing backing)
{
	u64 *other;

	stage->vm = vm;
	stage->backing = backing;
	stage->mem = mem_aligned(SPAN, SZ_2M);
	stage->away = mem_aligned(SPAN, SZ_2M);
	stage->file = memfd_create("stale", MFD_CLOEXEC);
	must(stage->file >= 0 && !ftruncate(stage->file, 2 * SPAN), "memfd");
	other = mmap(NULL, SPAN, PROT_READ | PROT_WRITE, MAP_SHARED, stage->file, SPAN);
	must(other != MAP_FAILED, "mmap");
	for (u64 at = 0; at < SPAN; at += SZ_4K)
		other[at / sizeof(*other)] = stamp(TAG_OTHER, BASE + at);
	munmap(other, SPAN);
}

void stage_set(struct stage *stage, const struct op *op)
{
	char *mem = mmap(stage->mem, SPAN, PROT_READ | PROT_WRITE,
			 MAP_FIXED | (op->shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS),
			 op->shared ? stage->file : -1, 0);

	must(mem == stage->mem &&
		     !madvise(mem, SPAN, stage->backing == HUGE ? MADV_HUGEPAGE : MADV_NOHUGEPAGE),
	     "memory");
	must(mmap(stage->away, SPAN, PROT_NONE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
		     stage->away,
	     "mmap");
	if (!op->slots) {
		vm_slot(stage->vm, SLOT_RANGE, 0, BASE, SPAN, mem);
		return;
	}
	vm_slot(stage->vm, SLOT_RANGE, 0, BASE + stage->start, length(stage), mem + stage->start);
	if (stage->start)
		vm_slot(stage->vm, SLOT_BELOW, 0, BASE, stage->start, mem);
	if (stage->end < SPAN)
		vm_slot(stage->vm, SLOT_ABOVE, 0, BASE + stage->end, SPAN - stage->end,
			mem + stage->end);
}

void stage_strike(struct stage *stage)
{
	for (u32 slot = SLOT_RANGE; slot <= SLOT_ABOVE; slot++)
		set_slot(stage->vm->fd, slot, 0, BASE, 0, stage->mem);
}

void stage_end(struct stage *stage)
{
	munmap(stage->mem, SPAN);
	munmap(stage->away, SPAN);
	close(stage->file);
}
