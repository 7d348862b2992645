// SPDX-License-Identifier: GPL-2.0-only
/* Traps: delegation, entry and return. */
#include "bits.h"

_Noreturn void raise_trap(struct hart *h, struct trap trap)
{
	h->trap = trap;
	longjmp(h->env, 1);
}

_Noreturn void raise_exception(struct hart *h, unsigned cause, u64 tval)
{
	bool address = cause != E_ILLEGAL && cause != E_VIRTUAL &&
		       (cause < E_ECALL_U || cause > E_ECALL_M);

	raise_trap(h, (struct trap){ .cause = cause, .tval = tval, .gva = address && h->virt });
}

static u64 instruction_bits(struct hart *h)
{
	if (!h->cur)
		return 0;
	return h->cur->len == 2 ? h->cur->half : h->cur->raw;
}

_Noreturn void raise_illegal(struct hart *h)
{
	/* An undefined compressed encoding has raw 0, and half not 0. */
	raise_exception(h, E_ILLEGAL, instruction_bits(h));
}

_Noreturn void raise_virtual(struct hart *h)
{
	raise_exception(h, E_VIRTUAL, instruction_bits(h));
}

u64 pending_interrupts(struct hart *h)
{
	struct csrs *c = &h->c;
	u64 now = machine_time(h->m), p = c->mip | c->hvip;

	/* Without Sstc, stimecmp is the firmware's: it has the time of the last SBI call. */
	if (h->m->cfg.firmware || c->menvcfg & ENV_STCE) {
		p &= ~IRQ_ST;
		if (now >= c->stimecmp)
			p |= IRQ_ST;
	}
	if (c->menvcfg & c->henvcfg & ENV_STCE && now + c->htimedelta >= c->vstimecmp)
		p |= IRQ_VST;
	if (plic_pending(h->m, h->id))
		p |= IRQ_SE;
	return p;
}

/*
 * Returns the interrupts that would be taken now. M comes first, then HS, then VS; *to is the mode
 * that takes them.
 */
static u64 deliverable(struct hart *h, enum priv *to, bool *virt)
{
	struct csrs *c = &h->c;
	u64 p = pending_interrupts(h) & c->mie, d;
	u64 mideleg = c->mideleg | IRQ_HYPER;

	if (!p)
		return 0;
	*virt = false;
	*to = M_MODE;
	d = p & ~mideleg;
	if (d && (h->priv < M_MODE || c->mstatus & ST_MIE))
		return d;
	*to = S_MODE;
	d = p & mideleg & ~c->hideleg;
	if (d && (h->priv < S_MODE || h->virt || (h->priv == S_MODE && c->mstatus & ST_SIE)))
		return d;
	*virt = true;
	d = p & c->hideleg;
	if (d && h->virt && (h->priv < S_MODE || c->vsstatus & ST_SIE))
		return d;
	return 0;
}

bool interrupt_waits(struct hart *h)
{
	enum priv to;
	bool virt;

	return deliverable(h, &to, &virt) != 0;
}

/* Update sstatus or vsstatus at a trap into S-mode or VS-mode. */
static u64 enter_s(u64 status, u8 priv)
{
	bool on = status & ST_SIE;

	status &= ~(ST_SPP | ST_SPIE | ST_SIE);
	return status | (priv ? ST_SPP : 0) | (on ? ST_SPIE : 0);
}

static u64 vector(u64 tvec, u64 cause)
{
	u64 base = tvec & ~3ull;

	return tvec & 1 && cause & CAUSE_IRQ ? base + 4 * (cause & 63) : base;
}

