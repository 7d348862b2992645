// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SBI 2.0 that firmware in M-mode would implement: base, TIME, IPI, RFENCE, HSM, SRST, DBCN,
 * and PMU (pmu.c). A remote fence is executed on each of its harts before the call returns.
 */
#include "bits.h"
#include "sbi.h"

enum {
	EXT_PUTCHAR = 0x01,
	EXT_BASE = 0x10,
	EXT_TIME = 0x54494d45,
	EXT_IPI = 0x735049,
	EXT_RFENCE = 0x52464e43,
	EXT_HSM = 0x48534d,
	EXT_SRST = 0x53525354,
	EXT_DBCN = 0x4442434e,
	EXT_PMU = 0x504d55,
};

static bool has(u64 ext)
{
	return ext == EXT_BASE || ext == EXT_TIME || ext == EXT_IPI || ext == EXT_RFENCE ||
	       ext == EXT_HSM || ext == EXT_SRST || ext == EXT_DBCN || ext == EXT_PMU ||
	       ext == EXT_PUTCHAR;
}

static s64 base(struct call *c)
{
	switch (c->fid) {
	case 0:
		c->value = 2 << 24;
		return SBI_OK;
	case 1:
		c->value = 0x57;
		return SBI_OK;
	case 2:
		c->value = 1;
		return SBI_OK;
	case 3:
		c->value = has(c->a[0]);
		return SBI_OK;
	case 4:
	case 5:
	case 6:
		c->value = 0;
		return SBI_OK;
	}
	return SBI_NOT_SUPPORTED;
}

/* Is hart n in the mask in a0, whose first bit is for the hart in a1? */
static bool chosen(const struct call *c, unsigned n)
{
	if (c->a[1] == (ux)-1)
		return true;
	return n >= c->a[1] && n - c->a[1] < XLEN && c->a[0] >> (n - c->a[1]) & 1;
}

static s64 ipi(struct machine *m, struct call *c)
{
	if (c->fid)
		return SBI_NOT_SUPPORTED;
	for (unsigned n = 0; n < m->cfg.harts; n++)
		if (m->hart[n]->online && chosen(c, n))
			m->hart[n]->c.mip |= IRQ_SS;
	return SBI_OK;
}

/* From some size on, firmware executes one fence of everything. */
#define MANY_PAGES 512

static void fence_range(struct hart *h, struct fence f, u64 start, u64 size)
{
	buffer_drain(h);
	if ((!start && !size) || size / PAGE_SIZE > MANY_PAGES) {
		fence(h, f);
		return;
	}
	f.has_addr = true;
	for (u64 at = start & ~PAGE_MASK; at - (start & ~PAGE_MASK) < size + (start & PAGE_MASK);
	     at += PAGE_SIZE) {
		f.addr = at;
		fence(h, f);
	}
}

static s64 rfence(struct hart *h, struct call *c)
{
	struct machine *m = h->m;
	struct fence f = { 0 };

	switch (c->fid) {
	case 0:
		break;
	case 2:
		f.has_asid = true;
		f.asid = c->a[4];
		/* fall through */
	case 1:
		f.stage = STAGE_S;
		break;
	case 3:
		f.has_vmid = true;
		f.vmid = c->a[4];
		/* fall through */
	case 4:
		f.stage = STAGE_G;
		break;
	case 5:
		f.has_asid = true;
		f.asid = c->a[4];
		/* fall through */
	case 6:
		f.stage = STAGE_VS;
		f.has_vmid = true;
		f.vmid = ATP_VMID(h->c.hgatp);
		break;
	default:
		return SBI_NOT_SUPPORTED;
	}
	for (unsigned n = 0; n < m->cfg.harts; n++) {
		struct hart *to = m->hart[n];

		if (!to->online || !chosen(c, n))
			continue;
		buffer_drain(to);
		early_order(to);
		if (c->fid)
			fence_range(to, f, c->a[2], c->a[3]);
	}
	return SBI_OK;
}

static s64 hsm(struct hart *h, struct call *c)
{
	struct hart *to = c->a[0] < h->m->cfg.harts ? h->m->hart[c->a[0]] : NULL;

	switch (c->fid) {
	case 0:
		if (!to)
			return SBI_INVALID_PARAM;
		if (to->online)
			return SBI_ALREADY_AVAILABLE;
		if (!in_ram(h->m, c->a[1], 2))
			return SBI_INVALID_ADDRESS;
		hart_reset(to, c->a[1], c->a[0], c->a[2], S_MODE);
		return SBI_OK;
	case 1:
		buffer_drain(h);
		h->online = false;
		h->stop = 0;
		return SBI_OK;
	case 2:
		if (!to)
			return SBI_INVALID_PARAM;
		c->value = !to->online; /* 0 is started, 1 stopped */
		return SBI_OK;
	}
	return SBI_NOT_SUPPORTED;
}

static s64 dbcn(struct hart *h, struct call *c)
{
	switch (c->fid) {
	case 0:
		if (c->a[0] > h->m->ram_size || !in_ram(h->m, c->a[1], c->a[0]))
			return SBI_INVALID_PARAM;
		for (u64 n = 0; n < c->a[0]; n++)
			uart_store(h->m, 0, 0, ram_read(h->m, c->a[1] + n, 1));
		c->value = c->a[0];
		return SBI_OK;
	case 1:
		c->value = 0;
		return SBI_OK;
	case 2:
		uart_store(h->m, 0, 0, c->a[0]);
		return SBI_OK;
	}
	return SBI_NOT_SUPPORTED;
}

void sbi_call(struct hart *h)
{
	struct call c = { .ext = h->x[17], .fid = h->x[16], .a = &h->x[10] };
	s64 status = SBI_NOT_SUPPORTED;

	trace(h, "sbi", c.ext, c.fid);
	early_order(h);
	switch (c.ext) {
	case EXT_BASE:
		status = base(&c);
		break;
	case EXT_TIME:
		if (!c.fid) {
			h->c.stimecmp = XLEN == 64 ? c.a[0] : c.a[0] | (u64)c.a[1] << 32;
			status = SBI_OK;
		}
		break;
	case EXT_IPI:
		status = ipi(h->m, &c);
		break;
	case EXT_RFENCE:
		status = rfence(h, &c);
		break;
	case EXT_HSM:
		status = hsm(h, &c);
		break;
	case EXT_SRST:
		if (!c.fid) {
			machine_end(h->m, 0, NULL);
			h->stop = 0;
			status = SBI_OK;
		}
		break;
	case EXT_DBCN:
		status = dbcn(h, &c);
		break;
	case EXT_PMU:
		status = pmu_call(h, &c);
		break;
	case EXT_PUTCHAR:
		uart_store(h->m, 0, 0, c.a[0]);
		h->x[10] = 0;
		return;
	}
	h->x[10] = status;
	h->x[11] = c.value;
	if (interrupt_waits(h))
		h->stop = 0;
}
