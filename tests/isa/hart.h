/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The hart: its registers, its fences, and accesses through the G-stage.
 */
#ifndef ISA_HART_H
#define ISA_HART_H

#include <gst/gst.h>

#define csr_read(csr)                                                                              \
	({                                                                                         \
		unsigned long csr_value;                                                           \
		__asm__ volatile("csrr %0, " #csr : "=r"(csr_value)::"memory");                    \
		csr_value;                                                                         \
	})
#define csr_write(csr, value)                                                                      \
	({ __asm__ volatile("csrw " #csr ", %0" ::"r"((unsigned long)(value)) : "memory"); })
#define csr_set(csr, value)                                                                        \
	({ __asm__ volatile("csrs " #csr ", %0" ::"r"((unsigned long)(value)) : "memory"); })
#define csr_clear(csr, value)                                                                      \
	({ __asm__ volatile("csrc " #csr ", %0" ::"r"((unsigned long)(value)) : "memory"); })

/* Exception codes (privileged spec, "Machine Cause Register"). */
enum cause {
	CAUSE_NONE = 0,
	CAUSE_FETCH_ACCESS = 1,
	CAUSE_LOAD_ACCESS = 5,
	CAUSE_STORE_ACCESS = 7,
	CAUSE_FETCH_PAGE = 12,
	CAUSE_FETCH_GUEST_PAGE = 20,
	CAUSE_LOAD_GUEST_PAGE = 21,
	CAUSE_STORE_GUEST_PAGE = 23,
};

/* The kinds of access. */
enum access {
	ACCESS_LOAD,  /* HLV, needs R */
	ACCESS_FETCH, /* HLVX, needs X */
	ACCESS_STORE, /* HSV, needs W */
	ACCESS_KINDS,
};

/* The result of one access. */
struct outcome {
	unsigned long data;
	unsigned long cause; /* the cause of the trap, or CAUSE_NONE */
	uint64_t gva;        /* the address that was used */
	uint64_t tval;       /* after a trap */
	uint64_t tval2;
	bool gva_flag; /* mstatus.GVA */
};

/* What hart_init() has found out about the hart. */
struct hart {
	bool modes[16]; /* by encoding of hgatp.MODE */
	unsigned int vmid_bits;
	bool svnapot;
	bool svpbmt;
	bool svadu; /* menvcfg.ADUE can be set */
};
extern struct hart hart;

void hart_init(void);

static inline bool hart_has(const struct gst_format *fmt)
{
	return fmt->xlen == GST_XLEN && hart.modes[fmt->mode];
}

/* Does hgatp accept the mode? MODE is WARL, so the probe starts from a known value. */
bool hart_probe_mode(unsigned int mode);

/* The value of hgatp for a root and a VMID. */
unsigned long hart_hgatp(gst_root_t root, unsigned int vmid);
void hart_load(unsigned long hgatp);

/* HFENCE.GVMA for one gpa of a VMID, or for all (rs1=x0). */
void hart_fence_gpa(gst_gpa_t gpa, unsigned int vmid);
void hart_fence_all(unsigned int vmid);

/* Set or clear menvcfg.PBMTE or .ADUE. Nothing happens if the hart lacks the bit. */
void hart_enable_pbmt(bool on);
void hart_enable_adu(bool on);

/*
 * Access a gpa as a guest in VS-mode would. With XLEN 32, addresses from 4 GiB on need the
 * guest's page tables, which hart_guest_tables() makes.
 */
bool hart_reaches(gst_gpa_t gpa);
struct outcome hart_access(enum access kind, gst_gpa_t gpa, unsigned long data);

/* The guest's own tables: their gpa, and where they are in memory. Only for XLEN 32. */
#define GUEST_TABLES_GPA  UINT64_C(0x240000000)
#define GUEST_TABLES_SIZE UINT64_C(0x4000)
gst_pa_t hart_guest_tables(void);

#endif /* ISA_HART_H */
