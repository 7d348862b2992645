// SPDX-License-Identifier: GPL-2.0-only
/* CSRs, traps and returns from traps, as the chapter "Hypervisor Extension" describes them. */
#include "t.h"

static u64 write_read(struct hart *h, u32 csr, u64 value)
{
	h->x[A1] = value;
	RUN(h, 2, CSRW(csr, A1), CSRR(A0, csr));
	return h->x[A0];
}

static void warl(struct hart *h)
{
	u64 v;

	v = write_read(h, 0x680, atp(MODE, 5, 0x80103000));
	ok(v == atp(MODE, 5, 0x80100000), "the 2 low bits of hgatp.PPN are 0 (%llx)",
	   (unsigned long long)v);
	if (XLEN == 64) {
		v = write_read(h, 0x680, atp(5, 7, 0));
		ok(ATP_MODE(v) != 5 && ATP_VMID(v) == 7,
		   "a write to hgatp with an unsupported MODE changes the other fields");
		write_read(h, 0x680, 0);
		v = write_read(h, 0x180, atp(5, 0, 0x80100000));
		ok(v == 0, "a write to satp with an unsupported MODE changes nothing (%llx)",
		   (unsigned long long)v);
	}
	v = write_read(h, 0x680, ~0ull);
	ok(ATP_VMID(v) == BIT(VMID_BITS) - 1 &&
		   BITS(v, ATP_MODE_SHIFT - 1, ATP_ID_SHIFT + VMID_BITS) == 0,
	   "the VMID of hgatp has all of its bits, and no other (%llx)", (unsigned long long)v);
	v = write_read(h, 0x680, 0);
	v = write_read(h, 0x602, ~0ull);
	ok(!(v & (BIT(9) | BIT(10) | BIT(11) | BIT(20) | BIT(21) | BIT(22) | BIT(23))) &&
		   v & BIT(8) && v & BIT(13),
	   "hedeleg has no guest-page faults, and no ecall except from U (%llx)",
	   (unsigned long long)v);
	v = write_read(h, 0x603, ~0ull);
	ok(v == 0x444, "hideleg has the VS interrupts (%llx)", (unsigned long long)v);
	v = write_read(h, 0x645, ~0ull);
	ok(v == 0x444, "hvip has the VS interrupts (%llx)", (unsigned long long)v);
	RUN(h, 1, CSRR(A0, 0x644));
	ok((h->x[A0] & 0x444) == 0x444, "hip shows the bits of hvip");
	RUN(h, 1, CSRR(A0, 0x244));
	ok(h->x[A0] == 0x222, "vsip shows delegated interrupts, one bit lower (%llx)",
	   (unsigned long long)h->x[A0]);
	write_read(h, 0x645, 0);
	v = write_read(h, 0x607, ~0ull);
	ok(v == 0, "hgeie is 0: GEILEN is 0");
	v = write_read(h, 0x600, ~0ull);
	ok(v == (HS_VSXL | 0x7003c0), "hstatus has only its writable fields (%llx)",
	   (unsigned long long)v);
	write_read(h, 0x600, 0);
	v = write_read(h, 0x105, TRAPS | 2);
	ok(v == TRAPS, "stvec takes no reserved mode");
}

/* Enter VS-mode or VU-mode at CODE, with hgatp and vsatp Bare. */
static void guest(struct hart *h, u8 priv)
{
	h->virt = true;
	h->priv = priv;
	h->c.scause = h->c.vscause = 99;
}

static void host(struct hart *h)
{
	h->virt = false;
	h->priv = S_MODE;
	context_changed(h);
}

static void trapped(struct hart *h, u8 priv, u32 word, unsigned cause, u64 tval, const char *what)
{
	guest(h, priv);
	RUN(h, 1, word);
	ok(h->c.scause == cause && h->c.stval == tval && h->c.sepc == CODE && !h->virt &&
		   h->c.hstatus & HS_SPV && !(h->c.hstatus & HS_SPVP) == !priv,
	   "%s: cause %u (%llu, tval %llx, hstatus %llx)", what, cause,
	   (unsigned long long)h->c.scause, (unsigned long long)h->c.stval,
	   (unsigned long long)h->c.hstatus);
	host(h);
}

