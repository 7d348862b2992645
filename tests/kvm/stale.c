// SPDX-License-Identifier: GPL-2.0-only
/*
 * After the host has withdrawn a range of memory from a guest, the guest must not reach the old
 * pages any more: neither through a mapping that was not removed, nor through a stale translation
 * in the TLB of a hart.
 *
 * vCPUs load or store in a loop and leave guest mode only for faults, because an emulated hart
 * flushes its TLB on every exit. Meanwhile the test withdraws a range, in many ways and with many
 * starts and ends. Where possible the old pages stay allocated and keep their stamps, so that the
 * test sees an access to them.
 *
 * Only the deletion or the move of a slot can show a stale translation. In all other cases the
 * host itself interrupts the vCPUs, to flush the translations of its own page tables.
 *
 * The stock module fails. With it the test asserts the failure, which proves that the test finds
 * such a defect.
 */
#include <stdlib.h>
#include <string.h>

#include "stale.h"
#include "stock.h"
#include "strict.h"
#include "tap.h"

#define MS 20000

/* The time, and the least number of scenes, for one way to withdraw a range. */
#define PLAY_MS    350
#define SCENES_MIN 5

/* Passes after the withdrawal: the first finds old pages, the second also new mappings. */
#define PASSES 2

#define PAGE SZ_4K
#define MID  (SZ_2M / 2)

static const u64 starts[] = { 0,           PAGE,
			      MID,         SZ_2M - PAGE,
			      SZ_2M,       SZ_2M + PAGE,
			      SZ_2M + MID, 2 * SZ_2M - PAGE,
			      2 * SZ_2M,   2 * SZ_2M + PAGE,
			      SPAN - PAGE };
static const u64 ends[] = { PAGE,
			    SZ_2M - PAGE,
			    SZ_2M,
			    SZ_2M + PAGE,
			    2 * SZ_2M - PAGE,
			    2 * SZ_2M,
			    2 * SZ_2M + PAGE,
			    2 * SZ_2M + MID,
			    3 * SZ_2M,
			    3 * SZ_2M + PAGE,
			    SPAN - PAGE,
			    SPAN };

/* The chunks of 2 MiB that the guest accesses, as bit masks. */
static const unsigned int touched[] = { 0xf, 0xe, 0x2, 0x6, 0xd };

/* The places that the guest accesses in this scene, as offsets in the memory. */
static u64 places[LIST_MAX];
static unsigned int count;

static void place(u64 offset, unsigned int chunks)
{
	if (offset >= SPAN || !(chunks & 1 << offset / SZ_2M))
		return;
	for (unsigned int i = 0; i < count; i++)
		if (places[i] == offset)
			return;
	places[count++] = offset;
}

/*
 * Choose pages around the start and the end of the range and around each 2 MiB boundary, and some
 * random ones; or all pages.
 */
static void choose_places(const struct stage *stage, unsigned int chunks, bool all)
{
	count = 0;
	if (all) {
		for (u64 at = 0; at < SPAN; at += PAGE)
			if (chunks & 1 << at / SZ_2M)
				places[count++] = at;
		return;
	}
	for (int d = -2; d <= 1; d++) {
		place(stage->start + d * (int64_t)PAGE, chunks);
		place(stage->end + d * (int64_t)PAGE, chunks);
		for (unsigned int i = 0; i <= CHUNKS; i++)
			place(i * SZ_2M + d * (int64_t)PAGE, chunks);
	}
	for (unsigned int i = 0; i < 8; i++) {
		place(rnd() % SPAN & ~(PAGE - 1), chunks);
		place(stage->start + (rnd() % (stage->end - stage->start) & ~(PAGE - 1)), chunks);
	}
}

static bool withdrawn(const struct stage *stage, u64 offset)
{
	return offset >= stage->start && offset < stage->end;
}

