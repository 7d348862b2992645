/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between RV64 and RV32: the width of registers, the fields of satp, vsatp and hgatp,
 * and the format of page-table entries. A field that one of them does not have is 0 there.
 */
#ifndef STRICT_XLEN_H
#define STRICT_XLEN_H

#ifndef XLEN
#define XLEN 64
#endif

#if XLEN == 64
/* A register as an unsigned and as a signed number, and the products of two registers. */
typedef u64 ux;
typedef s64 sx;
typedef unsigned __int128 uxx;
typedef __int128 sxx;

#define MODE_SV39    8
#define MODE_SV48    9
#define MODE_SV57    10
#define MODES        (BIT(MODE_BARE) | BIT(MODE_SV39) | BIT(MODE_SV48) | BIT(MODE_SV57))
#define LEVELS(mode) ((mode) == MODE_BARE ? 0 : (int)(mode) - 5)

#define ATP_MODE_SHIFT 60
#define ATP_ID_SHIFT   44
#define ASID_BITS      16
#define VMID_BITS      14

#define PTE_SIZE     8
#define VPN_BITS     9
#define PTE_PPN(x)   BITS(x, 53, 10)
#define PTE_PBMT     (3ull << 61)
#define PTE_N        BIT(63)
#define PTE_RESERVED (0x7full << 54)

#define ST_UXL  (2ull << 32)
#define ST_SXL  (2ull << 34)
#define HS_VSXL (2ull << 32)
#define MXL     2ull

/* htinst for an access of the walker to an entry of the VS-stage. */
#define TINST_READ  0x3000
#define TINST_WRITE 0x3020
#else
typedef u32 ux;
typedef s32 sx;
typedef u64 uxx;
typedef s64 sxx;

#define MODE_SV32    1
#define MODES        (BIT(MODE_BARE) | BIT(MODE_SV32))
#define LEVELS(mode) ((mode) == MODE_BARE ? 0 : 2)

#define ATP_MODE_SHIFT 31
#define ATP_ID_SHIFT   22
#define ASID_BITS      9
#define VMID_BITS      7

#define PTE_SIZE     4
#define VPN_BITS     10
#define PTE_PPN(x)   BITS(x, 31, 10)
#define PTE_PBMT     0ull
#define PTE_N        0ull
#define PTE_RESERVED 0ull

#define ST_UXL  0ull
#define ST_SXL  0ull
#define HS_VSXL 0ull
#define MXL     1ull

#define TINST_READ  0x2000
#define TINST_WRITE 0x2020
#endif

#define MODE_BARE   0
#define ATP_MODE(x) BITS(x, XLEN - 1, ATP_MODE_SHIFT)
#define ATP_ASID(x) BITS(x, ATP_ID_SHIFT + ASID_BITS - 1, ATP_ID_SHIFT)
#define ATP_VMID(x) BITS(x, ATP_ID_SHIFT + VMID_BITS - 1, ATP_ID_SHIFT)
#define ATP_PPN(x)  BITS(x, ATP_ID_SHIFT - 1, 0)

/* The number of the lowest bit of an address that the table of this level translates. */
#define VPN_SHIFT(level) (12 + VPN_BITS * (level))

/* The bit of scause that tells an interrupt from an exception. */
#define CAUSE_IRQ BIT(XLEN - 1)

#endif
