// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A guest. See guest.h.
 */
#include "guest.h"
#include "say.h"

/* For more new leaves than this, use one fence of everything. */
#define FRESH_FENCES_MAX 16u

static void must(struct guest *guest, const char *what, gst_gpa_t gpa, uint64_t size, int ret)
{
	if (ret)
		difference("%s: %s of gpa %x, size %x returned -%u", guest->name, what, gpa, size,
			   (unsigned int)-ret);
}

const struct gst_format *guest_format(struct guest *guest)
{
	return gst_space_format(&guest->space);
}

uint64_t guest_size(struct guest *guest)
{
	return gst_format_size(guest_format(guest));
}

#if GST_XLEN == 32
static void map_guest_tables(struct guest *guest)
{
	guest_map(guest, GUEST_TABLES_GPA, GUEST_TABLES_SIZE, hart_guest_tables(), GST_READ, 0);
}

bool place_is_free(gst_gpa_t gpa, uint64_t size)
{
	return gpa + size <= GUEST_TABLES_GPA || gpa >= GUEST_TABLES_GPA + GUEST_TABLES_SIZE;
}
#else
static void map_guest_tables(struct guest *guest)
{
	(void)guest;
}

bool place_is_free(gst_gpa_t gpa, uint64_t size)
{
	(void)gpa, (void)size;
	return true;
}
#endif

void guest_load(struct guest *guest, const struct gst_format *fmt, unsigned int vmid)
{
	*guest = (struct guest){ .name = fmt->name, .vmid = hart.vmid_bits ? vmid : 0 };
	must(guest, "gst_init", 0, 0, gst_init(&guest->space, &mem_ops, guest, fmt));
	model_reset();
	hart_load(hart_hgatp(gst_root(&guest->space), guest->vmid));
	/* Another space may have used the VMID before. */
	hart_fence_all(guest->vmid);
	map_guest_tables(guest);
}

void guest_unload(struct guest *guest)
{
	hart_load(0);
	hart_fence_all(guest->vmid);
	gst_destroy(&guest->space);
}

void guest_begin(struct guest *guest, const struct gst_format *fmt)
{
	gst_root_t root;

	guest_load(guest, fmt, 1);
	root = gst_root(&guest->space);
	/*
	 * A hart ignores the two low bits of the PPN, QEMU does not. So check the alignment
	 * here.
	 */
	result_if(!((uintptr_t)gst_root_table(root) & (GST_ROOT_SIZE - 1)) &&
			  csr_read(hgatp) == hart_hgatp(root, guest->vmid),
		  guest->name, "the root is aligned to 16 KiB, and hgatp holds it");
}

void guest_end(struct guest *guest)
{
	check_invariants(guest);
	guest_unload(guest);
	result_if(!mem_pages_used(), guest->name, "every table is freed");
	say("# %s: the engine asked for %u fences of everything, %u of a range, %u loads of "
	    "hgatp\n",
	    guest->name, guest->fences_all, guest->fences_range, guest->reloads);
}

void guest_finish(struct guest *guest, struct gst_gather *gather, gst_gpa_t gpa, uint64_t size)
{
	bool fresh = gather->fresh, linked = gather->linked;

	gst_gather_finish(&guest->space, gather);
	if (!fresh)
		return;
	/* The hart may have cached the invalid PTEs. */
	if (linked || size >> 12 > FRESH_FENCES_MAX) {
		hart_fence_all(guest->vmid);
		return;
	}
	for (; size; gpa += 4096, size -= 4096)
		hart_fence_gpa(gpa, guest->vmid);
}

void guest_map(struct guest *guest, gst_gpa_t gpa, uint64_t size, gst_pa_t pa, gst_attr_t attr,
	       unsigned int max_level)
{
	struct gst_gather gather;

	gst_gather_init(&gather, NULL);
	must(guest, "gst_map", gpa, size,
	     gst_map(&guest->space, gpa, size, pa, attr, max_level, &gather));
	guest_finish(guest, &gather, gpa, size);
	model_map(gpa, size, pa, attr);
}

void guest_unmap(struct guest *guest, gst_gpa_t gpa, uint64_t size)
{
	struct gst_gather gather;

	gst_gather_init(&gather, NULL);
	must(guest, "gst_unmap", gpa, size, gst_unmap(&guest->space, gpa, size, 0, &gather));
	guest_finish(guest, &gather, gpa, size);
	model_unmap(gpa, size);
}

void guest_unmap_all(struct guest *guest)
{
	guest_unmap(guest, 0, guest_size(guest));
	map_guest_tables(guest);
}

void guest_wrprotect(struct guest *guest, gst_gpa_t gpa, uint64_t size)
{
	struct gst_gather gather;

	gst_gather_init(&gather, NULL);
	must(guest, "gst_wrprotect", gpa, size,
	     gst_wrprotect(&guest->space, gpa, size, 0, &gather));
	guest_finish(guest, &gather, gpa, size);
	model_wrprotect(gpa, size);
}

int guest_reformat(struct guest *guest, const struct gst_format *fmt)
{
	void *root = gst_root_alloc(&guest->space);
	struct gst_gather gather;
	int ret;

	gst_gather_init(&gather, NULL);
	ret = gst_reformat(&guest->space, fmt, &root, &gather);
	gst_gather_finish(&guest->space, &gather);
	gst_root_free(&guest->space, root);
	if ((uintptr_t)gst_root_table(gst_root(&guest->space)) & (GST_ROOT_SIZE - 1))
		difference("%s: the root of %s is not aligned to 16 KiB", guest->name, fmt->name);
	return ret;
}

gst_gpa_t place_gpa_in(struct guest *guest, unsigned int level, unsigned int quarter)
{
	uint64_t span = guest_size(guest) / 4, size = GST_LEVEL_SIZE(level);
	gst_gpa_t gpa;

	do
		gpa = quarter * span + (rng() & (span - 1) & ~(size - 1));
	while (!place_is_free(gpa, size));
	return gpa;
}

gst_gpa_t place_gpa(struct guest *guest, unsigned int level)
{
	return place_gpa_in(guest, level, rng_below(4));
}

/* A leaf larger than the arena maps the arena and the memory around it. */
gst_pa_t place_pa(unsigned int level)
{
	uint64_t size = GST_LEVEL_SIZE(level);

	if (size >= ARENA_SIZE)
		return arena_base() & ~(size - 1);
	return arena_base() + (rng() & (ARENA_SIZE - 1) & ~(size - 1));
}

gst_attr_t random_attr(void)
{
	gst_attr_t attr = GST_READ;

	if (rng() >> 40 & 1)
		attr |= GST_WRITE;
	if (rng() >> 41 & 1)
		attr |= GST_EXEC;
	return attr;
}