/* Start the loops of all vCPUs. */
static void begin(struct vm *vm, const struct op *op)
{
	for (unsigned int v = 0; v < vm->vcpus; v++) {
		struct vcpu *vcpu = vm->vcpu[v];

		for (unsigned int i = 0; i < count; i++) {
			vcpu->list[i] = BASE + places[i];
			vcpu->first[i] = UNSEEN;
			vcpu->last[i] = UNSEEN;
		}
		vcpu->box->count = count;
		vcpu->box->start = rnd() % count;
		vcpu->box->tag = TAG_OLD;
		vcpu->box->tag2 = TAG_NEW;
		vcpu->box->value = PASSES;
		if (!v)
			vcpu_do(vcpu, OP_LIST_FILL);
		vcpu_post(vcpu, op->store ? OP_LIST_STORE : OP_LIST_LOAD);
	}
	for (unsigned int v = 0; v < vm->vcpus; v++)
		if (!wait_for(vm->vcpu[v]->box->passes >= 2, MS))
			bail("%s: vCPU %u does not go through its list", op->name, v);
}

static void finish(struct vm *vm)
{
	for (unsigned int v = 0; v < vm->vcpus; v++)
		vm->vcpu[v]->box->gone = 1;
	for (unsigned int v = 0; v < vm->vcpus; v++)
		vcpu_wait(vm->vcpu[v]);
}

static bool wrong(const struct stage *stage, u64 offset, const char *what, u64 got, u64 expected)
{
	if (got == expected)
		return false;
	diag("[0x%llx, 0x%llx): %s at 0x%llx: 0x%llx, expected 0x%llx",
	     (unsigned long long)stage->start, (unsigned long long)stage->end, what,
	     (unsigned long long)offset, (unsigned long long)got, (unsigned long long)expected);
	return true;
}

/* Return: the number of wrong places. Prints the first one. */
static unsigned int judge(struct stage *stage, const struct op *op)
{
	unsigned int bad = 0;

	if (op->settle)
		op->settle(stage);
	for (unsigned int i = 0; i < count; i++) {
		u64 at = places[i], gpa = BASE + at, expected = stamp(TAG_OLD, gpa);
		bool in = withdrawn(stage, at), no = false;

		if (op->store) {
			u64 old = *(u64 *)(in ? op->old(stage, at) : stage->mem + at);

			if (!in)
				expected = stamp(TAG_NEW, gpa);
			if (old != expected && !bad)
				wrong(stage, at, in ? "old page" : "page", old, expected);
			bad += old != expected;
			continue;
		}
		if (in)
			expected = op->others ? stamp(TAG_OTHER, gpa) : op->after;
		for (unsigned int v = 0; v < stage->vm->vcpus; v++) {
			struct vcpu *vcpu = stage->vm->vcpu[v];

			no |= vcpu->first[i] != expected || vcpu->last[i] != expected;
			if (no && !bad && !wrong(stage, at, "first load", vcpu->first[i], expected))
				wrong(stage, at, "last load", vcpu->last[i], expected);
		}
		bad += no;
	}
	return bad;
}

/* Play one scene: withdraw one range. Return: the number of wrong places. */
static unsigned int scene(struct stage *stage, const struct op *op, unsigned int chunks, bool all)
{
	unsigned int bad;

	choose_places(stage, chunks, all);
	if (!count)
		return 0;
	stage_set(stage, op);
	begin(stage->vm, op);
	for (unsigned int i = 0; op->kept && i < count; i++)
		if (withdrawn(stage, places[i]))
			strict_watch(stage->mem + places[i]);
	op->withdraw(stage);
	strict_gone();
	finish(stage->vm);
	strict_back();
	bad = judge(stage, op);
	if (op->finish)
		op->finish(stage);
	if (op->slots)
		stage_strike(stage);
	return bad;
}

