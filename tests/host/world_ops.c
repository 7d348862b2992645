// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A space with everything that checks it (world.h): the operations that change translations,
 * ageing, and the change of format.
 */
#include <stdlib.h>

#include "translate.h"
#include "world.h"
#include "world_check.h"

#define LL(x) ((unsigned long long)(x))

int w_map(struct world *w, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr,
	  unsigned int max_level)
{
	int want = w_range_error(w, gpa, size), ret;
	gst_attr_t gets = attr & ~(GST_NAPOT | GST_KEEP);
	bool napot = attr & GST_NAPOT && (pa - gpa) % W_NAPOT == 0, keep = attr & GST_KEEP;
	unsigned long napots = w->space.napots;
	unsigned int best = 0;

	w_log_op(w, "map gpa=0x%llx size=0x%llx pa=0x%llx attr=0x%x max_level=%u%s", LL(gpa),
		 LL(size), LL(pa), attr, max_level, w->gather.shared ? " shared" : "");
	if (!want && (pa % W_PAGE || pa + size < pa || !(attr & GST_READ) ||
		      (attr & ~GST_ATTR_ALL) || (attr & ATTR_TYPES) == ATTR_TYPES))
		want = -GST_EINVAL;
	if (!want && (pa + size) >> (GST_XLEN == 64 ? 56 : 34) &&
	    pa + size != UINT64_C(1) << (GST_XLEN == 64 ? 56 : 34))
		want = -GST_ERANGE;
	w_aim(w, gpa, gpa + size);
	w_before_op(w);
	if (!want) {
		gst_gpa_t lo = gpa, hi = gpa + size;

		/* A larger leaf that maps the same is kept, and becomes young as a whole. */
		w_whole_leaves(w, &lo, &hi);
		w_may_break(w, gpa);
		w_may_break(w, gpa + size - W_PAGE);
		model_map(&w->model, gpa, gpa + size, pa, gets);
		if (lo < gpa && model_allows(&w->before, lo, gpa + W_PAGE, pa - (gpa - lo), gets,
					     keep ? ATTR_TYPES : ~0u))
			model_age(&w->model, lo, gpa, MODEL_EITHER);
		if (hi > gpa + size &&
		    model_allows(&w->before, gpa + size - W_PAGE, hi, pa + size - W_PAGE, gets,
				 keep ? ATTR_TYPES : ~0u))
			model_age(&w->model, gpa + size, hi, MODEL_EITHER);
		w_look_before(w);
		w->busy = true;
	}
	ret = gst_map(&w->space, gpa, size, pa, attr, max_level, &w->gather);
	w->busy = false;
	if (ret)
		return w_after_op(w, ret, want);

	if (keep)
		w_adopt(w, true);
	w_check_coming(w);
	CHECK("leaf size", attr & GST_NAPOT || w->space.napots <= napots,
	      "64 KiB leaves were made without GST_NAPOT");
	while (best < max_level && best < w_top(w) && (pa - gpa) % w_size(w, best + 1) == 0)
		best++;
	for (unsigned int i = 0; i < w->hots && !w->quick; i++)
		w_check_largest(w, w->hot[i], gpa, size, best, napot);
	return w_after_op(w, ret, want);
}

int w_fill(struct world *w, gst_gpa_t gpa, const struct gst_page *pages, unsigned int count)
{
	int want = w_range_error(w, gpa, count * W_PAGE), filled = 0;
	uint64_t reserves = w->mem.reserves, allocs = w->mem.allocs;

	w_log_op(w, "fill gpa=0x%llx count=%u%s", LL(gpa), count,
		 w->gather.shared ? " shared" : "");
	for (unsigned int i = 0; i < count && !want; i++) {
		if (!pages[i].attr)
			continue;
		if (!(pages[i].attr & GST_READ) || (pages[i].attr & ~GST_ATTR_ALL) ||
		    (pages[i].attr & ATTR_TYPES) == ATTR_TYPES || pages[i].pa % W_PAGE)
			want = -GST_EINVAL;
		else if (pages[i].pa >> (GST_XLEN == 64 ? 56 : 34))
			want = -GST_ERANGE;
	}
	w_aim(w, gpa, gpa + count * W_PAGE);
	w_before_op(w);
	for (unsigned int i = 0; i < count && !want; i++) {
		gst_gpa_t page = gpa + i * W_PAGE;
		struct spec_result res;

		/* Only holes of existing tables are filled. */
		if (!pages[i].attr || spec_translate(&w->machine, page, &res) || res.level)
			continue;
		model_map(&w->model, page, page + W_PAGE, pages[i].pa,
			  pages[i].attr & ~(GST_NAPOT | GST_KEEP));
		filled++;
	}
	w_look_before(w);
	w->busy = !want;
	want = want ? want : filled;
	filled = gst_fill(&w->space, gpa, pages, count, &w->gather);
	w->busy = false;
	if (filled > 0)
		w_check_coming(w);
	CHECK("reserve", w->mem.reserves == reserves && w->mem.allocs == allocs,
	      "gst_fill() takes memory");
	return w_after_op(w, filled, want);
}

