/* SPDX-License-Identifier: GPL-2.0-only */
/* Exit statuses and environment variables of gstage(1). */
#ifndef GSTAGE_CLI_H
#define GSTAGE_CLI_H

/*
 * Exit statuses.  `gstage exec` exits with the VMM's status, so its own errors use 125 to 127,
 * like env(1) and nohup(1).
 */
enum {
	STATUS_FAILED = 1,
	STATUS_USAGE = 2,
	STATUS_VIOLATIONS = 3, /* `gstage check` found violations, or `gstage doctor` problems */
	STATUS_EXEC_FAILED = 125,
	STATUS_NOT_EXECUTABLE = 126,
	STATUS_NOT_FOUND = 127,
};

/* `gstage exec` passes these to the preload library. */
#define ENV_MODE    "GSTAGE_MODE"
#define ENV_VERBOSE "GSTAGE_VERBOSE"
#define ENV_JSON    "GSTAGE_JSON"
/* Set: align memory that may be a guest's. Set: advise the kernel to use huge pages for it. */
#define ENV_ALIGN  "GSTAGE_ALIGN"
#define ENV_ADVISE "GSTAGE_ADVISE"
/* The path of the preload library, if it is not in its usual place. */
#define ENV_PRELOAD "GSTAGE_PRELOAD"

/* The path of debugfs, if it is not mounted in its usual place. */
#define ENV_DEBUGFS "GSTAGE_DEBUGFS"

#endif
