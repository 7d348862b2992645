// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loads and stores where there is no memslot, in every encoding that a compiler
 * makes: each is one exit, with the right address, size and data.
 */
#include "tap.h"
#include "vcpu.h"

/* The instructions of guest/decode.S, in its order. */
static const struct insn {
	const char *name;
	int offset;
	u32 len;
	bool store, sign;
} insns[] = {
	{ "lb", 0, 1, false, true },
	{ "lbu", 1, 1, false, false },
	{ "lh", -2, 2, false, true },
	{ "lhu", 2, 2, false, false },
	{ "lw", 0, 4, false, true },
	{ "lwu", 2044, 4, false, false },
	{ "ld", -2048, 8, false, false },
	{ "sb", 3, 1, true, false },
	{ "sh", 6, 2, true, false },
	{ "sw", -4, 4, true, false },
	{ "sd", 8, 8, true, false },
	{ "c.lw", 4, 4, false, true },
	{ "c.ld", 8, 8, false, false },
	{ "c.sw", 124, 4, true, false },
	{ "c.sd", 248, 8, true, false },
	{ "c.lwsp", 12, 4, false, true },
	{ "c.ldsp", 504, 8, false, false },
	{ "c.swsp", 252, 4, true, false },
	{ "c.sdsp", 0, 8, true, false },
};

/* With and without a sign bit in every byte. */
static const u64 values[] = { 0x8182838485868788, 0x7172737475767778 };

static unsigned int zero_extended;

/*
 * Is it what the instruction makes of the value? The decoder is the stock one:
 * that of Linux 6.12 extends no sign, which is not ours to test, only to tell.
 */
static bool right(u64 got, u64 value, const struct insn *insn)
{
	unsigned int drop = 64 - 8 * insn->len;
	u64 plain = value << drop >> drop;
	u64 sign = (u64)((int64_t)(value << drop) >> drop);

	if (insn->sign && got == plain && plain != sign)
		zero_extended++;
	return got == plain || (insn->sign && got == sign);
}

static bool one(struct vcpu *vcpu, unsigned int i, u64 gpa, u64 value)
{
	const struct insn *insn = &insns[i];
	struct mailbox *box = vcpu->box;
	u64 reads = vcpu->mmio_reads, writes = vcpu->mmio_writes;

	vcpu->mmio_answer = value;
	box->count = i;
	box->addr = gpa;
	box->value = value;
	vcpu_do(vcpu, OP_DECODE);

	if (vcpu->mmio_addr == gpa + insn->offset && vcpu->mmio_len == insn->len &&
	    vcpu->mmio_reads == reads + !insn->store && vcpu->mmio_writes == writes + insn->store &&
	    right(insn->store ? vcpu->mmio_data : box->result, value, insn))
		return true;
	diag("%s at 0x%llx: exit at 0x%llx of %u bytes, stored 0x%llx, loaded 0x%llx", insn->name,
	     (unsigned long long)gpa, (unsigned long long)vcpu->mmio_addr, vcpu->mmio_len,
	     (unsigned long long)vcpu->mmio_data, (unsigned long long)box->result);
	return false;
}

static void decode(const struct format *f)
{
	struct vm *vm = vm_new(f);
	struct vcpu *vcpu = vcpu_new(vm);
	char *mem = mem_map(SZ_4K, SMALL);
	u64 end = format_end(f);
	/* Far from all, beside a slot, at the top, and past it. */
	const u64 gpas[] = { 0x20000000, SZ_1G - 0x10000, end - 0x10000, end + 0x10000 };

	vm_slot(vm, 0, 0, SZ_1G, SZ_4K, mem);
	for (unsigned int i = 0; i < ARRAY_SIZE(insns); i++) {
		bool good = true;

		for (unsigned int g = 0; g < ARRAY_SIZE(gpas); g++)
			for (unsigned int v = 0; v < ARRAY_SIZE(values); v++)
				good &= one(vcpu, i, gpas[g], values[v]);
		ok(good, "%s: %s", f->name, insns[i].name);
	}
	ok(vm_sound(vm), "%s: sound", f->name);
	vm_free(vm);
	mem_unmap(mem, SZ_4K);
}

int main(void)
{
	const struct format *f;

	host_init(60);
	for_each_format(f)
		decode(f);
	if (zero_extended)
		diag("%u signed loads were not sign-extended by this kernel's decoder",
		     zero_extended);
	return done();
}
