// SPDX-License-Identifier: GPL-2.0-only
/* CSR instructions, calls, returns, fences, HLV and HSV, cache blocks. */
#include "bits.h"
#include "op.h"

#define CSR(i) ((i)->raw >> 20)

#define CSR_OP(name, value, op, writes)                                                            \
	OP(name)                                                                                   \
	{                                                                                          \
		RD = csr_access(h, CSR(i), value, op, writes);                                     \
	}

CSR_OP(csrrw, RS1, 1, true)
CSR_OP(csrrs, RS1, 2, i->rs1 != 0)
CSR_OP(csrrc, RS1, 3, i->rs1 != 0)
CSR_OP(csrrwi, i->rs1, 1, true)
CSR_OP(csrrsi, i->rs1, 2, i->rs1 != 0)
CSR_OP(csrrci, i->rs1, 3, i->rs1 != 0)

OP(ecall)
{
	(void)i;
	if (h->priv == S_MODE && !h->virt && h->m->cfg.firmware) {
		sbi_call(h);
		return;
	}
	if (h->priv == U_MODE)
		raise_exception(h, E_ECALL_U, 0);
	if (h->priv == M_MODE)
		raise_exception(h, E_ECALL_M, 0);
	raise_exception(h, h->virt ? E_ECALL_VS : E_ECALL_S, 0);
}

OP(ebreak)
{
	(void)i;
	raise_exception(h, E_BREAKPOINT, h->pc);
}

/*
 * A privileged instruction in U-mode is illegal. In VU-mode it is a virtual-instruction exception.
 */
static void need_s(struct hart *h)
{
	if (h->priv == U_MODE) {
		if (h->virt)
			raise_virtual(h);
		raise_illegal(h);
	}
}

OP(sret)
{
	(void)i;
	need_s(h);
	if (h->virt && h->c.hstatus & HS_VTSR)
		raise_virtual(h);
	if (!h->virt && h->priv == S_MODE && h->c.mstatus & ST_TSR)
		raise_illegal(h);
	return_from_s(h);
}

OP(mret)
{
	(void)i;
	if (h->priv != M_MODE)
		raise_illegal(h);
	return_from_m(h);
}

OP(wfi)
{
	(void)i;
	if (h->priv != M_MODE && h->c.mstatus & ST_TW)
		raise_illegal(h);
	need_s(h);
	if (h->virt && h->c.hstatus & HS_VTW)
		raise_virtual(h);
	buffer_drain(h);
	h->waiting = true;
	h->stop = 0;
}

OP(fence)
{
	unsigned pred = BITS(i->raw, 27, 24), succ = BITS(i->raw, 23, 20);

	if (BITS(i->raw, 31, 28) != 8) {
		buffer_fence(h, pred, succ);
		return;
	}
	/* FENCE.TSO orders everything but a store before a load. */
	buffer_fence(h, FENCE_R, FENCE_R);
	buffer_fence(h, FENCE_W, FENCE_W);
}

OP(fence_i)
{
	(void)i;
	buffer_drain(h);
}

/* Fences of address translation. */

static void may_fence_vma(struct hart *h)
{
	need_s(h);
	if (h->virt && h->c.hstatus & HS_VTVM)
		raise_virtual(h);
	if (!h->virt && h->priv == S_MODE && h->c.mstatus & ST_TVM)
		raise_illegal(h);
}

static void begin_hfence(struct hart *h, bool gvma)
{
	if (h->virt)
		raise_virtual(h);
	if (h->priv == U_MODE || (gvma && h->priv == S_MODE && h->c.mstatus & ST_TVM))
		raise_illegal(h);
	h->hfences++;
}

static struct fence fence_vma(struct hart *h, const struct insn *i, bool vs)
{
	return (struct fence){
		.stage = vs ? STAGE_VS : STAGE_S,
		.has_addr = i->rs1,
		.addr = RS1,
		.has_asid = i->rs2,
		.asid = RS2 & (BIT(h->m->cfg.asid_bits) - 1),
		.has_vmid = vs,
		.vmid = ATP_VMID(h->c.hgatp),
	};
}

static struct fence fence_gvma(struct hart *h, const struct insn *i)
{
	return (struct fence){
		.stage = STAGE_G,
		.has_addr = i->rs1,
		.addr = (u64)RS1 << 2,
		.has_vmid = i->rs2,
		.vmid = RS2 & (BIT(h->m->cfg.vmid_bits) - 1),
	};
}

