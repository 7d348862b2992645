/* SPDX-License-Identifier: GPL-2.0-only */
/* Give a VMM memory that huge leaves of the G-stage can map. */
#ifndef GSTAGE_CLI_PRELOAD_ALIGN_H
#define GSTAGE_CLI_PRELOAD_ALIGN_H

/* Read the environment, and look up the functions that this library replaces. */
void align_start(void);

#endif
