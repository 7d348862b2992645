// SPDX-License-Identifier: GPL-2.0-only
/*
 * The G-stage of stock KVM under measurement. This file includes the whole, unmodified mmu.c,
 * because most of its functions are static. STOCK_MMU is the path of mmu.c in the sources
 * that the lab has unpacked. stub.h replaces the rest of the kernel.
 */
#include STOCK_MMU

#include "../impl.h"

static struct kvm kvm;
static struct kvm_mmu_memory_cache cache;
static struct kvm_memory_slot slot;

static void open_space(unsigned int want)
{
	/* Stock KVM uses the widest mode that the host accepts, as on hardware. */
	bench_widest_mode = 5 + want;
	gstage_mode = HGATP_MODE_SV39X4 << HGATP_MODE_SHIFT;
	gstage_pgd_levels = 3;
	kvm_riscv_gstage_mode_detect();
	kvm = (struct kvm){ 0 };
	cache = (struct kvm_mmu_memory_cache){ 0 };
	bench_tables = 0;
	if (gstage_pgd_levels != want || kvm_riscv_gstage_alloc_pgd(&kvm))
		bench_failed("kvm_riscv_gstage_alloc_pgd", want);
}

/* Do not call kvm_riscv_gstage_free_pgd(), which looks at each mapped 4 KiB. */
static void close_space(void)
{
	kvm.arch.pgd = NULL;
}

static unsigned long tables(void)
{
	return bench_tables;
}

static unsigned int state(u64 gpa)
{
	pte_t *ptep;
	u32 level;
	unsigned long val;

	if (!gstage_get_leaf_entry(&kvm, gpa, &ptep, &level))
		return 0;
	val = ptep->pte;
	return MAPPED | (val & _PAGE_WRITE ? WRITABLE : 0) | (val & _PAGE_ACCESSED ? YOUNG : 0) |
	       (level ? HUGE_LEAF : 0);
}

/* The part of kvm_riscv_gstage_map() that works on the G-stage. */
static void map_page(u64 gpa, u64 arg)
{
	(void)arg;
	if (kvm_mmu_topup_memory_cache(&cache, gstage_pgd_levels))
		bench_failed("kvm_mmu_topup_memory_cache", gpa);
	if (gstage_map_page(&kvm, &cache, gpa, MEMORY_PA + gpa, PAGE_SIZE, false, true))
		bench_failed("gstage_map_page", gpa);
}

static void lookup(u64 gpa, u64 arg)
{
	pte_t *ptep;
	u32 level;

	(void)arg;
	if (!gstage_get_leaf_entry(&kvm, gpa, &ptep, &level))
		bench_failed("gstage_get_leaf_entry", gpa);
}

/* Stock looks at the first leaf of the range only, so make one call for each page. */
static void young_page(u64 gpa, u64 pages)
{
	struct kvm_gfn_range range = {
		.slot = &slot,
		.start = gpa >> PAGE_SHIFT,
		.end = (gpa >> PAGE_SHIFT) + pages,
	};

	if (!kvm_age_gfn(&kvm, &range))
		bench_failed("kvm_age_gfn", gpa);
}

static void wrprotect(u64 gpa, u64 pages)
{
	gstage_wp_range(&kvm, gpa, gpa + pages * PAGE_SIZE);
	kvm_flush_remote_tlbs(&kvm);
}

static void wrprotect_mask(u64 gpa, u64 mask)
{
	kvm_arch_mmu_enable_log_dirty_pt_masked(&kvm, &slot, gpa >> PAGE_SHIFT, mask);
}

static void unmap(u64 gpa, u64 pages)
{
	struct kvm_gfn_range range = {
		.slot = &slot,
		.start = gpa >> PAGE_SHIFT,
		.end = (gpa >> PAGE_SHIFT) + pages,
		.may_block = true,
	};

	kvm_unmap_gfn_range(&kvm, &range);
}

const struct impl bench_impl = {
	.open = open_space,
	.close = close_space,
	.tables = tables,
	.state = state,
	.map_page = map_page,
	.lookup = lookup,
	.young_page = young_page,
	.wrprotect = wrprotect,
	.wrprotect_mask = wrprotect_mask,
	.unmap = unmap,
};
