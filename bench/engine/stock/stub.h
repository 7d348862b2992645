/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The smallest part of a kernel with which arch/riscv/kvm/mmu.c compiles. The parts that the
 * measured functions use do work: PTEs, memory for tables and so on. Fences are counted. The parts
 * that get a page of the host for a fault compile, but do nothing.
 */
#ifndef BENCH_ENGINE_STUB_H
#define BENCH_ENGINE_STUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../mem.h"

#define CONFIG_64BIT 1

typedef uint32_t u32;
typedef uint64_t u64;
typedef u64 gpa_t, gfn_t, hva_t, phys_addr_t, kvm_pfn_t;

#define __init
#define __ro_after_init
#define __user
#define likely(x)        __builtin_expect(!!(x), 1)
#define unlikely(x)      __builtin_expect(!!(x), 0)
#define min(a, b)        ((a) < (b) ? (a) : (b))
#define max(a, b)        ((a) > (b) ? (a) : (b))
#define BIT(n)           (1UL << (n))
#define __ffs(x)         ((unsigned long)__builtin_ctzl(x))
#define __fls(x)         (63UL - (unsigned long)__builtin_clzl(x))
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define BUG_ON(x)                                                                                  \
	do {                                                                                       \
		if (unlikely(x))                                                                   \
			__builtin_trap();                                                          \
	} while (0)
#define WARN_ON(x) BUG_ON(x)
#define kvm_err(...)

enum {
	EPERM = 1,
	EINTR = 4,
	ENOMEM = 12,
	EFAULT = 14,
	EEXIST = 17,
	EINVAL = 22,
};

/* Pages */

#define PAGE_SHIFT   12
#define PAGE_SIZE    (1UL << PAGE_SHIFT)
#define PAGE_MASK    (~(PAGE_SIZE - 1))
#define PMD_SIZE     (PAGE_SIZE << 9)
#define PUD_SIZE     (PMD_SIZE << 9)
#define PTRS_PER_PTE 512

#define PFN_DOWN(x)      ((x) >> PAGE_SHIFT)
#define __phys_to_pfn(x) PFN_DOWN(x)
#define __pa(va)         mem_pa(va)
#define pfn_to_virt(pfn) mem_va((u64)(pfn) << PAGE_SHIFT)

#define GFP_KERNEL    0
#define GFP_ATOMIC    0
#define __GFP_ACCOUNT 0
#define __GFP_ZERO    0

/* The address of a page stands for its struct page. */
#define virt_to_page(va)        ((struct page *)(va))
#define page_to_virt(page)      ((void *)(page))
#define page_to_phys(page)      __pa(page)
#define alloc_pages(gfp, order) ((void)(order), (struct page *)mem_root())
#define free_pages(va, order)   ((void)(va), (void)(order))
#define get_order(size)         2
#define put_page(page)          (bench_tables--, (void)(page))

static unsigned long bench_tables;

struct kvm_mmu_memory_cache {
	u32 gfp_zero;
	u32 gfp_custom;
};

static inline int kvm_mmu_topup_memory_cache(struct kvm_mmu_memory_cache *cache, int pages)
{
	(void)cache;
	return mem_has(pages) ? 0 : -ENOMEM;
}

static inline void *kvm_mmu_memory_cache_alloc(struct kvm_mmu_memory_cache *cache)
{
	(void)cache;
	bench_tables++;
	return mem_page();
}

#define kvm_mmu_free_memory_cache(cache) ((void)(cache))

/* PTEs */

#define _PAGE_PRESENT  BIT(0)
#define _PAGE_READ     BIT(1)
#define _PAGE_WRITE    BIT(2)
#define _PAGE_EXEC     BIT(3)
#define _PAGE_USER     BIT(4)
#define _PAGE_GLOBAL   BIT(5)
#define _PAGE_ACCESSED BIT(6)
#define _PAGE_DIRTY    BIT(7)
#define _PAGE_TABLE    _PAGE_PRESENT

typedef struct {
	unsigned long pte;
} pte_t;

typedef struct {
	unsigned long pgprot;
} pgprot_t;

#define __pte(x)    ((pte_t){ (x) })
#define __pgprot(x) ((pgprot_t){ (x) })

#ifdef BENCH_COUNT
#define pte_val(x) (mem.reads++, (x).pte)
#else
#define pte_val(x) ((x).pte)
#endif

#define BENCH_USER      (_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_USER | _PAGE_READ)
#define PAGE_READ       __pgprot(BENCH_USER)
#define PAGE_WRITE      __pgprot(BENCH_USER | _PAGE_WRITE)
#define PAGE_READ_EXEC  __pgprot(BENCH_USER | _PAGE_EXEC)
#define PAGE_WRITE_EXEC __pgprot(BENCH_USER | _PAGE_WRITE | _PAGE_EXEC)
#define PAGE_KERNEL_IO  __pgprot(_PAGE_PRESENT | _PAGE_READ | _PAGE_WRITE | BIT(62))

#define __page_val_to_pfn(val) (((val) & ((1UL << 54) - 1)) >> 10)

#define ptep_get(ptep)     READ_ONCE(*(ptep))
#define set_pte(ptep, val) WRITE_ONCE(*(ptep), val)

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte(pfn << 10 | prot.pgprot);
}

static inline pte_t pte_mkdirty(pte_t pte)
{
	return __pte(pte.pte | _PAGE_DIRTY);
}

static inline pte_t pte_wrprotect(pte_t pte)
{
	return __pte(pte.pte & ~_PAGE_WRITE);
}

