/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * A guest: a space in hgatp, and each operation done to it and to the model alike.
 */
#ifndef ISA_GUEST_H
#define ISA_GUEST_H

#include "check.h"

/* Make an empty space of a format and load it; take it away. The model is emptied. */
void guest_load(struct guest *guest, const struct gst_format *fmt, unsigned int vmid);
void guest_unload(struct guest *guest);

/* The same, with results: hgatp, and that every page comes back. */
void guest_begin(struct guest *guest, const struct gst_format *fmt);
void guest_end(struct guest *guest);

const struct gst_format *guest_format(struct guest *guest);
uint64_t guest_size(struct guest *guest);

/* Operations that may not fail. */
void guest_map(struct guest *guest, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr,
	       unsigned int max_level);
void guest_unmap(struct guest *guest, gst_gpa_t gpa, uint64_t size);
void guest_unmap_all(struct guest *guest);
void guest_wrprotect(struct guest *guest, gst_gpa_t gpa, uint64_t size);
/* Return: what gst_reformat() does. */
int guest_reformat(struct guest *guest, const struct gst_format *fmt);

/* Finish the gather of an operation on a range as an embedder with one hart does. */
void guest_finish(struct guest *guest, struct gst_gather *gather, gst_gpa_t gpa, uint64_t size);

/* A place for a leaf of a level: in the guest, in a quarter of it, and in the arena. */
gst_gpa_t place_gpa(struct guest *guest, unsigned int level);
gst_gpa_t place_gpa_in(struct guest *guest, unsigned int level, unsigned int quarter);
gst_pa_t place_pa(unsigned int level);

/* Is the range free for tests? XLEN 32 has the guest's own tables somewhere. */
bool place_is_free(gst_gpa_t gpa, uint64_t size);

#define GST_RWX (GST_READ | GST_WRITE | GST_EXEC)
gst_attr_t random_attr(void);

#endif /* ISA_GUEST_H */
