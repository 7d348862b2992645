// SPDX-License-Identifier: GPL-2.0-only
/* The CSRs: which mode may access them, and the effects of reads and writes. */
#include "bits.h"

enum {
	FFLAGS = 0x001,
	FRM = 0x002,
	FCSR = 0x003,
	SSTATUS = 0x100,
	CSR_SIE = 0x104,
	STVEC = 0x105,
	SCOUNTEREN = 0x106,
	SENVCFG = 0x10a,
	SSCRATCH = 0x140,
	SEPC = 0x141,
	SCAUSE = 0x142,
	STVAL = 0x143,
	SIP = 0x144,
	STIMECMP = 0x14d,
	SATP = 0x180,
	VSSTATUS = 0x200,
	VSIE = 0x204,
	VSTVEC = 0x205,
	VSSCRATCH = 0x240,
	VSEPC = 0x241,
	VSCAUSE = 0x242,
	VSTVAL = 0x243,
	VSIP = 0x244,
	VSTIMECMP = 0x24d,
	VSATP = 0x280,
	MSTATUS = 0x300,
	MISA = 0x301,
	MEDELEG = 0x302,
	MIDELEG = 0x303,
	MIE = 0x304,
	MTVEC = 0x305,
	MCOUNTEREN = 0x306,
	MENVCFG = 0x30a,
	MCOUNTINHIBIT = 0x320,
	MSCRATCH = 0x340,
	MEPC = 0x341,
	MCAUSE = 0x342,
	MTVAL = 0x343,
	MIP = 0x344,
	MTINST = 0x34a,
	MTVAL2 = 0x34b,
	PMPCFG0 = 0x3a0,
	PMPADDR0 = 0x3b0,
	HSTATUS = 0x600,
	HEDELEG = 0x602,
	HIDELEG = 0x603,
	HIE = 0x604,
	HTIMEDELTA = 0x605,
	HCOUNTEREN = 0x606,
	HGEIE = 0x607,
	HENVCFG = 0x60a,
	HTVAL = 0x643,
	HIP = 0x644,
	HVIP = 0x645,
	HTINST = 0x64a,
	HGATP = 0x680,
	MCYCLE = 0xb00,
	MINSTRET = 0xb02,
	MHPMCOUNTER3 = 0xb03,
	CYCLE = 0xc00,
	TIME = 0xc01,
	INSTRET = 0xc02,
	HPMCOUNTER3 = 0xc03,
	SCOUNTOVF = 0xda0,
	HGEIP = 0xe12,
	MVENDORID = 0xf11,
	MARCHID = 0xf12,
	MIMPID = 0xf13,
	MHARTID = 0xf14,
	MCONFIGPTR = 0xf15,
};

/*
 * With XLEN 32, a CSR of 64 bits has a second number, for its upper half. It is higher than the
 * first one by this.
 */
#define UPPER         0x10
#define UPPER_COUNTER 0x80

#define HEDELEG_WRITE 0xb1ffull
#define COUNTERS      0xfull

/* The interrupts of the supervisor. */
static u64 irq_s(struct hart *h)
{
	return IRQ_S | (h->m->cfg.sscofpmf ? IRQ_LCOF : 0);
}

void csr_reset(struct hart *h)
{
	const struct config *cfg = &h->m->cfg;
	struct csrs *c = &h->c;

	*c = (struct csrs){ 0 };
	c->mstatus = ST_UXL | ST_SXL;
	c->vsstatus = ST_UXL;
	c->hstatus = HS_VSXL;
	c->stimecmp = ~0ull;
	c->vstimecmp = ~0ull;
	if (!cfg->firmware)
		return;
	/* The state in which firmware starts the supervisor. */
	c->medeleg = ~BIT(E_ECALL_S);
	c->mideleg = irq_s(h) | IRQ_HYPER;
	c->mcounteren = c->scounteren = COUNTERS;
	c->menvcfg = ENV_U | (cfg->svadu ? ENV_ADUE : 0) | (cfg->svpbmt ? ENV_PBMTE : 0) |
		     (cfg->sstc ? ENV_STCE : 0);
}

bool fp_on(struct hart *h)
{
	return h->c.mstatus & ST_FS && (!h->virt || h->c.vsstatus & ST_FS);
}

static void need_fp(struct hart *h)
{
	if (!fp_on(h))
		raise_illegal(h);
}

static void fp_dirty(struct hart *h)
{
	h->c.mstatus |= ST_FS;
	if (h->virt)
		h->c.vsstatus |= ST_FS;
}

