/* SPDX-License-Identifier: GPL-2.0-only */
/* The G-stage formats by name; shared by the command and its preload library. */
#ifndef GSTAGE_CLI_FORMATS_H
#define GSTAGE_CLI_FORMATS_H

#include <stddef.h>

#include <gstage/kvm.h>

/** struct format - one G-stage page-table format, as a person chooses it */
struct format {
	const char *name;	/* as --mode and GSTAGE_MODE spell it */
	unsigned int mode;	/* encoding in hgatp.MODE */
	unsigned int xlen;	/* of the hosts that can have it */
	unsigned int levels;
	unsigned int gpa_bits;
};

/** struct guest_format - a guest's own page-table format */
struct guest_format {
	const char *name;
	unsigned int xlen;
	unsigned int levels;
};

/* What --mode and GSTAGE_MODE call the host's highest format. */
#define MODE_NAME_MAX	"max"
/* Start in the host's narrowest format, and widen as the VM needs it. */
#define MODE_NAME_AUTO	"auto"

/* Both tables end with an entry whose name is NULL. */
extern const struct format formats[];
extern const struct guest_format guest_formats[];

/* Return: NULL if no format has that name (in any case) or encoding. */
const struct format *format_by_name(const char *name);
const struct format *format_by_mode(unsigned int mode);

/* The bits of KVM_CHECK_EXTENSION's mask that some known format has. */
unsigned int formats_known(void);

/* The highest hgatp.MODE in @mask, which is not 0. */
unsigned int mask_highest(unsigned int mask);

/* The narrowest known hgatp.MODE in @mask, or 0 if it has none. */
unsigned int mask_narrowest(unsigned int mask);

/* The XLEN of a host with this @mask: only RV32 has Sv32x4. */
unsigned int mask_xlen(unsigned int mask);

/* Page-table entries read by a TLB miss of a guest under this format. */
unsigned int format_pte_reads(const struct format *f,
			      const struct guest_format *g);

#endif
