/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the preload library share. */
#ifndef GSTAGE_CLI_PRELOAD_H
#define GSTAGE_CLI_PRELOAD_H

/* A function that takes the place of libc's in the VMM. */
#define EXPORT __attribute__((visibility("default")))

#endif