OP(sfence_vma)
{
	may_fence_vma(h);
	buffer_drain(h);
	fence(h, fence_vma(h, i, h->virt));
}

OP(hfence_vvma)
{
	begin_hfence(h, false);
	buffer_drain(h);
	fence(h, fence_vma(h, i, true));
}

OP(hfence_gvma)
{
	begin_hfence(h, true);
	buffer_drain(h);
	fence(h, fence_gvma(h, i));
}

/*
 * Svinval: SINVAL and HINVAL alone order nothing. SFENCE.INVAL.IR drops what they cover.
 * SFENCE.W.INVAL makes earlier stores visible to them.
 */
static void need_svinval(struct hart *h)
{
	if (!h->m->cfg.svinval)
		raise_illegal(h);
}

static void invalidate(struct hart *h, struct fence f)
{
	if (!h->m->cfg.keep || h->ninval == INVAL_MAX) {
		fence(h, f);
		return;
	}
	h->inval[h->ninval++] = f;
}

OP(sinval_vma)
{
	need_svinval(h);
	may_fence_vma(h);
	invalidate(h, fence_vma(h, i, h->virt));
}

OP(hinval_vvma)
{
	need_svinval(h);
	begin_hfence(h, false);
	invalidate(h, fence_vma(h, i, true));
}

OP(hinval_gvma)
{
	need_svinval(h);
	begin_hfence(h, true);
	invalidate(h, fence_gvma(h, i));
}

OP(sfence_w_inval)
{
	(void)i;
	need_svinval(h);
	need_s(h);
	buffer_drain(h);
}

OP(sfence_inval_ir)
{
	(void)i;
	need_svinval(h);
	need_s(h);
	while (h->ninval)
		fence(h, h->inval[--h->ninval]);
}

/* HLV, HLVX, HSV */
static struct view hyper_view(struct hart *h, bool x)
{
	if (h->virt)
		raise_virtual(h);
	if (h->priv == U_MODE && !(h->c.hstatus & HS_HU))
		raise_illegal(h);
	return (struct view){
		.priv = h->c.hstatus & HS_SPVP ? S_MODE : U_MODE,
		.virt = true,
		.hlvx = x,
		.hyper = true,
	};
}

#define HLV(name, type, x)                                                                         \
	OP(name)                                                                                   \
	{                                                                                          \
		RD = (u64)(s64)(type)load_slow(h, RS1, sizeof(type), hyper_view(h, x));            \
	}
#define HSV(name, size)                                                                            \
	OP(name)                                                                                   \
	{                                                                                          \
		store_slow(h, RS1, RS2, size, hyper_view(h, false));                               \
	}

HLV(hlv_b, s8, false)
HLV(hlv_bu, u8, false)
HLV(hlv_h, s16, false)
HLV(hlv_hu, u16, false)
HLV(hlv_w, s32, false)
HLV(hlv_wu, u32, false)
HLV(hlv_d, s64, false)
HLV(hlvx_hu, u16, true)
HLV(hlvx_wu, u32, true)
HSV(hsv_b, 1)
HSV(hsv_h, 2)
HSV(hsv_w, 4)
HSV(hsv_d, 8)

/* Cache blocks: there is no data cache, so only the permission is checked. */
static void may_cbo(struct hart *h, u64 field)
{
	struct csrs *c = &h->c;

	if (h->priv != M_MODE && !(c->menvcfg & field))
		raise_illegal(h);
	if (h->virt && (!(c->henvcfg & field) || (h->priv == U_MODE && !(c->senvcfg & field))))
		raise_virtual(h);
	if (!h->virt && h->priv == U_MODE && !(c->senvcfg & field))
		raise_illegal(h);
}

#define CBO_OP(name, field)                                                                        \
	OP(name)                                                                                   \
	{                                                                                          \
		struct view v = data_view(h);                                                      \
                                                                                                   \
		may_cbo(h, field);                                                                 \
		v.block = true;                                                                    \
		translate(h, RS1 & ~63ull, 1, LOAD, v);                                            \
	}

CBO_OP(cbo_inval, ENV_CBIE)
CBO_OP(cbo_clean, ENV_CBCFE)
CBO_OP(cbo_flush, ENV_CBCFE)

OP(cbo_zero)
{
	may_cbo(h, ENV_CBZE);
	for (unsigned at = 0; at < 64; at += 8)
		store(h, (RS1 & ~63ull) + at, 0, 8);
}