static u64 with_sd(u64 status)
{
	return (status & ST_FS) == ST_FS ? status | ST_SD : status;
}

/* Write a register that has the MODE and the PPN of a root table. */
static u64 atp(u64 modes, u64 old, u64 value, u64 id_mask, u64 ppn_mask, bool ignore)
{
	u64 mode = ATP_MODE(value);

	if (!(modes & BIT(mode))) {
		/*
		 * satp ignores the whole write. In hgatp and vsatp each field is WARL on its own.
		 */
		if (ignore)
			return old;
		mode = ATP_MODE(old);
	}
	return mode << ATP_MODE_SHIFT | (ATP_ASID(value) & id_mask) << ATP_ID_SHIFT |
	       (ATP_PPN(value) & ppn_mask);
}

static u64 write_vsatp(struct hart *h, u64 value, bool ignore)
{
	return atp(h->m->cfg.satp_modes, h->c.vsatp, value, BIT(h->m->cfg.asid_bits) - 1, ~0ull,
		   ignore);
}

static void may_count(struct hart *h, unsigned n)
{
	struct csrs *c = &h->c;

	if (h->priv == M_MODE)
		return;
	if (!(c->mcounteren & BIT(n)))
		raise_illegal(h);
	if (h->virt &&
	    (!(c->hcounteren & BIT(n)) || (h->priv == U_MODE && !(c->scounteren & BIT(n)))))
		raise_virtual(h);
	if (!h->virt && h->priv == U_MODE && !(c->scounteren & BIT(n)))
		raise_illegal(h);
}

/* stimecmp, or vstimecmp by either of its two numbers. */
static void may_timecmp(struct hart *h, bool vs)
{
	struct csrs *c = &h->c;

	if (!h->m->cfg.sstc)
		raise_illegal(h);
	if (h->priv == M_MODE)
		return;
	if (!(c->mcounteren & BIT(1)) || !(c->menvcfg & ENV_STCE))
		raise_illegal(h);
	if (h->virt && vs && (!(c->hcounteren & BIT(1)) || !(c->henvcfg & ENV_STCE)))
		raise_virtual(h);
}

static u64 henvcfg(struct hart *h)
{
	u64 gated = ENV_ADUE | ENV_PBMTE | ENV_STCE;

	return h->c.henvcfg & (h->c.menvcfg | ~gated);
}

static u64 read_machine(struct hart *h, unsigned csr)
{
	struct csrs *c = &h->c;

	switch (csr) {
	case MSTATUS:
		return with_sd(c->mstatus);
	case MISA:
		return MXL << (XLEN - 2) | BIT(0) | BIT(2) | BIT(3) | BIT(5) | BIT(7) | BIT(8) |
		       BIT(12) | BIT(18) | BIT(20);
	case MEDELEG:
		return c->medeleg;
	case MIDELEG:
		return c->mideleg | IRQ_HYPER;
	case MIE:
		return c->mie;
	case MTVEC:
		return c->mtvec;
	case MCOUNTEREN:
		return c->mcounteren;
	case MENVCFG:
		return c->menvcfg;
	case MCOUNTINHIBIT:
		return c->mcountinhibit;
	case MSCRATCH:
		return c->mscratch;
	case MEPC:
		return c->mepc;
	case MCAUSE:
		return c->mcause;
	case MTVAL:
		return c->mtval;
	case MIP:
		return pending_interrupts(h);
	case MTINST:
		return c->mtinst;
	case MTVAL2:
		return c->mtval2;
	case MCYCLE:
	case MINSTRET:
	case MHPMCOUNTER3:
		return counter_read(h, csr - MCYCLE);
	case MVENDORID:
	case MARCHID:
	case MIMPID:
	case MCONFIGPTR:
		return 0;
	case MHARTID:
		return h->id;
	}
	if (csr >= PMPCFG0 && csr < PMPCFG0 + 16 && (XLEN == 32 || !(csr & 1)))
		return c->pmpcfg[csr - PMPCFG0];
	if (csr >= PMPADDR0 && csr < PMPADDR0 + 64)
		return c->pmpaddr[csr - PMPADDR0];
	/* The other counters, and all events. */
	if ((csr > MINSTRET && csr <= 0xb1f) || (csr > MCOUNTINHIBIT + 2 && csr <= 0x33f))
		return 0;
	raise_illegal(h);
}