int w_unmap(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int flags)
{
	int want = w_range_error(w, gpa, size);
	gst_gpa_t lo = gpa, hi = gpa + size;

	w_log_op(w, "unmap gpa=0x%llx size=0x%llx flags=%u%s", LL(gpa), LL(size), flags,
		 w->gather.shared ? " shared" : "");
	if (flags & ~GST_WHOLE_LEAVES)
		want = want ? want : -GST_EINVAL;
	if (w->gather.shared)
		want = -GST_EINVAL;
	if (!want && (flags & GST_WHOLE_LEAVES))
		w_whole_leaves(w, &lo, &hi);
	w_aim(w, lo, hi);
	w_before_op(w);
	if (!want && !(flags & GST_WHOLE_LEAVES)) {
		w_may_break(w, lo);
		w_may_break(w, hi - W_PAGE);
	}
	if (!want) {
		model_unmap(&w->model, lo, hi);
		w->busy = true;
	}
	return w_after_op(w, gst_unmap(&w->space, gpa, size, flags, &w->gather), want);
}

int w_wrprotect(struct world *w, gst_gpa_t gpa, uint64_t size, unsigned int flags)
{
	int want = w_range_error(w, gpa, size);
	gst_gpa_t lo = gpa, hi = gpa + size;

	w_log_op(w, "wrprotect gpa=0x%llx size=0x%llx flags=%u%s", LL(gpa), LL(size), flags,
		 w->gather.shared ? " shared" : "");
	if (flags & ~GST_WHOLE_LEAVES)
		want = want ? want : -GST_EINVAL;
	if (!want && (flags & GST_WHOLE_LEAVES))
		w_whole_leaves(w, &lo, &hi);
	w_aim(w, lo, hi);
	w_before_op(w);
	if (!want && !(flags & GST_WHOLE_LEAVES)) {
		w_may_break(w, lo);
		w_may_break(w, hi - W_PAGE);
	}
	if (!want) {
		model_forbid(&w->model, lo, hi, GST_WRITE);
		w->busy = true;
	}
	return w_after_op(w, gst_wrprotect(&w->space, gpa, size, flags, &w->gather), want);
}

int w_wrprotect_mask(struct world *w, gst_gpa_t gpa, uint64_t mask)
{
	unsigned int first = 0, last = 63;
	int want = -GST_EINVAL;

	w_log_op(w, "wrprotect_mask gpa=0x%llx mask=0x%llx%s", LL(gpa), LL(mask),
		 w->gather.shared ? " shared" : "");
	if (mask) {
		while (!(mask >> first & 1))
			first++;
		while (!(mask >> last & 1))
			last--;
		want = gpa % W_PAGE || gpa + (last + 1) * W_PAGE < gpa ? -GST_EINVAL : 0;
		if (!want && gpa + (last + 1) * W_PAGE > w_limit(w))
			want = -GST_ERANGE;
	}
	w_aim(w, gpa + first * W_PAGE, gpa + (last + 1) * W_PAGE);
	w_before_op(w);
	for (unsigned int bit = first; !want && bit <= last; bit++) {
		gst_gpa_t lo = gpa + bit * W_PAGE, hi = lo + W_PAGE;

		if (!(mask >> bit & 1))
			continue;
		w_whole_leaves(w, &lo, &hi);
		model_forbid(&w->model, lo, hi, GST_WRITE);
	}
	if (!want)
		w->busy = true;
	return w_after_op(w, gst_wrprotect_mask(&w->space, gpa, mask, &w->gather), want);
}

int w_young(struct world *w, gst_gpa_t gpa, uint64_t size, bool clear)
{
	int want = w_range_error(w, gpa, size);
	gst_gpa_t lo = gpa, hi = gpa + size;

	w_log_op(w, "young gpa=0x%llx size=0x%llx clear=%d", LL(gpa), LL(size), clear);
	if (!want)
		w_whole_leaves(w, &lo, &hi);
	w_aim(w, lo, hi);
	w_before_op(w);
	if (!want) {
		want = w_is_young(w, lo, hi);
		if (clear)
			model_age(&w->model, lo, hi, MODEL_OLD);
		w->busy = true;
	}
	return w_after_op(w, gst_young(&w->space, gpa, size, clear), want);
}

const struct gst_format *w_format(unsigned int i)
{
	for (unsigned int f = 0; f < GST_FORMATS; f++)
		if (gst_formats[f].xlen == GST_XLEN && !i--)
			return &gst_formats[f];
	return NULL;
}

int w_reformat(struct world *w, const struct gst_format *fmt)
{
	gst_gpa_t limit = UINT64_C(1) << spec_gpa_bits(fmt->mode);
	const struct model_run *above;
	uint64_t flushes;
	void *root;
	int ret, want;

	w_log_op(w, "reformat %s", fmt->name);
	w_finish(w);
	above = model_from(&w->model, limit);
	want = above && above < model_end(&w->model) ? -GST_ERANGE : 0;
	if (w->gather.shared)
		want = -GST_EINVAL;
	w_aim(w, 0, limit < w_limit(w) ? limit : w_limit(w));
	w_before_op(w);
	flushes = w->mem.flushes;
	root = gst_root_alloc(&w->space);
	w->busy = true;
	ret = gst_reformat(&w->space, fmt, &root, &w->gather);
	gst_root_free(&w->space, root);
	if (ret) {
		CHECK_EQ("flush count", w->mem.flushes, flushes,
			 "flushes of a refused change of format");
		return w_after_op(w, ret, want);
	}
	w->busy = false;
	CHECK("return", !want, "the change to %s was not refused", fmt->name);
	CHECK_EQ("flush count", w_finish(w), fmt != w->fmt, "flushes of a change of format");
	w->fmt = fmt;
	CHECK("case", gst_space_format(&w->space) == fmt, "the space has the wrong format");
	return w_after_op(w, 0, 0);
}
