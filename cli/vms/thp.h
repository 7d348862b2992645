/* SPDX-License-Identifier: GPL-2.0-only */
/* Transparent huge pages of this host. */
#ifndef GSTAGE_CLI_VMS_THP_H
#define GSTAGE_CLI_VMS_THP_H

#define THP_DIR "/sys/kernel/mm/transparent_hugepage"

/** enum thp - which memory gets huge pages of 2 MiB */
enum thp {
	THP_UNKNOWN, /* the kernel has no THP */
	THP_NEVER,
	THP_MADVISE, /* memory with MADV_HUGEPAGE */
	THP_ALWAYS,
};

/* The setting for anonymous memory. */
enum thp thp_anonymous(void);

#endif
