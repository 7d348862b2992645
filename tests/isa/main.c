// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Run all groups of checks for all formats that the hart has.
 */
#include "groups.h"
#include "platform.h"
#include "say.h"

void isa_main(void);
void isa_lost(unsigned long cause, unsigned long epc, unsigned long tval);

static struct guest guest;

static void check_format(const struct gst_format *fmt)
{
	guest_begin(&guest, fmt);
	group_leaves(&guest);
	group_above(&guest);
	group_permissions(&guest);
	group_ptes(&guest);
	group_extensions(&guest);
	group_change(&guest);
	group_young(&guest);
	group_random(&guest);
	guest_end(&guest);
	group_vmids(fmt);
}

static void check_hart_formats(void)
{
	hart_init();
	say("# hart: xlen %u, vmid bits %u", (unsigned int)GST_XLEN, hart.vmid_bits);
	for (unsigned int i = 0; i < GST_FORMATS; i++) {
		if (!hart_has(&gst_formats[i]))
			continue;
		say(", %s", gst_formats[i].name);
		if (!hart.svnapot) {
			guest_load(&guest, &gst_formats[i], 1);
			hart.svnapot = probe_svnapot(&guest);
			guest_unload(&guest);
		}
	}
	say("%s%s%s\n", hart.svnapot ? ", svnapot" : "", hart.svpbmt ? ", svpbmt" : "",
	    hart.svadu ? ", svadu" : "");
}

void isa_main(void)
{
	check_hart_formats();
	say("# seed %x, count %u\n", rng_seed(ISA_SEED), (unsigned int)ISA_COUNT);
	for (unsigned int i = 0; i < GST_FORMATS; i++)
		if (hart_has(&gst_formats[i]))
			check_format(&gst_formats[i]);
	group_reformat();
	check_notes();
	say("# %u accesses in all\n", check_accesses);
	platform_exit(results_end() ? 1 : 0);
}

/* The trap handler calls this for a trap of the program itself. */
void isa_lost(unsigned long cause, unsigned long epc, unsigned long tval)
{
	bail("the program trapped: cause %u at %x, tval %x", (unsigned int)cause, (uint64_t)epc,
	     (uint64_t)tval);
}
