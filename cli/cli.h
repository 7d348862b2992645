/* SPDX-License-Identifier: GPL-2.0-only */
/* What the source files of the command gstage(1) share. */
#ifndef GSTAGE_CLI_H
#define GSTAGE_CLI_H

/*
 * Exit statuses.  `gstage exec` becomes the VMM, so its own failures keep out
 * of the way of the VMM's statuses, as those of env(1) and nohup(1) do.
 */
enum {
	STATUS_FAILED		= 1,
	STATUS_USAGE		= 2,
	STATUS_VIOLATIONS	= 3,	/* `gstage check` found some */
	STATUS_EXEC_FAILED	= 125,
	STATUS_NOT_EXECUTABLE	= 126,
	STATUS_NOT_FOUND	= 127,
};

/* The environment that `gstage exec` hands to the preload library. */
#define ENV_MODE	"GSTAGE_MODE"
#define ENV_VERBOSE	"GSTAGE_VERBOSE"
#define ENV_JSON	"GSTAGE_JSON"
/* Overrides where the preload library is looked for. */
#define ENV_PRELOAD	"GSTAGE_PRELOAD"

/* Overrides where debugfs is mounted. */
#define ENV_DEBUGFS	"GSTAGE_DEBUGFS"

#endif
