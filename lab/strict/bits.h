/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fields of CSRs and of page-table entries. xlen.h has those that RV64 and RV32 have in
 * different places.
 */
#ifndef STRICT_BITS_H
#define STRICT_BITS_H

#include "strict.h"

/* mstatus, sstatus, vsstatus */
#define ST_SIE  BIT(1)
#define ST_MIE  BIT(3)
#define ST_SPIE BIT(5)
#define ST_MPIE BIT(7)
#define ST_SPP  BIT(8)
#define ST_MPP  (3ull << 11)
#define ST_FS   (3ull << 13)
#define ST_MPRV BIT(17)
#define ST_SUM  BIT(18)
#define ST_MXR  BIT(19)
#define ST_TVM  BIT(20)
#define ST_TW   BIT(21)
#define ST_TSR  BIT(22)
#define ST_GVA  BIT(38)
#define ST_MPV  BIT(39)
#define ST_SD   BIT(XLEN - 1)
/* The bits of mstatus that sstatus shows, and those that can be written there. */
#define SSTATUS_WRITE (ST_SIE | ST_SPIE | ST_SPP | ST_FS | ST_SUM | ST_MXR)
#define SSTATUS_READ  (SSTATUS_WRITE | ST_UXL)
#define MSTATUS_WRITE                                                                              \
	(SSTATUS_WRITE | ST_MIE | ST_MPIE | ST_MPP | ST_MPRV | ST_TVM | ST_TW | ST_TSR | ST_GVA |  \
	 ST_MPV)

/* hstatus */
#define HS_GVA   BIT(6)
#define HS_SPV   BIT(7)
#define HS_SPVP  BIT(8)
#define HS_HU    BIT(9)
#define HS_VTVM  BIT(20)
#define HS_VTW   BIT(21)
#define HS_VTSR  BIT(22)
#define HS_WRITE (HS_GVA | HS_SPV | HS_SPVP | HS_HU | HS_VTVM | HS_VTW | HS_VTSR)

/* Interrupts */
#define IRQ_SS    BIT(1)
#define IRQ_VSS   BIT(2)
#define IRQ_MS    BIT(3)
#define IRQ_ST    BIT(5)
#define IRQ_VST   BIT(6)
#define IRQ_MT    BIT(7)
#define IRQ_SE    BIT(9)
#define IRQ_VSE   BIT(10)
#define IRQ_ME    BIT(11)
#define IRQ_SGE   BIT(12)
#define IRQ_LCOF  BIT(13) /* a counter has overflowed */
#define IRQ_S     (IRQ_SS | IRQ_ST | IRQ_SE)
#define IRQ_VS    (IRQ_VSS | IRQ_VST | IRQ_VSE)
#define IRQ_HYPER (IRQ_VS | IRQ_SGE)
#define IRQ_M     (IRQ_MS | IRQ_MT | IRQ_ME)

/* menvcfg, henvcfg, senvcfg */
#define ENV_FIOM  BIT(0)
#define ENV_CBIE  (3ull << 4)
#define ENV_CBCFE BIT(6)
#define ENV_CBZE  BIT(7)
#define ENV_ADUE  BIT(61)
#define ENV_PBMTE BIT(62)
#define ENV_STCE  BIT(63)
#define ENV_U     (ENV_FIOM | ENV_CBIE | ENV_CBCFE | ENV_CBZE)

/* Entries of page tables */
#define PTE_V   BIT(0)
#define PTE_R   BIT(1)
#define PTE_W   BIT(2)
#define PTE_X   BIT(3)
#define PTE_U   BIT(4)
#define PTE_G   BIT(5)
#define PTE_A   BIT(6)
#define PTE_D   BIT(7)
#define PTE_RWX (PTE_R | PTE_W | PTE_X)

#endif
