// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A guest's address space, on a PC: all that an embedder of gst has to write, in one file.
 * There is no hart here, so that its part is played by printf in op_flush().
 */
#include <gst/gst.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES 64u

/* Where tables come from. A kernel has a page allocator, and keeps the meta in its struct page. */
struct vm {
	struct gst_space space;
	char *pages;
	struct gst_meta meta[PAGES];
	bool used[PAGES];
	unsigned int free;
};

/* Page and meta have to be zero: the engine writes what it maps, and a hart walks the rest. */
static void *take(struct vm *vm, unsigned int first, unsigned int n)
{
	memset(&vm->meta[first], 0, n * sizeof(vm->meta[0]));
	memset(&vm->used[first], true, n);
	vm->free -= n;
	return memset(vm->pages + first * GST_PAGE_SIZE, 0, n * GST_PAGE_SIZE);
}

/* Comes before the first change, and may fail; op_alloc() comes amid changes, and may not. */
static int op_reserve(void *ctx, void *source, unsigned int n)
{
	return n <= ((struct vm *)ctx)->free ? 0 : -GST_ENOMEM;
}

static void *op_alloc(void *ctx, void *source)
{
	struct vm *vm = ctx;

	return take(vm, (bool *)memchr(vm->used, false, PAGES) - vm->used, 1);
}

/* Four pages that adjoin, aligned to 16 KiB: a hart ignores the low bits of the root's address. */
static void *op_alloc_root(void *ctx)
{
	struct vm *vm = ctx;

	for (unsigned int i = 0; i < PAGES; i += GST_ROOT_PAGES)
		if (!memchr(&vm->used[i], true, GST_ROOT_PAGES))
			return take(vm, i, GST_ROOT_PAGES);
	return NULL;
}

/* One page, and also each page of a root alone: when a format widens they become tables. */
static void op_free(void *ctx, void *page)
{
	struct vm *vm = ctx;

	vm->used[((char *)page - vm->pages) / GST_PAGE_SIZE] = false;
	vm->free++;
}

/* PTEs hold physical addresses. Here a pointer is one. */
static gst_pa_t op_to_pa(void *ctx, void *page)
{
	return (uintptr_t)page;
}

static void *op_to_va(void *ctx, gst_pa_t pa)
{
	return (void *)(uintptr_t)pa;
}

static struct gst_meta *op_meta(void *ctx, void *page)
{
	struct vm *vm = ctx;

	return &vm->meta[((char *)page - vm->pages) / GST_PAGE_SIZE];
}

/* Return when every hart has done so: pages are freed then. baremetal.c has the instructions. */
static void op_flush(void *ctx, const struct gst_flush *flush)
{
	printf("  every hart: %sHFENCE.GVMA of", flush->old_root ? "load hgatp anew, then " : "");
	if (flush->all)
		printf(" all\n");
	else
		printf(" %#" PRIx64 " to %#" PRIx64 "\n", flush->start, flush->end);
}

static const struct gst_ops ops = { op_reserve, op_alloc, op_alloc_root, op_free,
				    op_to_pa,   op_to_va, op_meta,       op_flush, NULL };

static int print_run(void *arg, const struct gst_run *run)
{
	printf("  %#" PRIx64 " to %#" PRIx64 " is at %#" PRIx64 ", in leaves of %" PRIu64
	       " KiB%s\n",
	       run->gpa, run->end, run->pa, run->leaf / 1024,
	       run->attr & GST_WRITE ? "" : ", read-only");
	return 0;
}

/* What an operation leaves to be done, and what is mapped then. */
static void done(struct vm *vm, const char *what, int ret, struct gst_gather *gather)
{
	printf("%s: %d\n", what, ret);
	gst_gather_finish(&vm->space, gather);
	gst_dump(&vm->space, 0, gst_format_size(gst_space_format(&vm->space)), print_run, NULL);
}

int main(void)
{
	static struct vm vm = { .free = PAGES };
	const gst_attr_t rwx = GST_READ | GST_WRITE | GST_EXEC;
	struct gst_gather gather;
	struct gst_leaf leaf;
	void *root;
	int ret;

	vm.pages = aligned_alloc(GST_ROOT_SIZE, PAGES * GST_PAGE_SIZE);
	if (!vm.pages || gst_init(&vm.space, &ops, &vm, gst_format_of_name("sv39x4")))
		return 1;
	gst_gather_init(&gather, NULL);
	ret = gst_map(&vm.space, 0x80000000, 0x401000, 0x440000000, rwx, 1, &gather);
	done(&vm, "map 4 MiB and a page, in leaves of up to 2 MiB", ret, &gather);
	ret = gst_unmap(&vm.space, 0x80001000, 4096, 0, &gather);
	done(&vm, "unmap a page in the midst of a leaf", ret, &gather);
	ret = gst_wrprotect(&vm.space, 0x80200000, 0x200000, 0, &gather);
	done(&vm, "write-protect 2 MiB", ret, &gather);
	if (!gst_lookup(&vm.space, 0x80212345, &leaf))
		printf("0x80212345 is at %#" PRIx64 "\n", leaf.pa + (0x80212345 - leaf.gpa));

	/* Sv39x4 ends at 2 TiB. The root comes before any lock is taken, for that may sleep. */
	root = gst_root_alloc(&vm.space);
	ret = gst_reformat(&vm.space, gst_format_of_name("sv48x4"), &root, &gather);
	done(&vm, "grow to sv48x4", ret, &gather);
	gst_root_free(&vm.space, root); /* unless it was taken */
	ret = gst_map(&vm.space, UINT64_C(1) << 41, 4096, 0x7f000, GST_READ, 0, &gather);
	done(&vm, "map a page above 2 TiB", ret, &gather);

	printf("broken invariants: %u\n", gst_check(&vm.space, NULL, NULL));
	gst_destroy(&vm.space);
	printf("pages not given back: %u\n", PAGES - vm.free);
	free(vm.pages);
	return 0;
}
