// SPDX-License-Identifier: GPL-2.0-only
/* The G-stage formats by name; shared by the command and its preload library. */
#include <strings.h>

#include "formats.h"

/* Rising width: a host's first one is its narrowest. */
const struct format formats[] = {
	{ "sv32x4", KVM_RISCV_HGATP_MODE_SV32X4, 32, 2, 34 },
	{ "sv39x4", KVM_RISCV_HGATP_MODE_SV39X4, 64, 3, 41 },
	{ "sv48x4", KVM_RISCV_HGATP_MODE_SV48X4, 64, 4, 50 },
	{ "sv57x4", KVM_RISCV_HGATP_MODE_SV57X4, 64, 5, 59 },
	{ NULL, 0, 0, 0, 0 },
};

const struct guest_format guest_formats[] = {
	{ "Sv32", 32, 2 },
	{ "Sv39", 64, 3 },
	{ "Sv48", 64, 4 },
	{ "Sv57", 64, 5 },
	{ NULL, 0, 0 },
};

const struct format *format_by_name(const char *name)
{
	const struct format *f;

	for (f = formats; f->name; f++)
		if (!strcasecmp(f->name, name))
			return f;
	return NULL;
}

const struct format *format_by_mode(unsigned int mode)
{
	const struct format *f;

	for (f = formats; f->name; f++)
		if (f->mode == mode)
			return f;
	return NULL;
}

unsigned int formats_known(void)
{
	const struct format *f;
	unsigned int mask = 0;

	for (f = formats; f->name; f++)
		mask |= 1U << f->mode;
	return mask;
}

unsigned int mask_highest(unsigned int mask)
{
	unsigned int mode = 0;

	while (mask >>= 1)
		mode++;
	return mode;
}

unsigned int mask_narrowest(unsigned int mask)
{
	const struct format *f;

	for (f = formats; f->name; f++)
		if (mask & (1U << f->mode))
			return f->mode;
	return 0;
}

unsigned int mask_xlen(unsigned int mask)
{
	return mask & (1U << KVM_RISCV_HGATP_MODE_SV32X4) ? 32 : 64;
}

/*
 * Each of the guest's tables, and the final address, is a guest-physical one
 * that takes a whole G-stage walk; the guest's own entries come on top.
 */
unsigned int format_pte_reads(const struct format *f,
			      const struct guest_format *g)
{
	return (g->levels + 1) * (f->levels + 1) - 1;
}
