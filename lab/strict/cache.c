// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page-table entries that a hart keeps. It keeps every entry that it has read: leaves, pointers
 * to tables and, without Svvptc, entries that are not valid. An entry is found by its stage, ASID,
 * VMID and address. It is dropped when this hart executes a fence that covers it, or by chance. The
 * specification allows a hart to use any entry that was valid since the last such fence. So there
 * may be several entries for one address, and each use takes one of them.
 *
 * A hart may always drop more than it must. So a fence of a whole ASID or VMID only notes a time,
 * and two ASIDs may share a note.
 */
#include <stdlib.h>
#include <string.h>

#include "bits.h"

#define SLOTS   8192u
#define BUCKETS 4096u
#define NOTES   1024u

struct slot {
	u64 prefix; /* address >> VPN_SHIFT(level) */
	u64 pte, where, born;
	u64 serial;
	u32 next; /* in its bucket; 0 ends it */
	u16 asid, vmid;
	s8 level;
	u8 stage;
	bool global, used;
};

struct cache {
	struct slot slot[SLOTS + 1];
	u32 bucket[BUCKETS];
	u32 cursor;
	u64 serial;
	/* Entries before these serials are dropped. */
	u64 all[3], vmid[3][NOTES], asid[3][NOTES];
};

static u32 bucket_of(enum stage stage, int level, u64 prefix)
{
	u64 x = (prefix * 0x9e3779b97f4a7c15ull) ^ (u64)(level * 3 + stage) * 0xc2b2ae3d27d4eb4full;

	return (x ^ x >> 29) % BUCKETS;
}

static u64 *vmid_note(struct cache *c, enum stage stage, u64 vmid)
{
	return &c->vmid[stage][vmid % NOTES];
}

static u64 *asid_note(struct cache *c, enum stage stage, u64 vmid, u64 asid)
{
	return &c->asid[stage][(vmid * 31 + asid) % NOTES];
}

void cache_init(struct hart *h)
{
	if (h->m->cfg.keep)
		h->cache = calloc(1, sizeof(*h->cache));
}

void cache_free(struct hart *h)
{
	free(h->cache);
	h->cache = NULL;
}

static bool alive(struct cache *c, const struct slot *s)
{
	if (!s->used || s->serial < c->all[s->stage])
		return false;
	if (s->stage != STAGE_S && s->serial < *vmid_note(c, s->stage, s->vmid))
		return false;
	return s->stage == STAGE_G || s->global ||
	       s->serial >= *asid_note(c, s->stage, s->vmid, s->asid);
}

static bool leads_on(u64 pte)
{
	return pte & PTE_V && !(pte & PTE_RWX);
}

/* Returns an entry that a walk for va may begin with; exact: only pointers to tables. */
struct kept cache_recall(struct hart *h, struct walk *w, enum stage stage, u64 asid, u64 vmid,
			 u64 va, int levels, bool exact)
{
	struct cache *c = h->cache;
	const struct slot *found[16], *s;
	/* Prefer the lowest level, as a TLB does. */
	bool low = !chance(h->m, 8);
	unsigned n = 0;

	/* A hart may have dropped everything. */
	if (!c || chance(h->m, 16))
		return (struct kept){ 0 };
	for (int level = 0; level < levels && n < 16 && !(low && n); level++) {
		u64 prefix = va >> VPN_SHIFT(level);

		for (u32 at = c->bucket[bucket_of(stage, level, prefix)]; at && n < 16;
		     at = s->next) {
			s = &c->slot[at];
			if (s->prefix != prefix || s->level != level || s->stage != stage ||
			    s->vmid != vmid || (s->asid != asid && !s->global) || !alive(c, s))
				continue;
			if (exact && !leads_on(s->pte))
				continue;
			found[n++] = s;
		}
	}
	if (!n)
		return (struct kept){ 0 };
	s = found[rnd(h->m) % n];
	if (s->born < w->oldest)
		w->oldest = s->born;
	if ((read_pte(h->m, s->where) ^ s->pte) & ~(PTE_A | PTE_D))
		w->stale = true;
	return (struct kept){
		.found = true,
		.pte = s->pte,
		.where = s->where,
		.born = s->born,
		.level = s->level,
		.global = s->global,
	};
}

static void unlink_slot(struct cache *c, u32 n)
{
	struct slot *s = &c->slot[n];
	u32 *at = &c->bucket[bucket_of(s->stage, s->level, s->prefix)];

	while (*at != n)
		at = &c->slot[*at].next;
	*at = s->next;
	s->used = false;
}

