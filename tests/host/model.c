// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The model: what should be mapped. See model.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

void model_clear(struct model *m)
{
	m->n = 0;
}

void model_free(struct model *m)
{
	free(m->run);
	*m = (struct model){ 0 };
}

static void room(struct model *m, size_t n)
{
	if (n <= m->max)
		return;
	m->max = n * 2 + 64;
	m->run = realloc(m->run, m->max * sizeof(*m->run));
	if (!m->run) {
		fprintf(stderr, "no memory for the model\n");
		exit(2);
	}
}

void model_copy(struct model *to, const struct model *from)
{
	room(to, from->n);
	if (from->n)
		memcpy(to->run, from->run, from->n * sizeof(*to->run));
	to->n = from->n;
}

/* The index of the first run that ends after @gpa. */
static size_t find(const struct model *m, uint64_t gpa)
{
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (m->run[mid].hi > gpa)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

const struct model_run *model_from(const struct model *m, uint64_t gpa)
{
	size_t i = find(m, gpa);

	return i < m->n ? &m->run[i] : NULL;
}

const struct model_run *model_end(const struct model *m)
{
	return m->run + m->n;
}

const struct model_run *model_at(const struct model *m, uint64_t gpa)
{
	const struct model_run *run = model_from(m, gpa);

	return run && run->lo <= gpa ? run : NULL;
}

static void insert(struct model *m, size_t at, struct model_run run)
{
	room(m, m->n + 1);
	memmove(m->run + at + 1, m->run + at, (m->n - at) * sizeof(*m->run));
	m->run[at] = run;
	m->n++;
}

/*
 * Cut the run that has @gpa inside, if there is one. Return: the index of the first run from
 * @gpa on.
 */
static size_t cut(struct model *m, uint64_t gpa)
{
	size_t i = find(m, gpa);

	if (i < m->n && m->run[i].lo < gpa) {
		struct model_run upper = m->run[i];

		upper.pa += gpa - upper.lo;
		upper.lo = gpa;
		m->run[i].hi = gpa;
		insert(m, ++i, upper);
	}
	return i;
}

/* Join the runs from @first to @last that continue the run before them. */
static void join(struct model *m, size_t first, size_t last)
{
	size_t to = first ? first - 1 : 0;

	if (last >= m->n)
		last = m->n ? m->n - 1 : 0;
	for (size_t i = to + 1; i <= last; i++) {
		struct model_run *a = &m->run[to], *b = &m->run[i];

		if (a->hi == b->lo && a->pa + (a->hi - a->lo) == b->pa && a->attr == b->attr &&
		    a->young == b->young)
			a->hi = b->hi;
		else
			m->run[++to] = *b;
	}
	if (to < last) {
		memmove(m->run + to + 1, m->run + last + 1, (m->n - last - 1) * sizeof(*m->run));
		m->n -= last - to;
	}
}

static size_t drop(struct model *m, uint64_t lo, uint64_t hi)
{
	size_t first = cut(m, lo), last = cut(m, hi);

	if (last > first)
		memmove(m->run + first, m->run + last, (m->n - last) * sizeof(*m->run));
	m->n -= last - first;
	return first;
}

void model_unmap(struct model *m, uint64_t lo, uint64_t hi)
{
	drop(m, lo, hi);
}

void model_map(struct model *m, uint64_t lo, uint64_t hi, uint64_t pa, uint32_t attr)
{
	size_t i = drop(m, lo, hi);

	insert(m, i, (struct model_run){ lo, hi, pa, attr, MODEL_YOUNG });
	join(m, i, i + 1);
}

void model_forbid(struct model *m, uint64_t lo, uint64_t hi, uint32_t attr)
{
	size_t first = cut(m, lo), last = cut(m, hi);

	for (size_t i = first; i < last; i++)
		m->run[i].attr &= ~attr;
	join(m, first, last);
}

void model_age(struct model *m, uint64_t lo, uint64_t hi, enum model_young young)
{
	size_t first = cut(m, lo), last = cut(m, hi);

	for (size_t i = first; i < last; i++)
		m->run[i].young = young;
	join(m, first, last);
}

enum model_young model_is_young(const struct model *m, uint64_t lo, uint64_t hi)
{
	enum model_young young = MODEL_OLD;

	for (size_t i = find(m, lo); i < m->n && m->run[i].lo < hi; i++) {
		if (m->run[i].young == MODEL_YOUNG)
			return MODEL_YOUNG;
		if (m->run[i].young == MODEL_EITHER)
			young = MODEL_EITHER;
	}
	return young;
}

uint64_t model_bytes(const struct model *m)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < m->n; i++)
		bytes += m->run[i].hi - m->run[i].lo;
	return bytes;
}

bool model_allows(const struct model *m, uint64_t lo, uint64_t hi, uint64_t pa, uint32_t attr,
		  uint32_t exact)
{
	size_t i = find(m, lo);

	for (; lo < hi; i++) {
		const struct model_run *run = m->run + i;

		if (i == m->n || run->lo > lo || run->pa + (lo - run->lo) != pa ||
		    (run->attr & attr) != attr || ((run->attr ^ attr) & exact))
			return false;
		pa += run->hi - lo;
		lo = run->hi;
	}
	return true;
}

static bool covers(const struct model *a, const struct model *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (!model_allows(a, b->run[i].lo, b->run[i].hi, b->run[i].pa, b->run[i].attr,
				  ~UINT32_C(0)))
			return false;
	return true;
}

bool model_same(const struct model *a, const struct model *b)
{
	return covers(a, b) && covers(b, a);
}
