// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Comparing the hart, gst_lookup(), and what the test has mapped. See check.h.
 */
#include "check.h"
#include "say.h"

/* Each word in memory holds its own address in a form that is not a valid address. */
#if GST_XLEN == 64
#define PATTERN UINT64_C(0x5bd1e995a7c4639d)
#else
#define PATTERN 0x5bd1e995ul
#endif

static const char *const access_names[ACCESS_KINDS] = { "HLV", "HLVX", "HSV" };
static const gst_attr_t access_attr[ACCESS_KINDS] = { GST_READ, GST_EXEC, GST_WRITE };
static const unsigned int access_cause[ACCESS_KINDS] = {
	/* HLVX checks X, but it faults as a load. */
	CAUSE_LOAD_GUEST_PAGE,
	CAUSE_LOAD_GUEST_PAGE,
	CAUSE_STORE_GUEST_PAGE,
};

unsigned int check_accesses;
static struct {
	unsigned int fetch_causes;
	unsigned int gva_flags;
} notes;
static uint64_t rng_state = UINT64_C(0x9e3779b97f4a7c15);

uint64_t rng_seed(uint64_t seed)
{
	/* The state must not be 0, and states of neighbouring seeds must differ much. */
	rng_state = (seed * UINT64_C(0x9e3779b97f4a7c15)) | 1;
	for (unsigned int i = 0; i < 16; i++)
		rng();
	return seed;
}

uint64_t rng(void)
{
	rng_state ^= rng_state << 13;
	rng_state ^= rng_state >> 7;
	rng_state ^= rng_state << 17;
	return rng_state;
}

uint32_t rng_below(uint32_t n)
{
	return (uint32_t)((rng() >> 32) * n >> 32);
}

static volatile unsigned long *word_at(gst_pa_t pa)
{
	return (volatile unsigned long *)(uintptr_t)pa;
}

static unsigned long pattern_of(gst_pa_t pa)
{
	return (unsigned long)pa ^ (unsigned long)PATTERN;
}

/* Describe the data of an access: a word of the arena, or something else. */
static const char *place(unsigned long data)
{
	return arena_has(pattern_of(data)) ? "reads the word of pa" : "reads";
}

static uint64_t place_of(unsigned long data)
{
	return arena_has(pattern_of(data)) ? pattern_of(data) : data;
}

/*
 * The only place that accepts bugs of a simulator; check_notes() reports them. QEMU gives faults
 * of HLVX the cause of a fetch. In the specification HLVX faults as a load. QEMU also leaves
 * mstatus.GVA 0 when HLV, HLVX or HSV trap into M-mode.
 */
static bool forgive_cause(enum access kind, unsigned long cause)
{
	bool forgiven = kind == ACCESS_FETCH && cause == CAUSE_FETCH_PAGE;

	notes.fetch_causes += forgiven;
	return forgiven;
}

static bool forgive_gva(void)
{
	notes.gva_flags++;
	return true;
}

static bool check_fault(const struct guest *guest, enum access kind, gst_gpa_t gpa,
			const struct outcome *got)
{
	if (got->cause != access_cause[kind] && !forgive_cause(kind, got->cause)) {
		difference("%s: %s of gpa %x: the hart gives cause %u, expected %u", guest->name,
			   access_names[kind], gpa, (unsigned int)got->cause, access_cause[kind]);
		return false;
	}
	if (got->tval == got->gva && got->tval2 == gpa >> 2 && (got->gva_flag || forgive_gva()))
		return true;
	difference("%s: %s of gpa %x: cause %u is right, but tval is %x and tval2 is %x",
		   guest->name, access_names[kind], gpa, (unsigned int)got->cause, got->tval,
		   got->tval2);
	return false;
}

bool check_hart(const struct guest *guest, enum access kind, gst_gpa_t gpa,
		const struct expect *expect)
{
	unsigned long want = 0, data;
	struct outcome got;

	check_accesses++;
	if (!expect->fault) {
		want = pattern_of(expect->pa);
		*word_at(expect->pa) = kind == ACCESS_STORE ? 0 : want;
	}
	got = hart_access(kind, gpa, want);
	if (expect->fault && got.cause)
		return check_fault(guest, kind, gpa, &got);
	if (expect->fault) {
		difference("%s: %s of gpa %x: the hart %s %x, expected a fault", guest->name,
			   access_names[kind], gpa,
			   kind == ACCESS_STORE ? "stores" : place(got.data),
			   kind == ACCESS_STORE ? 0 : place_of(got.data));
		return false;
	}
	if (got.cause) {
		difference("%s: %s of gpa %x: the hart gives cause %u, expected pa %x", guest->name,
			   access_names[kind], gpa, (unsigned int)got.cause, expect->pa);
		return false;
	}
	data = kind == ACCESS_STORE ? *word_at(expect->pa) : got.data;
	/* HLVX.WU reads only 32 bits, which is enough for addresses of the arena. */
	if (kind == ACCESS_FETCH)
		data = (uint32_t)data | (want & ~0xfffffffful);
	if (data == want)
		return true;
	difference("%s: %s of gpa %x: the hart %s %x, expected pa %x", guest->name,
		   access_names[kind], gpa, kind == ACCESS_STORE ? "left" : place(data),
		   kind == ACCESS_STORE ? data : place_of(data), expect->pa);
	return false;
}