static void virtual_instructions(struct hart *h)
{
	u32 hfence = HFENCE_G(X0, X0), hlv = HLV_X(A0, A1);

	h->c.hstatus = 0;
	h->c.hedeleg = 0;
	trapped(h, S_MODE, CSRR(A0, 0x600), E_VIRTUAL, CSRR(A0, 0x600), "VS reads hstatus");
	trapped(h, S_MODE, CSRR(A0, 0x200), E_VIRTUAL, CSRR(A0, 0x200), "VS reads vsstatus");
	trapped(h, U_MODE, CSRR(A0, 0x100), E_VIRTUAL, CSRR(A0, 0x100), "VU reads sstatus");
	trapped(h, S_MODE, CSRR(A0, 0x300), E_ILLEGAL, CSRR(A0, 0x300), "VS reads mstatus");
	trapped(h, S_MODE, hfence, E_VIRTUAL, hfence, "VS executes hfence.gvma");
	trapped(h, U_MODE, hlv, E_VIRTUAL, hlv, "VU executes hlv");
	trapped(h, U_MODE, SRET, E_VIRTUAL, SRET, "VU executes sret");
	trapped(h, S_MODE, CSRR(A0, 0xc01), E_VIRTUAL, CSRR(A0, 0xc01),
		"VS reads time without hcounteren");
	trapped(h, S_MODE, ECALL, E_ECALL_VS, 0, "VS executes ecall");
	trapped(h, U_MODE, ECALL, E_ECALL_U, 0, "VU executes ecall");
	h->c.hstatus = HS_VTVM;
	trapped(h, S_MODE, CSRR(A0, 0x180), E_VIRTUAL, CSRR(A0, 0x180), "VS reads satp with VTVM");
	trapped(h, S_MODE, SFENCE(X0, X0), E_VIRTUAL, SFENCE(X0, X0),
		"VS executes sfence.vma with VTVM");
	h->c.hstatus = HS_VTW;
	trapped(h, S_MODE, 0x10500073, E_VIRTUAL, 0x10500073, "VS executes wfi with VTW");
	h->c.hstatus = HS_VTSR;
	trapped(h, S_MODE, SRET, E_VIRTUAL, SRET, "VS executes sret with VTSR");
	h->c.hstatus = 0;
}

static void delegation(struct hart *h)
{
	h->c.hedeleg = BIT(E_ECALL_U) | BIT(E_ILLEGAL);
	guest(h, U_MODE);
	RUN(h, 1, ECALL);
	ok(h->virt && h->priv == S_MODE && h->c.vscause == E_ECALL_U && h->c.vsepc == CODE &&
		   h->pc == TRAPS,
	   "a delegated exception traps to VS-mode");
	RUN(h, 1, CSRR(A0, 0x142));
	ok(h->x[A0] == E_ECALL_U, "scause in VS-mode is vscause");
	h->c.vsepc = CODE;
	RUN(h, 1, SRET);
	ok(h->virt && h->priv == U_MODE && h->pc == CODE,
	   "sret in VS-mode uses vsstatus and vsepc");
	host(h);
	h->c.hideleg = IRQ_VS;
	h->c.hvip = IRQ_VSS;
	h->c.mie = IRQ_VSS;
	guest(h, U_MODE);
	RUN(h, 0, 0x13);
	ok(h->virt && h->c.vscause == (CAUSE_IRQ | 1),
	   "a VS software interrupt has cause 1 in VS-mode");
	host(h);
	h->c.hideleg = 0;
	guest(h, S_MODE);
	RUN(h, 0, 0x13);
	ok(!h->virt && h->c.scause == (CAUSE_IRQ | 2),
	   "a VS software interrupt has cause 2 in HS-mode");
	host(h);
	h->c.hvip = h->c.mie = 0;
	h->c.hstatus = HS_SPV;
	h->c.mstatus |= ST_SPP;
	h->c.sepc = CODE + 8;
	RUN(h, 1, SRET);
	ok(h->virt && h->priv == S_MODE && h->pc == CODE + 8 && !(h->c.hstatus & HS_SPV),
	   "sret with SPV enters the guest");
	host(h);
}