/* Play pairs of a start and an end, in random order, until the time is up. */
static void play(struct stage *stage, const struct op *op)
{
	unsigned int order[ARRAY_SIZE(starts) * ARRAY_SIZE(ends)];
	unsigned int scenes = 0, bad = 0;
	u64 start = now_ms();

	for (unsigned int i = 0; i < ARRAY_SIZE(order); i++) {
		unsigned int j = rnd() % (i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(order) && bad < 3; i++) {
		stage->start = starts[order[i] % ARRAY_SIZE(starts)];
		stage->end = ends[order[i] / ARRAY_SIZE(starts)];
		if (stage->end <= stage->start)
			continue;
		if (scenes >= SCENES_MIN && now_ms() - start > PLAY_MS)
			break;
		bad += !!scene(stage, op, touched[scenes++ % ARRAY_SIZE(touched)], false);
	}
	stage_strike(stage);
	diag("%u scenes in %u ms", scenes, (unsigned int)(now_ms() - start));
	ok(!bad && vm_sound(stage->vm), "%s, %s pages, %u vCPU: %s", stage->vm->format->name,
	   stage->backing == HUGE ? "huge" : "small", stage->vm->vcpus, op->name);
}

static struct vm *make(struct stage *stage, const struct format *f, enum backing backing,
		       unsigned int vcpus)
{
	struct vm *vm = vm_new(f);

	for (unsigned int v = 0; v < vcpus; v++)
		vcpu_start_alone(vcpu_new(vm));
	stage_init(stage, vm, backing);
	return vm;
}

static void end(struct stage *stage)
{
	for (unsigned int v = 0; v < stage->vm->vcpus; v++)
		vcpu_stop(stage->vm->vcpu[v]);
	vm_free(stage->vm);
	stage_end(stage);
}

/*
 * The two known defects of stock modules, checked for each page of the range. The range starts
 * in a chunk of 2 MiB that the guest has never accessed, or it starts and ends inside leaves of
 * 2 MiB.
 */
static unsigned int after_hole(struct stage *stage, const struct op *op, u64 offset)
{
	stage->start = offset;
	stage->end = 2 * SZ_2M;
	return scene(stage, op, 0x2, true);
}

static unsigned int after_leaf(struct stage *stage, const struct op *op, u64 offset)
{
	stage->start = offset;
	stage->end = 2 * SZ_2M + offset;
	return scene(stage, op, 0x7, true);
}

/*
 * Does the call tell KVM of the part of the range in which the defect is? A host that splits its
 * huge page first has KVM unmap all of it, so that the range starts in a hole.
 */
static bool tells(const struct op *op, enum backing backing)
{
	if (backing == HUGE)
		return !op->splits || stock()->stale_after_hole;
	return !stock()->late_mprotect || !strstr(op->name, "mprotect");
}

/* The pages of one chunk stay mapped if this kernel has the defect (@left), and none if not. */
static void stock_case(struct stage *stage, enum backing backing, const char *what,
		       unsigned int (*known)(struct stage *stage, const struct op *op, u64 offset),
		       u64 offset, bool left)
{
	make(stage, host.widest, backing, 1);
	for (unsigned int i = 0; i < stock_ops_count; i++) {
		const struct op *op = stock_ops[i];
		unsigned int bad;

		ok(!known(stage, op, 0), "stock, %s from a 2 MiB boundary: no page stays mapped",
		   op->name);
		bad = known(stage, op, offset);
		if (left && tells(op, backing))
			ok(bad > 400,
			   "stock, %s from inside %s: the test finds the defect: "
			   "%u of 512 pages stay mapped",
			   op->name, what, bad);
		else
			ok(!bad, "stock, %s from inside %s: no page stays mapped", op->name, what);
	}
	end(stage);
}

static void stock_cases(void)
{
	struct stage stage;

	stock_case(&stage, SMALL, "a hole", after_hole, SZ_2M - PAGE, stock()->stale_after_hole);
	stock_case(&stage, HUGE, "a huge page", after_leaf, MID, stock()->stale_after_leaf);
}

/* The argument is the number of vCPUs, or a part of the names of the ways to test. */
int main(int argc, char **argv)
{
	unsigned int only = argc > 1 ? atoi(argv[1]) : 0;
	const char *wanted = argc > 1 && !only ? argv[1] : "";
	const struct format *f = NULL;
	struct stage stage;

	host_init(220);
	if (!host.gstage) {
		stock_cases();
		return done();
	}
	for (unsigned int vcpus = only ?: 1; vcpus <= (only ?: 2); vcpus++) {
		for (enum backing backing = SMALL; backing <= HUGE; backing++) {
			f = next_format(f) ?: next_format(NULL);
			make(&stage, f, backing, vcpus);
			for (unsigned int i = 0; i < ops_count; i++)
				if (strstr(ops[i].name, wanted))
					play(&stage, &ops[i]);
			for (unsigned int i = 0; i < stock_ops_count && vcpus == 1; i++)
				ok(!(backing == HUGE ?
					     after_leaf(&stage, stock_ops[i], MID) :
					     after_hole(&stage, stock_ops[i], SZ_2M - PAGE)),
				   "%s, %s pages, every page: %s", f->name,
				   backing == HUGE ? "huge" : "small", stock_ops[i]->name);
			end(&stage);
		}
	}
	ok(!tables_live(), "no tables are left");
	return done();
}
