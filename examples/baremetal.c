// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The engine on bare metal: the tables are in an array, there is one hart, and the guest is a
 * single HLV instruction. Read pc.c first: it explains the ops.
 *
 * The program runs in M-mode on QEMU's virt machine, which has memory at 0x80000000, a ns16550
 * at 0x10000000 and SiFive's test finisher at 0x100000.
 */
#include <gst/gst.h>

#define UART     ((volatile uint8_t *)0x10000000)
#define FINISHER ((volatile uint32_t *)0x100000)
#define PAGES    16u
#define VMID     1ul

/* In baremetal.S: load a word as the guest would. *cause is 0, or the cause of the trap. */
unsigned long guest_load(unsigned long gpa, unsigned long *cause);

struct vm {
	struct gst_space space;
	struct gst_meta meta[PAGES];
	unsigned int taken;
};

/* The loader clears this array, and no page is used twice. So every new page is zero. */
static uint64_t pages[PAGES][512] __attribute__((aligned(16384)));
static struct vm vm;

/* The memory of the guest. */
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
	/* The root is allocated before any table, so it is aligned to 16 KiB. */
	vm.taken += GST_ROOT_PAGES;
	return pages[vm.taken - GST_ROOT_PAGES];
}

static void op_free(void *ctx, void *page)
{
}

/* M-mode does not translate: virtual and physical addresses are the same. */
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

/* HFENCE.GVMA takes the gpa divided by 4. With x0 it covers all addresses. */
static void fence(gst_gpa_t gpa)
{
	__asm__ volatile(".option arch, +h\nhfence.gvma %0, %1" ::"r"(gpa >> 2), "r"(VMID)
			 : "memory");
}

static void fence_all(void)
{
	__asm__ volatile(".option arch, +h\nhfence.gvma x0, %0" ::"r"(VMID) : "memory");
}

/* Load hgatp. gst_root() returns address and format in one word, so they always belong together. */
static void load_root(void)
{
	gst_root_t root = gst_root(&vm.space);
	unsigned long ppn = (uintptr_t)gst_root_table(root) >> 12;

	__asm__ volatile(
		"csrw hgatp, %0" ::"r"((unsigned long)gst_root_mode(root) << 60 | VMID << 44 | ppn)
		: "memory");
}

/* With more harts, each must do this, and the function must wait for all of them. */
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

/* The compiler may call memset() to assign a struct. */
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

	/* Open all memory in the PMP. Otherwise HLV, which acts as in VS-mode, could not read. */
	__asm__ volatile("csrw pmpaddr0, %0; csrw pmpcfg0, %1" ::"r"(-1l), "r"(0x1fl));
	/* Set hstatus.SPVP: HLV acts as in VS-mode. With vsatp = 0 the guest does not page. */
	__asm__ volatile("csrs hstatus, %0; csrw vsatp, x0" ::"r"(1l << 8));

	if (gst_init(&vm.space, &ops, &vm, gst_format_of_name("sv48x4")))
		expect("gst_init() succeeds", false);
	load_root();
	fence_all();
	guest_load(gpa, &cause);
	expect("the guest faults while nothing is mapped", cause == 21);

	gst_gather_init(&gather, NULL);
	if (gst_map(&vm.space, gpa, 4096, (uintptr_t)memory, GST_READ, 0, &gather))
		expect("gst_map() succeeds", false);
	gst_gather_finish(&vm.space, &gather);
	/* A new translation needs no flush, but the hart may have cached the invalid PTE. */
	fence_all();
	expect("the guest reads 42 after the page is mapped",
	       guest_load(gpa, &cause) == 42 && !cause);

	if (gst_unmap(&vm.space, gpa, 4096, 0, &gather))
		expect("gst_unmap() succeeds", false);
	gst_gather_finish(&vm.space, &gather);
	guest_load(gpa, &cause);
	expect("the guest faults after the page is unmapped", cause == 21);
	*FINISHER = 0x5555;
}
