/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A guest: a space whose root is in hgatp. Each function here does an operation on the space and
 * on the model (model.h).
 */
#ifndef ISA_GUEST_H
#define ISA_GUEST_H

#include "check.h"

/* Make an empty space and load its root; destroy the space. Both empty the model. */
void guest_load(struct guest *guest, const struct gst_format *fmt, unsigned int vmid);
void guest_unload(struct guest *guest);

/* The same, and print results: that hgatp is right, and that every page is freed. */
void guest_begin(struct guest *guest, const struct gst_format *fmt);
void guest_end(struct guest *guest);

const struct gst_format *guest_format(struct guest *guest);
uint64_t guest_size(struct guest *guest);

/* Operations that must succeed. */
void guest_map(struct guest *guest, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr,
	       unsigned int max_level);
void guest_unmap(struct guest *guest, gst_gpa_t gpa, uint64_t size);
void guest_unmap_all(struct guest *guest);
void guest_wrprotect(struct guest *guest, gst_gpa_t gpa, uint64_t size);
/* Return: the return value of gst_reformat(). */
int guest_reformat(struct guest *guest, const struct gst_format *fmt);

/* Finish the gather of an operation on a range, as an embedder with one hart would. */
void guest_finish(struct guest *guest, struct gst_gather *gather, gst_gpa_t gpa, uint64_t size);

/*
 * A random address for a leaf of a level: any gpa, a gpa in one quarter of the root, a pa in
 * the arena.
 */
gst_gpa_t place_gpa(struct guest *guest, unsigned int level);
gst_gpa_t place_gpa_in(struct guest *guest, unsigned int level, unsigned int quarter);
gst_pa_t place_pa(unsigned int level);

/* May tests use the range? With XLEN 32 the guest's own tables are in one range. */
bool place_is_free(gst_gpa_t gpa, uint64_t size);

#define GST_RWX (GST_READ | GST_WRITE | GST_EXEC)
gst_attr_t random_attr(void);

#endif /* ISA_GUEST_H */
