/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What is checked, a group a result.
 */
#ifndef ISA_GROUPS_H
#define ISA_GROUPS_H

#include "guest.h"

/* How often: a simulator that is slow may be asked less. */
#ifndef ISA_COUNT
#define ISA_COUNT 4096
#endif

#ifndef ISA_SEED
#define ISA_SEED UINT64_C(1)
#endif

/* Does the hart know of 64 KiB leaves? Nothing but a try tells. */
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
/* Of every format to every other that the hart has. */
void group_reformat(void);

#endif /* ISA_GROUPS_H */