static void timers(struct hart *h)
{
	struct csrs *c = &h->c;

	c->henvcfg = ENV_STCE;
	c->htimedelta = 1000;
	c->vstimecmp = 500;
	ok(pending_interrupts(h) & IRQ_VST,
	   "a VS timer interrupt is pending when time plus htimedelta reaches vstimecmp");
	c->htimedelta = 0;
	c->vstimecmp = ~0ull;
	ok(!(pending_interrupts(h) & IRQ_VST), "a VS timer interrupt is not pending before that");
	c->stimecmp = 0;
	ok(pending_interrupts(h) & IRQ_ST,
	   "a timer interrupt is pending when time reaches stimecmp");
	c->stimecmp = ~0ull;
	h->m->clock = 1000;
	c->hcounteren = 7;
	c->htimedelta = 5;
	guest(h, S_MODE);
	RUN(h, 1, CSRR(A0, 0xc01));
	ok(h->x[A0] == 105, "the guest reads time plus htimedelta (%llu)",
	   (unsigned long long)h->x[A0]);
	host(h);
}

static u64 sbi(struct hart *h, u64 ext, u64 fid, u64 a0, u64 a1, u64 a2, u64 a3)
{
	h->x[A0] = a0;
	h->x[A1] = a1;
	h->x[A2] = a2;
	h->x[A3] = a3;
	h->x[16] = fid;
	h->x[17] = ext;
	RUN(h, 1, ECALL);
	return h->x[A0];
}

static void no_sstc_config(struct config *cfg)
{
	cfg->sstc = false;
}

/* Without Sstc the timer is the firmware's. */
static void timer_of_firmware(void)
{
	struct machine *m = machine(1, no_sstc_config);
	struct hart *h = m->hart[0];

	RUN(h, 1, CSRR(A0, 0x14d));
	ok(h->c.scause == E_ILLEGAL, "without Sstc there is no stimecmp");
	m->clock = 1000;
	ok(!sbi(h, 0x54494d45, 0, 101, 0, 0, 0) && !(pending_interrupts(h) & IRQ_ST),
	   "without Sstc, a timer of the SBI is not pending before its time");
	m->clock = 1010;
	ok(pending_interrupts(h) & IRQ_ST, "it is pending from its time on");
	machine_free(m);
}

#define EXT_PMU 0x504d55
#define INVALID ((ux) - 3)

static void counters(struct hart *h)
{
	u64 first, then;

	ok(!sbi(h, EXT_PMU, 0, 0, 0, 0, 0) && h->x[A1] == 4, "the SBI has counters 0 to 3");
	ok(!sbi(h, EXT_PMU, 1, 2, 0, 0, 0) && h->x[A1] == (0xc02 | 63 << 12),
	   "counter 2 is instret, of 64 bits");
	ok(sbi(h, EXT_PMU, 1, 1, 0, 0, 0) == INVALID, "the time is no counter");
	ok(!sbi(h, EXT_PMU, 2, 0, 0xf, 0, 1) && h->x[A1] == 0, "cycles are counted by counter 0");
	ok(sbi(h, EXT_PMU, 2, 0, 0xf, 0, 3) == (ux)-2, "an event that no counter counts");
	ok(!sbi(h, EXT_PMU, 4, 0, 0xd, 1, 0), "all counters stop");
	h->c.scounteren = 7;
	RUN(h, 3, CSRR(T0, 0xc00), CSRR(T1, 0xc02), CSRR(T2, 0xc00));
	first = h->x[T0];
	then = h->x[T2];
	ok(first == then, "a counter that was stopped stands still");
	ok(!sbi(h, EXT_PMU, 3, 2, 1, 1, 1000), "a counter starts with a value");
	RUN(h, 1, CSRR(A0, 0xc02));
	ok(h->x[A0] > 1000 && h->x[A0] < 1010, "it counts from this value (%llu)",
	   (unsigned long long)h->x[A0]);
	ok(sbi(h, EXT_PMU, 3, 2, 1, 0, 0) == (ux)-7, "it cannot be started again");
	ok(sbi(h, EXT_PMU, 4, 0, 1, 0, 0) == (ux)-8, "one that stands still cannot be stopped");
	ok(sbi(h, EXT_PMU, 4, 0, 2, 0, 0) == INVALID &&
		   sbi(h, EXT_PMU, 3, ~0ull, 3, 0, 0) == INVALID &&
		   sbi(h, EXT_PMU, 2, 64, 1, 0, 1) == INVALID,
	   "counters that do not exist are refused");
	RUN(h, 1, CSRR(A0, 0xda0));
	ok(h->c.scause == E_ILLEGAL, "without Sscofpmf there is no scountovf");
}