static inline bool pte_young(pte_t pte)
{
	return pte_val(pte) & _PAGE_ACCESSED;
}

static inline int ptep_test_and_clear_young(void *vma, unsigned long addr, pte_t *ptep)
{
	(void)vma;
	(void)addr;
	if (!pte_young(ptep_get(ptep)))
		return 0;
	return !!(__atomic_fetch_and(&ptep->pte, ~_PAGE_ACCESSED, __ATOMIC_RELAXED) &
		  _PAGE_ACCESSED);
}

/* hgatp: the host accepts a widest mode of three, four or five levels, and all narrower ones. */

#define HGATP_MODE_SV39X4 8UL
#define HGATP_MODE_SV48X4 9UL
#define HGATP_MODE_SV57X4 10UL
#define HGATP_MODE_SHIFT  60
#define HGATP_VMID_SHIFT  44
#define HGATP_VMID        (((1UL << 14) - 1) << HGATP_VMID_SHIFT)
#define HGATP_PPN         ((1UL << 44) - 1)
#define HGATP_PAGE_SHIFT  12
#define CSR_HGATP         0x680

static unsigned long bench_widest_mode;
static unsigned long bench_hgatp;

#define csr_read(csr) ((void)(csr), bench_hgatp)

static inline void csr_write(unsigned int csr, unsigned long val)
{
	(void)csr;
	if (val >> HGATP_MODE_SHIFT <= bench_widest_mode)
		bench_hgatp = val;
}

/* KVM */

struct page;
struct mm;
struct hstate;
enum kvm_mr_change {
	KVM_MR_CREATE,
	KVM_MR_DELETE,
	KVM_MR_MOVE,
	KVM_MR_FLAGS_ONLY,
};

#define KVM_MEM_LOG_DIRTY_PAGES 1u
#define KVM_MEM_READONLY        2u

struct kvm_arch {
	void *pgd;
	phys_addr_t pgd_phys;
	struct {
		unsigned long vmid;
	} vmid;
};

struct kvm {
	int mmu_lock;
	unsigned long mmu_invalidate_seq;
	struct kvm_arch arch;
};

struct kvm_vcpu {
	struct kvm *kvm;
	struct {
		struct kvm_mmu_memory_cache mmu_page_cache;
	} arch;
};

struct kvm_memory_slot {
	gfn_t base_gfn;
	unsigned long npages;
	unsigned long *dirty_bitmap;
	unsigned long userspace_addr;
	u32 flags;
	short id;
};

struct kvm_memslots;

struct kvm_gfn_range {
	struct kvm_memory_slot *slot;
	gfn_t start;
	gfn_t end;
	bool may_block;
};

void kvm_riscv_gstage_free_pgd(struct kvm *kvm);

#define spin_lock(lock)         ((void)(lock))
#define spin_unlock(lock)       ((void)(lock))
#define cond_resched_lock(lock) ((void)(lock))

/* A kernel makes a request to every vCPU here. The figures do not include its cost. */
#define kvm_riscv_hfence_gvma_vmid_gpa(kvm, hbase, hmask, gpa, size, order)                        \
	((void)(kvm), (void)(gpa), (void)(order), (void)mem.fences++)
#define kvm_flush_remote_tlbs(kvm)        ((void)(kvm), (void)mem.fences++)
#define kvm_riscv_local_hfence_gvma_all() ((void)0)
#define kvm_riscv_gstage_vmid_bits()      14

/* The parts that get a page of the host for a fault. They are compiled, and never called. */

struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_flags, vm_pgoff;
};

static struct {
	struct mm *mm;
} *current;

#define VM_WRITE             1UL
#define VM_PFNMAP            2UL
#define BUS_MCEERR_AR        4
#define KVM_PFN_ERR_HWPOISON 1UL

#define mmap_read_lock(mm)                     ((void)(mm))
#define mmap_read_unlock(mm)                   ((void)(mm))
#define find_vma(mm, hva)                      ((void)(mm), (void)(hva), (struct vm_area_struct *)NULL)
#define vma_lookup(mm, hva)                    find_vma(mm, hva)
#define is_vm_hugetlb_page(vma)                ((void)(vma), false)
#define hstate_vma(vma)                        ((void)(vma), (struct hstate *)NULL)
#define huge_page_shift(hstate)                ((void)(hstate), PAGE_SHIFT)
#define huge_page_mask(hstate)                 ((void)(hstate), PAGE_MASK)
#define gfn_to_pfn_prot(kvm, gfn, write, ok)   ((void)(kvm), (void)(write), *(ok) = true, (gfn))
#define is_error_noslot_pfn(pfn)               ((void)(pfn), false)
#define is_sigpending_pfn(pfn)                 ((void)(pfn), false)
#define send_sig_mceerr(code, addr, lsb, task) ((void)(addr), (void)(lsb), (void)(task))
#define mmu_invalidate_retry(kvm, seq)         ((void)(kvm), (void)(seq), false)
#define mark_page_dirty(kvm, gfn)              ((void)(kvm), (void)(gfn))
#define kvm_set_pfn_dirty(pfn)                 ((void)(pfn))
#define kvm_set_pfn_accessed(pfn)              ((void)(pfn))
#define kvm_release_pfn_clean(pfn)             ((void)(pfn))
#define kvm_memslots(kvm)                      ((void)(kvm), (struct kvm_memslots *)NULL)
#define id_to_memslot(slots, id)               ((void)(slots), (void)(id), (struct kvm_memory_slot *)NULL)

#endif /* BENCH_ENGINE_STUB_H */