static struct slot *same_slot(struct cache *c, enum stage stage, u64 asid, u64 vmid, u64 prefix,
			      int level, u64 pte, u64 where)
{
	struct slot *s;

	for (u32 at = c->bucket[bucket_of(stage, level, prefix)]; at; at = s->next) {
		s = &c->slot[at];
		if (s->prefix == prefix && s->pte == pte && s->where == where && s->asid == asid &&
		    s->vmid == vmid && s->level == level && s->stage == stage)
			return s;
	}
	return NULL;
}

/* Keep an entry that the walk has read from memory. It is as old as the pointers that led to it. */
void cache_keep(struct hart *h, struct walk *w, enum stage stage, u64 asid, u64 vmid, bool global,
		u64 va, int level, u64 pte, u64 where)
{
	struct cache *c = h->cache;
	struct slot *s;
	u32 n, *bucket;

	if (!c || (!(pte & PTE_V) && h->m->cfg.svvptc))
		return;
	s = same_slot(c, stage, asid, vmid, va >> VPN_SHIFT(level), level, pte, where);
	if (s) {
		s->serial = ++c->serial;
		s->born = w->oldest;
		s->global = global;
		return;
	}
	n = c->cursor++ % SLOTS + 1;
	s = &c->slot[n];
	if (s->used)
		unlink_slot(c, n);
	*s = (struct slot){
		.prefix = va >> VPN_SHIFT(level),
		.pte = pte,
		.where = where,
		.born = w->oldest,
		.serial = ++c->serial,
		.asid = asid,
		.vmid = vmid,
		.level = level,
		.stage = stage,
		.global = global,
		.used = true,
	};
	bucket = &c->bucket[bucket_of(stage, level, s->prefix)];
	s->next = *bucket;
	*bucket = n;
}

/*
 * A fence with an address covers only the leaf entries of that address. Pointers to tables stay. An
 * invalid entry stays, too, if memory has a pointer to a table there now.
 */
static bool covered(struct hart *h, const struct slot *s)
{
	u64 now;

	if (leads_on(s->pte))
		return SEED(DROPPED_POINTER);
	if (SEED(KEPT_LEAF))
		return false;
	if (s->pte & PTE_V || !s->level)
		return true;
	now = read_pte(h->m, s->where);
	return !leads_on(now);
}

static void fence_address(struct hart *h, const struct fence *f)
{
	struct cache *c = h->cache;

	for (int level = 0; level < 5; level++) {
		u64 prefix = f->addr >> VPN_SHIFT(level);
		u32 next;

		for (u32 at = c->bucket[bucket_of(f->stage, level, prefix)]; at; at = next) {
			struct slot *s = &c->slot[at];

			next = s->next;
			if (s->prefix != prefix || s->level != level || s->stage != f->stage)
				continue;
			if (f->has_vmid && f->vmid != s->vmid)
				continue;
			if (f->has_asid && (f->asid != s->asid || s->global))
				continue;
			if (covered(h, s))
				unlink_slot(c, at);
		}
	}
}

void fence(struct hart *h, struct fence f)
{
	static const char *const name[] = { "sfence.vma", "hfence.vvma", "hfence.gvma" };
	struct cache *c = h->cache;

	trace(h, name[f.stage], f.has_addr ? f.addr : ~0ull,
	      (f.has_asid ? f.asid : 0xffff) | (f.has_vmid ? f.vmid << 16 : 0xffffull << 16));
	if (f.has_addr)
		fast_flush_page(h, f.stage == STAGE_S, f.addr);
	else
		fast_flush(h);
	if (f.stage == STAGE_G && !f.has_addr)
		report_fence_g(h, f.has_vmid, f.vmid);
	if (!c)
		return;
	if (f.has_addr) {
		fence_address(h, &f);
		return;
	}
	c->serial++;
	if (f.has_asid)
		*asid_note(c, f.stage, f.has_vmid ? f.vmid : 0, f.asid) = c->serial;
	else if (f.has_vmid)
		*vmid_note(c, f.stage, f.vmid) = c->serial;
	else
		c->all[f.stage] = c->serial;
}

/* Drop some entries. This may happen at any moment. */
void cache_forget(struct hart *h)
{
	struct cache *c = h->cache;

	c->serial++;
	for (unsigned stage = 0; stage < 3; stage++)
		c->all[stage] = c->serial;
	h->m->forgotten++;
}
