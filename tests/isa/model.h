/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What the test has mapped, as a list of ranges without tables.
 */
#ifndef ISA_MODEL_H
#define ISA_MODEL_H

#include <gst/gst.h>

struct range {
	gst_gpa_t start;
	gst_gpa_t end;
	gst_pa_t pa;
	gst_attr_t attr;
};

#define MODEL_RANGES 1024

struct model {
	struct range ranges[MODEL_RANGES];
	unsigned int n;
};

extern struct model model;

void model_reset(void);
void model_map(gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr);
void model_unmap(gst_gpa_t gpa, uint64_t size);
void model_wrprotect(gst_gpa_t gpa, uint64_t size);

/* The range that has a gpa, or NULL. */
const struct range *model_find(gst_gpa_t gpa);

#endif /* ISA_MODEL_H */
