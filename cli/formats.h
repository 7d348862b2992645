/* SPDX-License-Identifier: GPL-2.0-only */
/* The G-stage formats and their names. The command and the preload library use them. */
#ifndef GSTAGE_CLI_FORMATS_H
#define GSTAGE_CLI_FORMATS_H

#include <stddef.h>

#include <gstage/kvm.h>

/** struct format - a G-stage page-table format */
struct format {
	const char *name;  /* for --mode and GSTAGE_MODE */
	unsigned int mode; /* encoding in hgatp.MODE */
	unsigned int xlen; /* of hosts that can have this format */
	unsigned int levels;
	unsigned int gpa_bits;
};

/** struct guest_format - a guest's own page-table format */
struct guest_format {
	const char *name;
	unsigned int xlen;
	unsigned int levels;
};

/* --mode max: the host's highest format. */
#define MODE_NAME_MAX "max"
/* --mode auto: start in the host's narrowest format, and widen when the VM needs it. */
#define MODE_NAME_AUTO "auto"

/* The last entry of both arrays has the name NULL. */
extern const struct format formats[];
extern const struct guest_format guest_formats[];

/* The case of @name does not matter. Return: NULL if there is no such format. */
const struct format *format_by_name(const char *name);
const struct format *format_by_mode(unsigned int mode);

/* The mask of all formats that this program knows, as KVM_CHECK_EXTENSION returns masks. */
unsigned int formats_known(void);

/* The highest hgatp.MODE in @mask. @mask must not be 0. */
unsigned int mask_highest(unsigned int mask);

/* The narrowest format in @mask that this program knows, or 0. */
unsigned int mask_narrowest(unsigned int mask);

/* The XLEN of a host with this @mask. Only RV32 hosts have Sv32x4. */
unsigned int mask_xlen(unsigned int mask);

/* How many PTEs a hart reads for a TLB miss of guest @g under G-stage format @f. */
unsigned int format_pte_reads(const struct format *f, const struct guest_format *g);

#endif
