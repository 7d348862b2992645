// SPDX-License-Identifier: GPL-2.0-only
/* The strict machine on the PC: its instructions, CSRs, walker, and liberties. TAP. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "t.h"

static unsigned results, failures;
static u64 tables;

void ok(bool good, const char *fmt, ...)
{
	va_list args;

	failures += !good;
	printf("%sok %u - ", good ? "" : "not ", ++results);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

struct machine *machine(unsigned harts, void (*change)(struct config *cfg))
{
	struct config cfg = {
		.harts = harts,
		.mem = 16 << 20,
		.seed = 1,
		.ticks_per = 10,
		.slice = 100,
		.satp_modes = MODES,
		.hgatp_modes = MODES,
		.asid_bits = ASID_BITS,
		.vmid_bits = VMID_BITS,
		.sstc = true,
		.svinval = true,
		.firmware = true,
	};
	struct machine *m;

	if (change)
		change(&cfg);
	m = machine_new(&cfg);
	for (unsigned n = 0; n < harts; n++) {
		hart_reset(m->hart[n], CODE, n, 0, S_MODE);
		m->hart[n]->c.stvec = TRAPS;
		m->hart[n]->c.vstvec = TRAPS;
	}
	tables = TABLE;
	return m;
}

void run(struct hart *h, const u32 *words, unsigned n, unsigned steps)
{
	for (unsigned k = 0; k < n; k++)
		ram_write(h->m, CODE + 4 * k, words[k], 4);
	h->pc = CODE;
	context_changed(h);
	fast_flush(h);
	hart_run(h, steps);
}

u32 r(u32 op, u32 f3, u32 f7, u32 rd, u32 rs1, u32 rs2)
{
	return op | rd << 7 | f3 << 12 | rs1 << 15 | rs2 << 20 | f7 << 25;
}

u32 i(u32 op, u32 f3, u32 rd, u32 rs1, u32 imm)
{
	return op | rd << 7 | f3 << 12 | rs1 << 15 | (imm & 0xfff) << 20;
}

u32 s(u32 op, u32 f3, u32 rs1, u32 rs2, u32 imm)
{
	return op | (imm & 31) << 7 | f3 << 12 | rs1 << 15 | rs2 << 20 | (imm >> 5 & 127) << 25;
}

static u64 new_table(void)
{
	tables += 0x4000;
	return tables;
}

/* The root has all the upper bits as its index: the root of the G-stage has 2 more than others. */
ux *entry(struct machine *m, u64 root, int levels, u64 va, int level)
{
	u64 table = root;

	for (int l = levels - 1;; l--) {
		u64 bits = l == levels - 1 ? ~0ull : BIT(VPN_BITS) - 1;
		ux *e = (ux *)(m->ram + (table - RAM_BASE)) + (va >> VPN_SHIFT(l) & bits);

		if (l == level)
			return e;
		if (!(*e & PTE_V))
			*e = new_table() >> 12 << 10 | PTE_V;
		table = PTE_PPN(*e) << 12;
	}
}

void map(struct machine *m, u64 root, int levels, u64 va, int level, u64 pa, u64 flags)
{
	*entry(m, root, levels, va, level) = pa >> 12 << 10 | flags;
}

u64 atp(u64 mode, u64 id, u64 root)
{
	return mode << ATP_MODE_SHIFT | id << ATP_ID_SHIFT | root >> 12;
}

int main(void)
{
	decode_init();
	test_insns();
	test_csrs();
	test_walk();
	test_keep();
	test_buffer();
	test_early();
	printf("1..%u\n", results);
	return failures ? 1 : 0;
}