/* Raw events of hpmcounter3. Their number is in a4. */
static void raw_events(struct hart *h)
{
	const u64 raw = 0x20000, clear_and_start = 6;

	h->x[A4] = 0;
	ok(sbi(h, EXT_PMU, 2, 0, 0xf, clear_and_start, raw) == (ux)-2, "raw event 0 is none");
	h->x[A4] = 2;
	ok(!sbi(h, EXT_PMU, 2, 0, 0xf, clear_and_start, raw) && h->x[A1] == 3,
	   "counter 3 counts fences");
	h->c.scounteren = 0xf;
	RUN(h, 4, HFENCE_G(X0, X0), SFENCE(X0, X0), HFENCE_G(X0, X0), CSRR(A0, 0xc03));
	ok(h->x[A0] == 2, "two HFENCEs, and not the SFENCE (%llu)", (unsigned long long)h->x[A0]);
}

/* The second numbers of CSRs of 64 bits. */
static void upper_halves(struct hart *h)
{
	struct csrs *c = &h->c;

	if (XLEN == 64) {
		RUN(h, 1, CSRR(A0, 0x615));
		ok(c->scause == E_ILLEGAL, "htimedeltah is for XLEN 32");
		return;
	}
	c->htimedelta = 0x1122334455667788;
	write_read(h, 0x605, 0x99);
	ok(c->htimedelta == 0x1122334400000099, "htimedelta is the lower half");
	write_read(h, 0x615, 0x42);
	ok(c->htimedelta == 0x4200000099, "htimedeltah is the upper half");
	c->vstimecmp = ~0ull;
	write_read(h, 0x25d, 1);
	ok(c->vstimecmp == 0x1ffffffff, "vstimecmph is the upper half of vstimecmp");
	write_read(h, 0x61a, ~0u);
	ok(c->henvcfg == ENV_STCE, "henvcfgh has the upper fields of henvcfg");
	c->htimedelta = 0;
	h->m->clock = 0x500000000 * h->m->cfg.ticks_per;
	RUN(h, 1, CSRR(A0, 0xc81));
	ok(h->x[A0] == 5, "timeh is the upper half of time (%llx)", (unsigned long long)h->x[A0]);
	c->hcounteren = 0;
	trapped(h, S_MODE, CSRR(A0, 0xc81), E_VIRTUAL, CSRR(A0, 0xc81),
		"VS reads timeh without hcounteren");
	h->priv = M_MODE;
	write_read(h, 0x310, ~0u);
	ok(h->x[A0] == (ST_MPV | ST_GVA) >> 32 && c->mstatus & ST_MPV, "mstatush has MPV and GVA");
	write_read(h, 0x300, 0);
	ok((c->mstatus & ST_MPV) && !(h->x[A0] & ~ST_SD), "mstatus has not");
	write_read(h, 0x310, 0);
	h->priv = S_MODE;
}

void test_csrs(void)
{
	struct machine *m = machine(1, NULL);
	struct hart *h = m->hart[0];

	warl(h);
	virtual_instructions(h);
	delegation(h);
	timers(h);
	counters(h);
	raw_events(h);
	upper_halves(h);
	machine_free(m);
	timer_of_firmware();
}
