// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The G-stage address translation, written from the privileged specification: "Virtual Address
 * Translation Process" of Sv32, with the constants of Sv39, Sv48 and Sv57. The differences of the
 * G-stage are in "Guest Physical Address Translation": a root of 16 KiB, and every access as if in
 * U-mode, so that MXR and SUM have no effect. Svpbmt and Svnapot are implemented.
 */
#include <string.h>

#include "spec.h"

/* The bits of a PTE, with the numbers in the specification's figures. */
#define V 0
#define R 1
#define W 2
#define X 3
#define U 4
#define G 5
#define A 6
#define D 7

static bool bit(uint64_t word, unsigned int n)
{
	return word >> n & 1;
}

static uint64_t bits(uint64_t word, unsigned int hi, unsigned int lo)
{
	return word >> lo & (~UINT64_C(0) >> (63 - (hi - lo)));
}

unsigned int spec_levels(unsigned int mode)
{
	switch (mode) {
	case 1:
		return 2;
	case 8:
		return 3;
	case 9:
		return 4;
	case 10:
		return 5;
	}
	return 0;
}

static unsigned int vpn_bits(unsigned int mode)
{
	return mode == 1 ? 10 : 9;
}

static unsigned int pte_bytes(unsigned int mode)
{
	return mode == 1 ? 4 : 8;
}

unsigned int spec_gpa_bits(unsigned int mode)
{
	return 12 + vpn_bits(mode) * spec_levels(mode) + 2;
}

uint64_t spec_span(unsigned int mode, unsigned int level)
{
	return UINT64_C(4096) << (vpn_bits(mode) * level);
}

static uint64_t ppn_of(unsigned int mode, uint64_t pte)
{
	return mode == 1 ? bits(pte, 31, 10) : bits(pte, 53, 10);
}

/* Read the PTE at a physical address. */
static bool read_pte(const struct spec_machine *hart, uint64_t pa, uint64_t *pte)
{
	const char *page = hart->page(pa & ~UINT64_C(4095));
	uint32_t word;

	if (!page)
		return false;
	if (pte_bytes(hart->mode) == 8) {
		memcpy(pte, page + pa % 4096, 8);
		return true;
	}
	memcpy(&word, page + pa % 4096, 4);
	*pte = word;
	return true;
}

/*
 * Steps 3 to 7 of the process for one PTE. Return: true for a leaf, false for a pointer or a
 * fault.
 */
static bool decode(const struct spec_machine *hart, uint64_t pte, struct spec_result *res)
{
	unsigned int pbmt = 0;
	bool napot = false;
	uint64_t ppn = ppn_of(hart->mode, pte);

	res->fault = SPEC_NOT_VALID;
	if (!bit(pte, V))
		return false;
	res->fault = SPEC_WRITE_WITHOUT_READ;
	if (!bit(pte, R) && bit(pte, W))
		return false;

	res->fault = SPEC_RESERVED;
	if (hart->mode != 1) {
		if (bits(pte, 60, 54))
			return false;
		pbmt = bits(pte, 62, 61);
		if (pbmt == 3)
			return false;
		napot = bit(pte, 63);
	}

	if (!bit(pte, R) && !bit(pte, X)) {
		/* In a pointer, D, A, U, PBMT and N are reserved, too. */
		if (bit(pte, D) || bit(pte, A) || bit(pte, U) || pbmt || napot)
			return false;
		res->fault = res->level ? SPEC_NO_FAULT : SPEC_NO_LEAF;
		return false;
	}

	/*
	 * Svnapot, "Page table entry encodings when pte.N=1": only one size, only in the last
	 * level.
	 */
	if (napot && (res->level || bits(ppn, 3, 0) != 8))
		return false;
	res->fault = SPEC_NOT_USER;
	if (!bit(pte, U))
		return false;
	if (napot) {
		/* Take the low 4 bits of the PPN from the VPN. */
		ppn -= 8;
		res->size = 65536;
		res->gpa -= res->gpa % 65536;
		res->napot = true;
	}
	res->fault = SPEC_MISALIGNED;
	if (ppn % (res->size / 4096))
		return false;
	res->fault = SPEC_NO_FAULT;
	res->pa = ppn * 4096;
	res->perm = (bit(pte, R) ? SPEC_R : 0) | (bit(pte, W) ? SPEC_W : 0) |
		    (bit(pte, X) ? SPEC_X : 0) | (pbmt == 1 ? SPEC_NC : 0) |
		    (pbmt == 2 ? SPEC_IO : 0);
	res->accessed = bit(pte, A);
	res->dirty = bit(pte, D);
	res->global = bit(pte, G);
	return true;
}

bool spec_resume(const struct spec_machine *hart, uint64_t gpa, unsigned int level, uint64_t table,
		 struct spec_result *res)
{
	unsigned int top = spec_levels(hart->mode) - 1, width = vpn_bits(hart->mode);
	uint64_t pte;

	memset(res, 0, sizeof(*res));
	for (;; level--) {
		unsigned int shift = 12 + width * level;
		uint64_t vpn = bits(gpa, shift + width - 1 + (level == top ? 2 : 0), shift);

		res->level = level;
		res->size = UINT64_C(1) << shift;
		res->gpa = gpa >> shift << shift;
		res->table[level] = table;
		res->pte_pa = table + vpn * pte_bytes(hart->mode);
		res->fault = SPEC_BUS;
		if (!read_pte(hart, res->pte_pa, &pte))
			return false;
		if (decode(hart, pte, res))
			return true;
		if (res->fault)
			return false;
		table = ppn_of(hart->mode, pte) * 4096;
	}
}

bool spec_translate(const struct spec_machine *hart, uint64_t gpa, struct spec_result *res)
{
	memset(res, 0, sizeof(*res));
	res->fault = SPEC_GPA_TOO_WIDE;
	if (gpa >> spec_gpa_bits(hart->mode))
		return false;
	res->fault = SPEC_BUS;
	if (hart->root % 16384)
		return false;
	return spec_resume(hart, gpa, spec_levels(hart->mode) - 1, hart->root, res);
}

static unsigned int visit(const struct spec_machine *hart, const struct spec_visitor *visitor,
			  uint64_t gpa, unsigned int level, uint64_t table, unsigned int entries)
{
	unsigned int used = 0;

	for (unsigned int i = 0; i < entries; i++) {
		uint64_t pa = table + (uint64_t)i * pte_bytes(hart->mode), pte;
		struct spec_result res = { .level = level, .pte_pa = pa };

		res.size = spec_span(hart->mode, level);
		res.gpa = gpa + i * res.size;
		res.table[level] = table;
		if (!read_pte(hart, pa, &pte)) {
			res.fault = SPEC_BUS;
			visitor->bad(visitor->arg, &res, 0);
			return used;
		}
		if (!pte)
			continue;
		used++;
		if (decode(hart, pte, &res)) {
			visitor->leaf(visitor->arg, &res);
		} else if (res.fault) {
			visitor->bad(visitor->arg, &res, pte);
		} else {
			uint64_t child = ppn_of(hart->mode, pte) * 4096;
			unsigned int n = visit(hart, visitor, res.gpa, level - 1, child,
					       4096 / pte_bytes(hart->mode));

			visitor->table(visitor->arg, child, level - 1, n);
		}
	}
	return used;
}

void spec_visit(const struct spec_machine *hart, const struct spec_visitor *visitor)
{
	visit(hart, visitor, 0, spec_levels(hart->mode) - 1, hart->root,
	      16384 / pte_bytes(hart->mode));
}