/* Compare gst_lookup() with what the test has mapped. */
static void check_lookup(struct guest *guest, gst_gpa_t gpa, const struct range *range)
{
	struct gst_leaf leaf;
	int ret = gst_lookup(&guest->space, gpa, &leaf);
	int want = range ? 0 :
			   (gpa < gst_format_size(gst_space_format(&guest->space)) ? -GST_ENOENT :
										     -GST_ERANGE);

	if (ret != want)
		difference("%s: gpa %x: gst_lookup returned -%u, expected -%u", guest->name, gpa,
			   (unsigned int)-ret, (unsigned int)-want);
	else if (range && (leaf.pa + (gpa - leaf.gpa) != range->pa + (gpa - range->start) ||
			   leaf.attr != range->attr || gpa - leaf.gpa >= leaf.size))
		difference("%s: gpa %x: gst_lookup found pa %x attr %u, the test mapped pa %x "
			   "attr %u",
			   guest->name, gpa, leaf.pa + (gpa - leaf.gpa), leaf.attr,
			   range->pa + (gpa - range->start), range->attr);
}

void check_gpa(struct guest *guest, enum access kind, gst_gpa_t gpa)
{
	const struct range *range = model_find(gpa);
	struct expect expect = { .fault = true };

	check_lookup(guest, gpa, range);
	if (!hart_reaches(gpa))
		return;
	if (range) {
		expect.pa = range->pa + (gpa - range->start);
		expect.fault = !(range->attr & access_attr[kind]);
		if (!expect.fault && !arena_has(expect.pa))
			return;
	}
	check_hart(guest, kind, gpa, &expect);
}

void check_any(struct guest *guest, gst_gpa_t gpa)
{
	check_gpa(guest, (enum access)rng_below(ACCESS_KINDS), gpa);
}

void check_edges(struct guest *guest, gst_gpa_t start, gst_gpa_t end)
{
	for (enum access kind = ACCESS_LOAD; kind < ACCESS_KINDS; kind++) {
		check_gpa(guest, kind, start);
		check_gpa(guest, kind, end - 8);
		if (start)
			check_gpa(guest, kind, start - 8);
		check_gpa(guest, kind, end);
	}
}

uint64_t rng_in(uint64_t size)
{
	uint64_t mask = size - 1, n;

	for (unsigned int shift = 1; shift < 64; shift <<= 1)
		mask |= mask >> shift;
	/* Avoid a division of 64 bits, for which XLEN 32 has no instruction. */
	do
		n = rng() & mask;
	while (n >= size);
	return n;
}

gst_gpa_t random_in(const struct range *range)
{
	gst_pa_t start = range->pa, end = range->pa + (range->end - range->start);

	if (start < arena_base())
		start = arena_base();
	if (end > arena_base() + ARENA_SIZE)
		end = arena_base() + ARENA_SIZE;
	if (start >= end)
		return range->start + rng_in(range->end - range->start);
	return range->start + (start - range->pa) + rng_in(end - start);
}

unsigned int check_random(struct guest *guest, uint64_t size, unsigned int count)
{
	unsigned int before = check_accesses;

	/* Not every gpa leads to an access, so limit the number of tries. */
	for (unsigned int i = 0; i < 4 * count && check_accesses - before < count; i++) {
		const struct range *range = &model.ranges[model.n ? rng_below(model.n) : 0];
		unsigned int choice = model.n ? rng_below(8) : 7;
		gst_gpa_t gpa = rng() & (size - 1);

		if (choice < 5)
			gpa = random_in(range);
		else if (choice == 5)
			gpa = (rng() & 1 ? range->start - 4096 : range->end) + (rng() & 4095);
		else if (choice == 6)
			/* Any gpa, with a random number of bits. */
			gpa >>= rng_below(44);
		check_any(guest, gpa & (size - 1) & ~UINT64_C(7));
	}
	return check_accesses - before;
}

static void report(void *arg, unsigned int inv, gst_gpa_t gpa, unsigned int level, gst_pte_t pte,
		   const char *what)
{
	const struct guest *guest = arg;

	difference("%s: gst_check: INV-%u at gpa %x, level %u, PTE %x: %s", guest->name, inv, gpa,
		   level, (uint64_t)pte, what);
}

void check_invariants(struct guest *guest)
{
	gst_check(&guest->space, report, guest);
}

void check_notes(void)
{
	if (notes.fetch_causes)
		say("# note: %u faults of HLVX had cause %u; the specification requires %u\n",
		    notes.fetch_causes, CAUSE_FETCH_PAGE, CAUSE_LOAD_GUEST_PAGE);
	if (notes.gva_flags)
		say("# note: %u faults left mstatus.GVA 0; the specification requires 1\n",
		    notes.gva_flags);
}