static u64 csr_read(struct hart *h, unsigned csr)
{
	struct csrs *c = &h->c;

	switch (csr) {
	case FFLAGS:
		need_fp(h);
		return c->fcsr & 31;
	case FRM:
		need_fp(h);
		return c->fcsr >> 5;
	case FCSR:
		need_fp(h);
		return c->fcsr;
	case SSTATUS:
		return with_sd(c->mstatus & SSTATUS_READ);
	case CSR_SIE:
		return c->mie & c->mideleg & irq_s(h);
	case STVEC:
		return c->stvec;
	case SCOUNTEREN:
		return c->scounteren;
	case SENVCFG:
		return c->senvcfg;
	case SSCRATCH:
		return c->sscratch;
	case SEPC:
		return c->sepc;
	case SCAUSE:
		return c->scause;
	case STVAL:
		return c->stval;
	case SIP:
		return pending_interrupts(h) & c->mideleg & irq_s(h);
	case STIMECMP:
		may_timecmp(h, false);
		return c->stimecmp;
	case SATP:
		if (h->priv == S_MODE && c->mstatus & ST_TVM)
			raise_illegal(h);
		return c->satp;
	case VSSTATUS:
		return with_sd(c->vsstatus);
	case VSIE:
		return (c->mie & c->hideleg & IRQ_VS) >> 1;
	case VSTVEC:
		return c->vstvec;
	case VSSCRATCH:
		return c->vsscratch;
	case VSEPC:
		return c->vsepc;
	case VSCAUSE:
		return c->vscause;
	case VSTVAL:
		return c->vstval;
	case VSIP:
		return (pending_interrupts(h) & c->hideleg & IRQ_VS) >> 1;
	case VSTIMECMP:
		may_timecmp(h, true);
		return c->vstimecmp;
	case VSATP:
		if (h->virt && c->hstatus & HS_VTVM)
			raise_virtual(h);
		return c->vsatp;
	case HSTATUS:
		return c->hstatus;
	case HEDELEG:
		return c->hedeleg;
	case HIDELEG:
		return c->hideleg;
	case HIE:
		return c->mie & IRQ_HYPER;
	case HTIMEDELTA:
		return c->htimedelta;
	case HCOUNTEREN:
		return c->hcounteren;
	case HGEIE:
	case HGEIP:
		return 0; /* GEILEN is 0 */
	case HENVCFG:
		return henvcfg(h);
	case HTVAL:
		return c->htval;
	case HIP:
		return pending_interrupts(h) & IRQ_HYPER;
	case HVIP:
		return c->hvip;
	case HTINST:
		return c->htinst;
	case HGATP:
		if (h->priv == S_MODE && c->mstatus & ST_TVM)
			raise_illegal(h);
		return c->hgatp;
	case CYCLE:
	case INSTRET:
	case HPMCOUNTER3:
		may_count(h, csr - CYCLE);
		return counter_read(h, csr - CYCLE);
	case SCOUNTOVF:
		if (!h->m->cfg.sscofpmf)
			raise_illegal(h);
		return 0;
	case TIME:
		may_count(h, 1);
		return machine_time(h->m) + (h->virt ? c->htimedelta : 0);
	}
	if (csr > INSTRET && csr <= 0xc1f) {
		may_count(h, csr - CYCLE);
		return 0;
	}
	return read_machine(h, csr);
}

static u64 put(u64 old, u64 value, u64 mask)
{
	return (old & ~mask) | (value & mask);
}

static void write_machine(struct hart *h, unsigned csr, u64 v)
{
	const struct config *cfg = &h->m->cfg;
	struct csrs *c = &h->c;

	switch (csr) {
	case MSTATUS:
		if ((v & ST_MPP) == 2ull << 11)
			v = put(v, c->mstatus, ST_MPP);
		c->mstatus = put(c->mstatus, v, MSTATUS_WRITE);
		return;
	case MEDELEG:
		c->medeleg = v & ~BIT(E_ECALL_M);
		return;
	case MIDELEG:
		c->mideleg = v & irq_s(h);
		return;
	case MIE:
		c->mie = v & (IRQ_M | irq_s(h) | IRQ_HYPER);
		return;
	case MTVEC:
		c->mtvec = v & ~2ull;
		return;
	case MCOUNTEREN:
		c->mcounteren = (u32)v;
		return;
	case MENVCFG:
		c->menvcfg = v & (ENV_U | (cfg->svadu ? ENV_ADUE : 0) |
				  (cfg->svpbmt ? ENV_PBMTE : 0) | (cfg->sstc ? ENV_STCE : 0));
		return;
	case MCOUNTINHIBIT:
		counters_inhibit(h, v);
		return;
	case MCYCLE:
	case MINSTRET:
	case MHPMCOUNTER3:
		counter_write(h, csr - MCYCLE, v);
		return;
	case MSCRATCH:
		c->mscratch = v;
		return;
	case MEPC:
		c->mepc = v & ~1ull;
		return;
	case MCAUSE:
		c->mcause = v;
		return;
	case MTVAL:
		c->mtval = v;
		return;
	case MIP:
		c->mip = v & irq_s(h);
		c->hvip = put(c->hvip, v, IRQ_VSS);
		return;
	case MTINST:
		c->mtinst = v;
		return;
	case MTVAL2:
		c->mtval2 = v;
		return;
	}
	if (csr >= PMPCFG0 && csr < PMPCFG0 + 16)
		c->pmpcfg[csr - PMPCFG0] = v;
	else if (csr >= PMPADDR0 && csr < PMPADDR0 + 64)
		c->pmpaddr[csr - PMPADDR0] = v & (BIT(54) - 1);
}

