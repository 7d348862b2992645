// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A guest physical address space on a PC. This file has everything that an embedder of gst
 * must write. There is no hart, so op_flush() only prints what harts would have to do.
 */
#include <gst/gst.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGES 64u

/* Tables come from an array. A kernel has a page allocator, and keeps the meta in struct page. */
struct vm {
	struct gst_space space;
	char *pages;
	struct gst_meta meta[PAGES];
	bool used[PAGES];
	unsigned int free;
};

/* Page and meta must be zero: the engine writes only the entries that it uses. */
static void *take(struct vm *vm, unsigned int first, unsigned int n)
{
	memset(&vm->meta[first], 0, n * sizeof(vm->meta[0]));
	memset(&vm->used[first], true, n);
	vm->free -= n;
	return memset(vm->pages + first * GST_PAGE_SIZE, 0, n * GST_PAGE_SIZE);
}

/* Called before the first change, and may fail. op_alloc() is called later and must not fail. */
static int op_reserve(void *ctx, void *source, unsigned int n)
{
	return n <= ((struct vm *)ctx)->free ? 0 : -GST_ENOMEM;
}

static void *op_alloc(void *ctx, void *source)
{
	struct vm *vm = ctx;

	return take(vm, (bool *)memchr(vm->used, false, PAGES) - vm->used, 1);
}

/* A root is four contiguous pages, aligned to 16 KiB: harts ignore the low bits of its address. */
static void *op_alloc_root(void *ctx)
{
	struct vm *vm = ctx;

	for (unsigned int i = 0; i < PAGES; i += GST_ROOT_PAGES)
		if (!memchr(&vm->used[i], true, GST_ROOT_PAGES))
			return take(vm, i, GST_ROOT_PAGES);
	return NULL;
}

/* Called also for a single page of a root: when the format widens, these pages become tables. */
static void op_free(void *ctx, void *page)
{
	struct vm *vm = ctx;

	vm->used[((char *)page - vm->pages) / GST_PAGE_SIZE] = false;
	vm->free++;
}

/* PTEs hold physical addresses. Here they are the same as pointers. */
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

/* Must return only when all harts are done, because pages are freed next. See baremetal.c. */
static void op_flush(void *ctx, const struct gst_flush *flush)
{
	printf("  every hart: %sHFENCE.GVMA of",
	       flush->old_root ? "load the new hgatp, then " : "");
	if (flush->all)
		printf(" everything\n");
	else
		printf(" %#" PRIx64 " to %#" PRIx64 "\n", flush->start, flush->end);
}

static const struct gst_ops ops = {
	.reserve = op_reserve,
	.alloc = op_alloc,
	.alloc_root = op_alloc_root,
	.free = op_free,
	.to_pa = op_to_pa,
	.to_va = op_to_va,
	.meta = op_meta,
	.flush = op_flush,
};

static int print_run(void *arg, const struct gst_run *run)
{
	printf("  %#" PRIx64 " to %#" PRIx64 " maps to %#" PRIx64 ", in leaves of %" PRIu64
	       " KiB%s\n",
	       run->gpa, run->end, run->pa, run->leaf / 1024,
	       run->attr & GST_WRITE ? "" : ", read-only");
	return 0;
}

/* Finish an operation: flush, free tables, and print what is mapped. */
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
	done(&vm, "map 4 MiB and one page, in leaves of up to 2 MiB", ret, &gather);
	ret = gst_unmap(&vm.space, 0x80001000, 4096, 0, &gather);
	done(&vm, "unmap one page inside a leaf", ret, &gather);
	ret = gst_wrprotect(&vm.space, 0x80200000, 0x200000, 0, &gather);
	done(&vm, "write-protect 2 MiB", ret, &gather);
	if (!gst_lookup(&vm.space, 0x80212345, &leaf))
		printf("0x80212345 maps to %#" PRIx64 "\n", leaf.pa + (0x80212345 - leaf.gpa));

	/* Sv39x4 ends at 2 TiB. Allocate the root before taking a lock: that may sleep. */
	root = gst_root_alloc(&vm.space);
	ret = gst_reformat(&vm.space, gst_format_of_name("sv48x4"), &root, &gather);
	done(&vm, "grow to sv48x4", ret, &gather);
	gst_root_free(&vm.space, root); /* NULL if gst_reformat() has used it */
	ret = gst_map(&vm.space, UINT64_C(1) << 41, 4096, 0x7f000, GST_READ, 0, &gather);
	done(&vm, "map one page above 2 TiB", ret, &gather);

	printf("violated invariants: %u\n", gst_check(&vm.space, NULL, NULL));
	gst_destroy(&vm.space);
	printf("pages still in use: %u\n", PAGES - vm.free);
	free(vm.pages);
	return 0;
}
