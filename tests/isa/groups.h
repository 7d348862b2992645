/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The groups of checks. Each prints one or more results.
 */
#ifndef ISA_GROUPS_H
#define ISA_GROUPS_H

#include "guest.h"

/* How many checks a group makes. Use less for a slow simulator. */
#ifndef ISA_COUNT
#define ISA_COUNT 4096
#endif

#ifndef ISA_SEED
#define ISA_SEED UINT64_C(1)
#endif

/* Does the hart have Svnapot? Only a try can tell. */
bool probe_svnapot(struct guest *guest);

void group_leaves(struct guest *guest);
void group_above(struct guest *guest);
void group_permissions(struct guest *guest);
void group_ptes(struct guest *guest);
void group_extension_ptes(struct guest *guest);
void group_extensions(struct guest *guest);
void group_change(struct guest *guest);
void group_random(struct guest *guest);
void group_vmids(const struct gst_format *fmt);
void group_young(struct guest *guest);
/* Change from every format of the hart to every other. */
void group_reformat(void);

#endif /* ISA_GROUPS_H */
