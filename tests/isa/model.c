// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * What the test has mapped. See model.h.
 */
#include "model.h"
#include "say.h"

struct model model;

void model_reset(void)
{
	model.n = 0;
}

static void add(const struct range *range)
{
	if (model.n == MODEL_RANGES)
		bail("the model is full");
	model.ranges[model.n++] = *range;
}

/* Cut the range that has @at inside, if there is one, into two. */
static void cut(gst_gpa_t at)
{
	for (unsigned int i = 0; i < model.n; i++) {
		struct range *range = &model.ranges[i], rest = *range;

		if (at <= range->start || at >= range->end)
			continue;
		rest.pa += at - range->start;
		rest.start = at;
		range->end = at;
		add(&rest);
		return;
	}
}

void model_unmap(gst_gpa_t gpa, uint64_t size)
{
	cut(gpa);
	cut(gpa + size);
	for (unsigned int i = 0; i < model.n;) {
		struct range *range = &model.ranges[i];

		if (range->start >= gpa && range->end <= gpa + size)
			*range = model.ranges[--model.n];
		else
			i++;
	}
}

void model_map(gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr)
{
	struct range range = { gpa, gpa + size, pa, attr & ~(GST_NAPOT | GST_KEEP) };

	model_unmap(gpa, size);
	add(&range);
}

void model_wrprotect(gst_gpa_t gpa, uint64_t size)
{
	cut(gpa);
	cut(gpa + size);
	for (unsigned int i = 0; i < model.n; i++) {
		struct range *range = &model.ranges[i];

		if (range->start >= gpa && range->end <= gpa + size)
			range->attr &= ~GST_WRITE;
	}
}

const struct range *model_find(gst_gpa_t gpa)
{
	for (unsigned int i = 0; i < model.n; i++)
		if (gpa >= model.ranges[i].start && gpa < model.ranges[i].end)
			return &model.ranges[i];
	return NULL;
}