static void csr_write(struct hart *h, unsigned csr, u64 v)
{
	const struct config *cfg = &h->m->cfg;
	struct csrs *c = &h->c;
	u64 mask;

	switch (csr) {
	case FFLAGS:
		c->fcsr = put(c->fcsr, v, 31);
		fp_dirty(h);
		break;
	case FRM:
		c->fcsr = put(c->fcsr, v << 5, 0xe0);
		fp_dirty(h);
		break;
	case FCSR:
		c->fcsr = v & 0xff;
		fp_dirty(h);
		break;
	case SSTATUS:
		c->mstatus = put(c->mstatus, v, SSTATUS_WRITE);
		break;
	case CSR_SIE:
		c->mie = put(c->mie, v, c->mideleg & irq_s(h));
		break;
	case STVEC:
		c->stvec = v & ~2ull;
		break;
	case SCOUNTEREN:
		c->scounteren = (u32)v;
		break;
	case SENVCFG:
		c->senvcfg = v & ENV_U;
		break;
	case SSCRATCH:
		c->sscratch = v;
		break;
	case SEPC:
		c->sepc = v & ~1ull;
		break;
	case SCAUSE:
		c->scause = v;
		break;
	case STVAL:
		c->stval = v;
		break;
	case SIP:
		c->mip = put(c->mip, v, c->mideleg & (IRQ_SS | IRQ_LCOF));
		break;
	case STIMECMP:
		c->stimecmp = v;
		break;
	case SATP:
		c->satp = atp(cfg->satp_modes, c->satp, v, BIT(cfg->asid_bits) - 1, ~0ull, true);
		trace(h, "satp", c->satp, 0);
		break;
	case VSSTATUS:
		c->vsstatus = put(c->vsstatus, v, SSTATUS_WRITE);
		break;
	case VSIE:
		c->mie = put(c->mie, v << 1, c->hideleg & IRQ_VS);
		break;
	case VSTVEC:
		c->vstvec = v & ~2ull;
		break;
	case VSSCRATCH:
		c->vsscratch = v;
		break;
	case VSEPC:
		c->vsepc = v & ~1ull;
		break;
	case VSCAUSE:
		c->vscause = v;
		break;
	case VSTVAL:
		c->vstval = v;
		break;
	case VSIP:
		c->hvip = put(c->hvip, v << 1, c->hideleg & IRQ_VSS);
		break;
	case VSTIMECMP:
		c->vstimecmp = v;
		break;
	case VSATP:
		c->vsatp = write_vsatp(h, v, h->virt);
		trace(h, "vsatp", c->vsatp, 0);
		break;
	case HSTATUS:
		c->hstatus = put(c->hstatus, v, HS_WRITE);
		break;
	case HEDELEG:
		c->hedeleg = v & HEDELEG_WRITE;
		break;
	case HIDELEG:
		c->hideleg = v & IRQ_VS;
		break;
	case HIE:
		c->mie = put(c->mie, v, IRQ_HYPER);
		break;
	case HTIMEDELTA:
		c->htimedelta = v;
		break;
	case HCOUNTEREN:
		c->hcounteren = (u32)v;
		break;
	case HENVCFG:
		mask = ENV_U | (cfg->svadu ? ENV_ADUE : 0) | (cfg->svpbmt ? ENV_PBMTE : 0) |
		       (cfg->sstc ? ENV_STCE : 0);
		c->henvcfg = v & mask;
		break;
	case HTVAL:
		c->htval = v;
		break;
	case HIP:
		c->hvip = put(c->hvip, v, IRQ_VSS);
		break;
	case HVIP:
		c->hvip = v & IRQ_VS;
		break;
	case HTINST:
		c->htinst = v;
		break;
	case HGATP:
		c->hgatp = atp(cfg->hgatp_modes, c->hgatp, v, BIT(cfg->vmid_bits) - 1,
			       SEED(HGATP) ? ~0ull : ~3ull, false);
		trace(h, "hgatp", c->hgatp, v);
		report_hgatp(h);
		break;
	default:
		write_machine(h, csr, v);
	}
}

