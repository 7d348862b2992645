// SPDX-License-Identifier: GPL-2.0-only
/* The G-stage formats and their names. */
#include <strings.h>

#include "formats.h"

/* From narrow to wide: the first entry that a host supports is its narrowest format. */
const struct format formats[] = {
	{ "sv32x4", KVM_RISCV_HGATP_MODE_SV32X4, 32, 2, 34 },
	{ "sv39x4", KVM_RISCV_HGATP_MODE_SV39X4, 64, 3, 41 },
	{ "sv48x4", KVM_RISCV_HGATP_MODE_SV48X4, 64, 4, 50 },
	{ "sv57x4", KVM_RISCV_HGATP_MODE_SV57X4, 64, 5, 59 },
	{ NULL, 0, 0, 0, 0 },
};

const struct guest_format guest_formats[] = {
	{ "Sv32", 32, 2 }, { "Sv39", 64, 3 }, { "Sv48", 64, 4 }, { "Sv57", 64, 5 }, { NULL, 0, 0 },
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
 * Each guest PTE is at a guest physical address, and the guest's walk ends with one more such
 * address. The hart walks the whole G-stage for each, and reads the guest's PTEs as well.
 */
unsigned int format_pte_reads(const struct format *f, const struct guest_format *g)
{
	return (g->levels + 1) * (f->levels + 1) - 1;
}
