// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The engine without anything below it: tables in an array, one hart, and a guest that is one
 * HLV instruction. Start with pc.c, which says more of the ops.
 *
 * Runs in M-mode with memory at 0x80000000, a ns16550 at 0x10000000 and SiFive's test finisher
 * at 0x100000, as QEMU's virt machine has them.
 */
#include <gst/gst.h>

#define UART     ((volatile uint8_t *)0x10000000)
#define FINISHER ((volatile uint32_t *)0x100000)
#define PAGES    16u
#define VMID     1ul

/* In baremetal.S: read as a guest does; *cause is 0, or that of the trap. */
unsigned long guest_load(unsigned long gpa, unsigned long *cause);

struct vm {
	struct gst_space space;
	struct gst_meta meta[PAGES];
	unsigned int taken;
};

/* Whoever loads the program clears it, and nothing is reused: a page is zero when it is taken. */
static uint64_t pages[PAGES][512] __attribute__((aligned(16384)));
static struct vm vm;

/* What the guest is to see. */
static uint64_t memory[512] __attribute__((aligned(4096))) = { 42 };

static int op_reserve(void *ctx, void *source, unsigned int n)
{
	return n <= PAGES - vm.taken ? 0 : -GST_ENOMEM;
}

static void *op_alloc(void *ctx, void *source)
{
	return pages[vm.taken++];
}

static void *op_alloc_root(void *ctx)
{
	/* Before any table, so that it is aligned to 16 KiB. */
	vm.taken += GST_ROOT_PAGES;
	return pages[vm.taken - GST_ROOT_PAGES];
}

static void op_free(void *ctx, void *page)
{
}

/* M-mode has no translation: an address is a physical one. */
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
	return &vm.meta[((uintptr_t)page - (uintptr_t)pages) / GST_PAGE_SIZE];
}

/* HFENCE.GVMA takes the address divided by 4, and x0 for all of them. */
static void fence(gst_gpa_t gpa)
{
	__asm__ volatile(".option arch, +h\nhfence.gvma %0, %1" ::"r"(gpa >> 2), "r"(VMID)
			 : "memory");
}

static void fence_all(void)
{
	__asm__ volatile(".option arch, +h\nhfence.gvma x0, %0" ::"r"(VMID) : "memory");
}

/* The root's address and format, from one word, so that they cannot be of two moments. */
static void load_root(void)
{
	gst_root_t root = gst_root(&vm.space);
	unsigned long ppn = (uintptr_t)gst_root_table(root) >> 12;

	__asm__ volatile(
		"csrw hgatp, %0" ::"r"((unsigned long)gst_root_mode(root) << 60 | VMID << 44 | ppn)
		: "memory");
}

/* There is one hart, and it is this one. Otherwise: the same on each, and wait. */
static void op_flush(void *ctx, const struct gst_flush *flush)
{
	if (flush->old_root)
		load_root();
	if (flush->all)
		fence_all();
	else
		for (gst_gpa_t gpa = flush->start; gpa < flush->end;
		     gpa += GST_LEVEL_SIZE(flush->level))
			fence(gpa);
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

/* What a compiler may call for the assignment of a struct. */
void *memset(void *to, int byte, size_t size)
{
	for (char *p = to; size--; p++)
		*p = (char)byte;
	return to;
}

static void print(const char *text)
{
	while (*text)
		UART[0] = (uint8_t)*text++;
}

static void expect(const char *what, bool good)
{
	print(what);
	print(good ? ": yes\n" : ": NO\n");
	if (!good)
		*FINISHER = 1 << 16 | 0x3333;
}

void main(void)
{
	const gst_gpa_t gpa = UINT64_C(0x123456789000);
	struct gst_gather gather;
	unsigned long cause;

	/* PMP: all of memory is open, or else HLV, which runs as VS-mode, may read nothing. */
	__asm__ volatile("csrw pmpaddr0, %0; csrw pmpcfg0, %1" ::"r"(-1l), "r"(0x1fl));
	/* hstatus.SPVP: HLV reads as VS-mode does, and not VU-mode. The guest does not page. */
	__asm__ volatile("csrs hstatus, %0; csrw vsatp, x0" ::"r"(1l << 8));

	if (gst_init(&vm.space, &ops, &vm, gst_format_of_name("sv48x4")))
		expect("a root", false);
	load_root();
	fence_all();
	guest_load(gpa, &cause);
	expect("nothing is mapped, and the guest faults", cause == 21);

	gst_gather_init(&gather, NULL);
	if (gst_map(&vm.space, gpa, 4096, (uintptr_t)memory, GST_READ, 0, &gather))
		expect("a mapping", false);
	gst_gather_finish(&vm.space, &gather);
	/* Nothing went, so nothing was flushed; but the hart may remember that there was nothing.
	 */
	fence_all();
	expect("the page is mapped, and the guest reads 42",
	       guest_load(gpa, &cause) == 42 && !cause);

	if (gst_unmap(&vm.space, gpa, 4096, 0, &gather))
		expect("an unmapping", false);
	gst_gather_finish(&vm.space, &gather);
	guest_load(gpa, &cause);
	expect("it is unmapped, and the guest faults", cause == 21);
	*FINISHER = 0x5555;
}