/*
 * Would HS-mode, or S-mode without the H extension, be allowed to access this CSR, if mstatus.TVM
 * were 0? Then V=1 gets a virtual-instruction exception in its place, and else an
 * illegal-instruction exception.
 */
static bool hs_has(struct hart *h, unsigned csr)
{
	switch (csr) {
	case SSTATUS:
	case CSR_SIE:
	case STVEC:
	case SCOUNTEREN:
	case SENVCFG:
	case SSCRATCH:
	case SEPC:
	case SCAUSE:
	case STVAL:
	case SIP:
	case SATP:
	case VSSTATUS:
	case VSIE:
	case VSTVEC:
	case VSSCRATCH:
	case VSEPC:
	case VSCAUSE:
	case VSTVAL:
	case VSIP:
	case VSATP:
	case HSTATUS:
	case HEDELEG:
	case HIDELEG:
	case HIE:
	case HTIMEDELTA:
	case HCOUNTEREN:
	case HGEIE:
	case HENVCFG:
	case HTVAL:
	case HIP:
	case HVIP:
	case HTINST:
	case HGATP:
	case HGEIP:
		return true;
	case STIMECMP:
	case VSTIMECMP:
		return h->m->cfg.sstc && h->c.mcounteren & BIT(1) && h->c.menvcfg & ENV_STCE;
	default:
		return false;
	}
}

/* In VS-mode the numbers of supervisor CSRs access the VS CSRs. */
static unsigned virtual_csr(unsigned csr)
{
	switch (csr) {
	case SSTATUS:
	case CSR_SIE:
	case STVEC:
	case SSCRATCH:
	case SEPC:
	case SCAUSE:
	case STVAL:
	case SIP:
	case STIMECMP:
	case SATP:
		return csr + 0x100;
	default:
		return csr;
	}
}

/* The first number of a CSR that has a second one for its upper half, with XLEN 32. */
static unsigned first_number(unsigned csr)
{
	if (XLEN == 64)
		return csr;
	switch (csr) {
	case MSTATUS + UPPER:
	case MEDELEG + UPPER:
	case MENVCFG + UPPER:
	case HEDELEG + UPPER:
	case HENVCFG + UPPER:
	case HTIMEDELTA + UPPER:
	case STIMECMP + UPPER:
	case VSTIMECMP + UPPER:
		return csr - UPPER;
	}
	if ((csr & ~31u) == MCYCLE + UPPER_COUNTER || (csr & ~31u) == CYCLE + UPPER_COUNTER)
		return csr - UPPER_COUNTER;
	return csr;
}

/* op: 1 writes, 2 sets bits, 3 clears bits. */
ux csr_access(struct hart *h, unsigned number, ux value, unsigned op, bool writes)
{
	unsigned need = BITS(number, 9, 8), csr = first_number(number);
	unsigned shift = csr == number ? 0 : 32;
	u64 all;
	ux old;

	if (writes && BITS(number, 11, 10) == 3)
		raise_illegal(h);
	if (need == 3 && h->priv != M_MODE)
		raise_illegal(h);
	if (need && h->virt && (need == 2 || h->priv == U_MODE)) {
		if (!hs_has(h, csr))
			raise_illegal(h);
		raise_virtual(h);
	}
	if (need && h->priv == U_MODE)
		raise_illegal(h);
	if (h->virt)
		csr = virtual_csr(csr);
	all = csr_read(h, csr);
	old = all >> shift;
	if (!writes)
		return old;
	if (op == 2 || op == 3) {
		/*
		 * SEIP and the VS bits: modify the value that software has written, without the
		 * bits that devices add.
		 */
		ux base = old;

		if (csr == MIP)
			base = h->c.mip | (old & IRQ_VSS);
		value = op == 2 ? base | value : base & ~value;
	}
	csr_write(h, csr, put(all, (u64)value << shift, (u64)(ux)-1 << shift));
	/* Most writes change neither translation nor interrupts. */
	switch (csr) {
	case SSCRATCH:
	case SEPC:
	case VSSCRATCH:
	case VSEPC:
	case FFLAGS:
	case FRM:
	case FCSR:
		break;
	default:
		context_changed(h);
		if (interrupt_waits(h))
			h->stop = 0;
	}
	return old;
}