static void enter(struct hart *h, u64 cause, struct trap t, enum priv to, bool virt)
{
	struct csrs *c = &h->c;

	trace(h, "trap", cause, t.tval);
	if (to == M_MODE) {
		bool on = c->mstatus & ST_MIE;

		c->mstatus &= ~(ST_MPP | ST_MPV | ST_GVA | ST_MPIE | ST_MIE);
		c->mstatus |= (u64)h->priv << 11 | (h->virt ? ST_MPV : 0) | (t.gva ? ST_GVA : 0) |
			      (on ? ST_MPIE : 0);
		c->mepc = h->pc;
		c->mcause = cause;
		c->mtval = t.tval;
		c->mtval2 = t.gpa >> 2;
		c->mtinst = t.tinst;
		h->pc = vector(c->mtvec, cause);
	} else if (virt) {
		c->vsstatus = enter_s(c->vsstatus, h->priv);
		c->vsepc = h->pc;
		c->vscause = cause;
		c->vstval = t.tval;
		h->pc = vector(c->vstvec, cause);
	} else {
		c->hstatus &= ~(HS_SPV | HS_GVA);
		c->hstatus |= (h->virt ? HS_SPV : 0) | (t.gva ? HS_GVA : 0);
		if (h->virt && !SEED(SPVP))
			c->hstatus = (c->hstatus & ~HS_SPVP) | (h->priv ? HS_SPVP : 0);
		c->mstatus = enter_s(c->mstatus, h->priv);
		c->sepc = h->pc;
		c->scause = cause;
		c->stval = t.tval;
		c->htval = t.gpa >> 2;
		c->htinst = t.tinst;
		h->pc = vector(c->stvec, cause);
	}
	h->priv = to;
	h->virt = virt;
	context_changed(h);
}

void take_trap(struct hart *h)
{
	struct csrs *c = &h->c;
	u64 bit = BIT(h->trap.cause);

	if (h->priv == M_MODE || !(c->medeleg & bit))
		enter(h, h->trap.cause, h->trap, M_MODE, false);
	else
		enter(h, h->trap.cause, h->trap, S_MODE, h->virt && c->hedeleg & bit);
}

bool take_interrupt(struct hart *h)
{
	static const u8 order[] = { 11, 3, 7, 9, 1, 5, 12, 10, 2, 6, 13 };
	u64 d, cause = 0;
	enum priv to;
	bool virt;

	d = deliverable(h, &to, &virt);
	if (!d)
		return false;
	for (unsigned n = 0; n < sizeof(order); n++) {
		if (d & BIT(order[n])) {
			cause = order[n];
			break;
		}
	}
	/* VS-mode sees its interrupts with the numbers of supervisor interrupts. */
	enter(h, CAUSE_IRQ | (virt ? cause - 1 : cause), (struct trap){ 0 }, to, virt);
	return true;
}

static u64 leave_s(u64 status)
{
	bool on = status & ST_SPIE;

	status &= ~(ST_SPP | ST_SIE);
	return status | ST_SPIE | (on ? ST_SIE : 0);
}

/* Called after every change of mode. */
static void arrived(struct hart *h)
{
	context_changed(h);
	if (h->virt)
		report_entry(h);
	if (interrupt_waits(h))
		h->stop = 0;
}

void return_from_s(struct hart *h)
{
	struct csrs *c = &h->c;

	if (h->virt) {
		h->priv = c->vsstatus & ST_SPP ? S_MODE : U_MODE;
		c->vsstatus = leave_s(c->vsstatus);
		h->next = c->vsepc;
	} else {
		h->priv = c->mstatus & ST_SPP ? S_MODE : U_MODE;
		h->virt = c->hstatus & HS_SPV;
		c->hstatus &= ~HS_SPV;
		c->mstatus = leave_s(c->mstatus) & ~ST_MPRV;
		h->next = c->sepc;
	}
	trace(h, "sret", h->next, 0);
	arrived(h);
}

void return_from_m(struct hart *h)
{
	struct csrs *c = &h->c;
	bool on = c->mstatus & ST_MPIE;

	h->priv = BITS(c->mstatus, 12, 11);
	h->virt = h->priv != M_MODE && c->mstatus & ST_MPV;
	c->mstatus &= ~(ST_MPP | ST_MPV | ST_MIE);
	c->mstatus |= ST_MPIE | (on ? ST_MIE : 0);
	if (h->priv != M_MODE)
		c->mstatus &= ~ST_MPRV;
	h->next = c->mepc;
	arrived(h);
}
