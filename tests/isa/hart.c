// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The hart: its registers, its fences, and accesses through the G-stage.
 */
#include "hart.h"

struct answer {
	unsigned long data;
	unsigned long cause;
};
struct answer isa_load(unsigned long gva);
struct answer isa_fetch(unsigned long gva);
struct answer isa_store(unsigned long gva, unsigned long data);

struct hart hart;

#define HSTATUS_SPVP (1ul << 8)
#if GST_XLEN == 64
#define HSTATUS_VSXL     (3ul << 32)
#define HSTATUS_VSXL_MAX (2ul << 32)
#else
#define HSTATUS_VSXL     0ul
#define HSTATUS_VSXL_MAX 0ul
#endif

#if GST_XLEN == 64
#define HGATP_MODE_SHIFT 60
#define HGATP_VMID_SHIFT 44
#define HGATP_VMID_MASK  0x3ffful
#define MENVCFG_ADUE     (1ul << 61)
#define MENVCFG_PBMTE    (1ul << 62)
#else
#define HGATP_MODE_SHIFT 31
#define HGATP_VMID_SHIFT 22
#define HGATP_VMID_MASK  0x7ful
#endif

unsigned long hart_hgatp(gst_root_t root, unsigned int vmid)
{
	unsigned long ppn = (uintptr_t)gst_root_table(root) >> 12;

	return (unsigned long)gst_root_mode(root) << HGATP_MODE_SHIFT |
	       (unsigned long)vmid << HGATP_VMID_SHIFT | ppn;
}

void hart_load(unsigned long hgatp)
{
	csr_write(hgatp, hgatp);
}

bool hart_probe_mode(unsigned int mode)
{
	unsigned long want = (unsigned long)mode << HGATP_MODE_SHIFT;

	csr_write(hgatp, 0);
	csr_write(hgatp, want);
	return csr_read(hgatp) >> HGATP_MODE_SHIFT == mode;
}

void hart_fence_gpa(gst_gpa_t gpa, unsigned int vmid)
{
	unsigned long page = gpa >> 2, id = vmid;

	__asm__ volatile(
		".option push\n.option arch, +h\nhfence.gvma %0, %1\n.option pop" ::"r"(page),
		"r"(id)
		: "memory");
}

void hart_fence_all(unsigned int vmid)
{
	unsigned long id = vmid;

	__asm__ volatile(".option push\n.option arch, +h\nhfence.gvma x0, %0\n.option pop" ::"r"(id)
			 : "memory");
}

#if GST_XLEN == 64
void hart_enable_pbmt(bool on)
{
	csr_clear(menvcfg, MENVCFG_PBMTE);
	if (on)
		csr_set(menvcfg, MENVCFG_PBMTE);
	hart_fence_all(0);
}

void hart_enable_adu(bool on)
{
	csr_clear(menvcfg, MENVCFG_ADUE);
	if (on)
		csr_set(menvcfg, MENVCFG_ADUE);
	hart_fence_all(0);
}

static void probe_menvcfg(void)
{
	csr_set(menvcfg, MENVCFG_PBMTE | MENVCFG_ADUE);
	hart.svpbmt = csr_read(menvcfg) & MENVCFG_PBMTE;
	hart.svadu = csr_read(menvcfg) & MENVCFG_ADUE;
}
#else
#define MENVCFGH_ADUE (1ul << 29)

/* The PTEs of Sv32x4 have no room for Svpbmt. */
void hart_enable_pbmt(bool on)
{
	(void)on;
}

void hart_enable_adu(bool on)
{
	csr_clear(menvcfgh, MENVCFGH_ADUE);
	if (on)
		csr_set(menvcfgh, MENVCFGH_ADUE);
	hart_fence_all(0);
}

static void probe_menvcfg(void)
{
	csr_set(menvcfgh, MENVCFGH_ADUE);
	hart.svadu = csr_read(menvcfgh) & MENVCFGH_ADUE;
}
#endif

void hart_init(void)
{
	unsigned long vmid;

	/* Let HLV access as VS-mode, not VU-mode, and with 64 bits if that can be chosen. */
	csr_write(hstatus, (csr_read(hstatus) & ~HSTATUS_VSXL) | HSTATUS_VSXL_MAX | HSTATUS_SPVP);
	csr_write(vsatp, 0);
	/* Delegate no traps: those of HLV come here. */
	csr_write(medeleg, 0);

	for (unsigned int mode = 1; mode < 16; mode++)
		hart.modes[mode] =
			mode >> (GST_XLEN - HGATP_MODE_SHIFT) == 0 && hart_probe_mode(mode);
	csr_write(hgatp, HGATP_VMID_MASK << HGATP_VMID_SHIFT);
	vmid = csr_read(hgatp) >> HGATP_VMID_SHIFT & HGATP_VMID_MASK;
	for (; vmid & 1; vmid >>= 1)
		hart.vmid_bits++;
	csr_write(hgatp, 0);

	probe_menvcfg();
	hart_enable_adu(false);
	hart_enable_pbmt(true);
}

#if GST_XLEN == 32
/*
 * With XLEN 32, HLV takes an address of 32 bits, but a gpa has 34 bits. So the guest uses page
 * tables: four roots of 4 MiB leaves, one for each 4 GiB.
 */
static uint32_t guest_tables[4][1024] __attribute__((aligned(4096)));

gst_pa_t hart_guest_tables(void)
{
	/* Set V, R, W, X, A and D, but not U, because HLV accesses as VS-mode. */
	for (uint32_t i = 0; i < 4096; i++)
		guest_tables[i / 1024][i % 1024] = i << 20 | 0xcf;
	return (uintptr_t)guest_tables;
}

static unsigned long enter_guest_space(gst_gpa_t gpa)
{
	uint32_t quarter = gpa >> 32;
	unsigned long vsatp = 0;

	if (quarter)
		vsatp = 1ul << 31 | (unsigned long)(GUEST_TABLES_GPA >> 12) | quarter;
	if (csr_read(vsatp) != vsatp) {
		csr_write(vsatp, vsatp);
		__asm__ volatile(".option push\n.option arch, +h\nhfence.vvma\n.option pop" ::
					 : "memory");
	}
	return (unsigned long)gpa;
}

/* The guest's PTEs can name all addresses of Sv32x4, and no others. */
bool hart_reaches(gst_gpa_t gpa)
{
	return !(gpa >> 34);
}

static bool gva_flag(void)
{
	return csr_read(mstatush) >> 6 & 1;
}
#else
static unsigned long enter_guest_space(gst_gpa_t gpa)
{
	return gpa;
}

bool hart_reaches(gst_gpa_t gpa)
{
	(void)gpa;
	return true;
}

static bool gva_flag(void)
{
	return csr_read(mstatus) >> 38 & 1;
}
#endif

struct outcome hart_access(enum access kind, gst_gpa_t gpa, unsigned long data)
{
	unsigned long gva = enter_guest_space(gpa);
	struct outcome outcome = { .gva = gva };
	struct answer answer;

	/* Order the guest's access after the program's stores and before its next loads. */
	__asm__ volatile("fence" ::: "memory");
	if (kind == ACCESS_LOAD)
		answer = isa_load(gva);
	else if (kind == ACCESS_FETCH)
		answer = isa_fetch(gva);
	else
		answer = isa_store(gva, data);
	__asm__ volatile("fence" ::: "memory");

	outcome.data = answer.data;
	outcome.cause = answer.cause;
	if (answer.cause) {
		outcome.tval = csr_read(mtval);
		outcome.tval2 = csr_read(mtval2);
		outcome.gva_flag = gva_flag();
	}
	return outcome;
}
