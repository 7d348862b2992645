// SPDX-License-Identifier: GPL-2.0-only
/* gstage explain VM: say why the leaves of a VM are as small as they are, and what to do. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "commands/explain.h"
#include "formats.h"
#include "output/json.h"
#include "output/output.h"
#include "output/table.h"
#include "tables/dump.h"
#include "vms/regions.h"
#include "vms/thp.h"
#include "vms/vms.h"

#define SIZE_2M (UINT64_C(2) << 20)

static const char *const size_names[REGION_SIZES] = { "4K", "64K", "2M", "1G" };

/** struct cause - why a region has small leaves */
struct cause {
	const char *code, *text, *remedy;
};

static const struct cause large = { "none", "Large leaves map nearly all of it.", NULL };

static const struct cause unaligned = {
	"unaligned",
	"The guest physical address and the address in the VMM differ modulo 2 MiB, so no huge page "
	"fits.",
	"Start the VMM with \"gstage exec\", which aligns its memory.",
};

static const struct cause device = {
	"device",
	"It is not ordinary memory, and the host maps it in small pages.",
	NULL,
};

static const struct cause small_slot = {
	"small",
	"It contains no aligned 2 MiB: a ROM, or the page of a device.",
	NULL,
};

static const struct cause thp_never = {
	"thp-never",
	"Transparent huge pages are off on this host.",
	"echo madvise >" THP_DIR
	"/enabled, and start the VMM with \"gstage exec\"; or use hugetlbfs.",
};

static const struct cause thp_advice = {
	"thp-madvise",
	"The host gives huge pages only to memory that asks for them (THP is \"madvise\"), and this "
	"memory does not.",
	"Start the VMM with \"gstage exec\", which asks for them.",
};

static const struct cause thp_refused = {
	"thp-refused",
	"The VMM refuses transparent huge pages for it (MADV_NOHUGEPAGE).",
	"Look for such an option of the VMM.",
};

static const struct cause ksm = {
	"ksm",
	"KSM shares its pages with other memory, and only small pages are shared.",
	"Turn off KSM for this VM (QEMU: -machine mem-merge=off).",
};

static const struct cause logging = {
	"dirty-logging",
	"The host has huge pages here, and small leaves map them, some without W: dirty logging is on "
	"(migration, or a measurement of the dirty rate).",
	"Nothing, or end the migration: the module merges leaves when dirty logging stops.",
};

static const struct cause host_huge = {
	"split",
	"The host has huge pages here, and small leaves map them: dirty logging is on and the guest has "
	"written to all of it, or the host made the huge pages after the guest had touched the memory.",
	"Nothing: the module merges leaves when dirty logging stops, and with later faults.",
};

static const struct cause read_only = {
	"read-only",
	"The VMM can only read it, so it is a ROM or a file that the guest reads. The host has the file "
	"in small pages.",
	"Nothing for a ROM. A large file: copy it to hugetlbfs, or to tmpfs with huge=always.",
};

static const struct cause swapped = {
	"swapped",
	"Parts of it are in swap. The host swaps huge pages out, and brings small ones back.",
	"Give the host more memory, or keep the VM out of swap (QEMU: -overcommit mem-lock=on).",
};

static const struct cause thp_barred = {
	"thp-disabled",
	"The kernel does not give this process transparent huge pages, whatever their settings are "
	"(PR_SET_THP_DISABLE).",
	"Start the VMM from another service manager or shell, or use hugetlbfs.",
};

static const struct cause file_small = {
	"file",
	"The host has this file in small pages.",
	"tmpfs: mount it with huge=always; memfd: echo advise >" THP_DIR
	"/shmem_enabled; or use hugetlbfs.",
};

static const struct cause host_small = {
	"host-pages",
	"The host has this memory in small pages: it had no free huge page, or the memory was swapped, "
	"ballooned or shared by KSM earlier.",
	"khugepaged makes huge pages of them in time: see " THP_DIR
	"/khugepaged. hugetlbfs never has "
	"small pages.",
};

/* The size of the VMM's mapping that could be in aligned huge pages. */
static bool fits_huge(const struct region *r)
{
	uint64_t start = (r->vma_start + SIZE_2M - 1) & -SIZE_2M, end = r->vma_end & -SIZE_2M;

	return start < end;
}

static const struct cause *find_cause(const struct region *r, enum thp thp)
{
	uint64_t small = r->bytes[REGION_4K] + r->bytes[REGION_64K];

	/* A few small leaves at its ends or for a moment are as it should be. */
	if (small * 16 <= r->bytes[REGION_2M] + r->bytes[REGION_1G])
		return &large;
	if (r->device)
		return &device;
	if (r->vma_end - r->vma_start < SIZE_2M)
		return &small_slot;
	if ((r->gpa - r->hva) % SIZE_2M)
		return &unaligned;
	if (!fits_huge(r))
		return &small_slot;
	if (r->huge * 2 > r->small)
		return r->locked && r->writable ? &logging : &host_huge;
	if (r->ksm * 2 > r->small)
		return &ksm;
	if (!r->writable)
		return &read_only;
	if (r->file)
		return &file_small;
	if (r->refused)
		return &thp_refused;
	if (thp == THP_NEVER || thp == THP_UNKNOWN)
		return &thp_never;
	if (thp == THP_MADVISE && !r->advised)
		return &thp_advice;
	if (r->barred)
		return &thp_barred;
	return r->swapped ? &swapped : &host_small;
}

/* The PTE reads of a miss of a Sv39 guest whose memory leaves of 4 KiB, or of 2 MiB, map. */
static unsigned int reads(unsigned int levels, bool huge)
{
	return 4 * (levels + !huge) - 1;
}

static int print_text(const struct table_args *args, const struct vm *vm,
		      const struct dump_head *head, const struct region *regions, size_t count,
		      enum thp thp)
{
	static const struct table_column columns[] = {
		{ "GPA", TABLE_ID },     { "HVA", TABLE_ID },    { "4K", TABLE_NUMBER },
		{ "64K", TABLE_NUMBER }, { "2M", TABLE_NUMBER }, { "1G", TABLE_NUMBER },
		{ "CAUSE", 0 },
	};
	const struct cause *told[16], *c;
	struct table *table;
	char text[32];
	size_t i, t, known = 0;
	int s, ret;

	ret = table_open(&table, columns, sizeof(columns) / sizeof(columns[0]), args);
	if (ret)
		return ret;
	for (i = 0; i < count; i++) {
		const struct region *r = &regions[i];

		c = find_cause(r, thp);
		table_row(table);
		snprintf(text, sizeof(text), "0x%" PRIx64, r->gpa);
		table_cell(table, text, r->gpa);
		snprintf(text, sizeof(text), "0x%" PRIx64, r->hva);
		table_cell(table, text, r->hva);
		for (s = 0; s < REGION_SIZES; s++)
			table_cell(table, size_text(r->bytes[s], text), r->bytes[s]);
		table_text(table, c->code);
		for (t = 0; t < known && told[t] != c; t++)
			;
		if (t == known && known < sizeof(told) / sizeof(told[0]))
			told[known++] = c;
	}
	if (!args->noheadings)
		printf("VM %d-%d (%s) in %s\n\n", vm->pid, vm->fd, vm_name(vm), head->mode);
	table_print(table);
	if (args->noheadings)
		return 0;
	if (!count)
		printf("Nothing is mapped.\n");
	for (t = 0; t < known; t++) {
		printf("\n%s: %s\n", told[t]->code, told[t]->text);
		if (told[t]->remedy)
			printf("  %s\n", told[t]->remedy);
	}
	printf("\nA TLB miss of a Sv39 guest reads %u PTEs with leaves of 4 KiB, and %u with 2 MiB.\n",
	       reads(head->levels, false), reads(head->levels, true));
	return 0;
}

static struct json_object *region_json(const struct region *r, const struct cause *cause)
{
	struct json_object *map = json_map(), *bytes = json_map();
	int s;

	json_set(map, "gpa", json_hex(r->gpa));
	json_set(map, "hva", json_hex(r->hva));
	for (s = 0; s < REGION_SIZES; s++)
		json_set(bytes, size_names[s], json_number(r->bytes[s]));
	json_set(map, "bytes", bytes);
	json_set(map, "cause", json_text(cause->code));
	json_set(map, "message", json_text(cause->text));
	json_set(map, "remedy", json_text_or_null(cause->remedy));
	return map;
}

static void print_json(const struct vm *vm, const struct dump_head *head,
		       const struct region *regions, size_t count, enum thp thp)
{
	static const char *const settings[] = { "none", "never", "madvise", "always" };
	struct json_object *document = json_document(), *map = json_map(), *list = json_list();
	size_t i;

	json_set(map, "pid", json_number(vm->pid));
	json_set(map, "fd", json_number(vm->fd));
	json_set(map, "mode", json_text(head->mode));
	json_set(document, "vm", map);
	json_set(document, "thp", json_text(settings[thp]));
	map = json_map();
	json_set(map, "4K", json_number(reads(head->levels, false)));
	json_set(map, "2M", json_number(reads(head->levels, true)));
	json_set(document, "pte_reads", map);
	for (i = 0; i < count; i++)
		json_append(list, region_json(&regions[i], find_cause(&regions[i], thp)));
	json_set(document, "regions", list);
	json_print(stdout, document);
}

/* Return: 0 and a dump whose runs the caller must free(), or the exit status. */
static int read_dump(const struct vm *vm, struct dump *dump)
{
	const char *why;
	size_t where;
	char *text;
	int fd, ret;

	ret = vm_open(vm, VM_DUMP_FILE, O_RDONLY, &fd);
	if (ret)
		return ret;
	ret = vm_read(vm, fd, &text);
	close(fd);
	if (ret)
		return ret;
	why = dump_parse_text(text, dump, &where);
	free(text);
	if (!why)
		return 0;
	free(dump->runs);
	return fail(STATUS_FAILED, "bad-dump", "Use the gstage of the same version as the module.",
		    "cannot read line %zu of " VM_DUMP_FILE ": %s", where, why);
}

int explain_vm(const char *name, const struct table_args *args)
{
	enum thp thp = thp_anonymous();
	struct region *regions;
	struct dump dump = { 0 };
	struct vm vm;
	size_t count;
	int ret, err;

	ret = vm_find(name, &vm);
	if (!ret && !vm.process)
		ret = fail(STATUS_FAILED, "no-process", "Run this in the PID namespace of the VMM.",
			   "the process of the VM %d-%d is not known", vm.pid, vm.fd);
	if (!ret)
		ret = read_dump(&vm, &dump);
	if (ret)
		return ret;
	err = regions_read(vm.process, &dump, &regions, &count);
	free(dump.runs);
	if (err)
		return fail(STATUS_FAILED, "proc-read", "Run this as root (\"sudo gstage ...\").",
			    "cannot read the memory map of process %d: %s", vm.process,
			    strerror(err));
	if (args->common.json)
		print_json(&vm, &dump.head, regions, count, thp);
	else
		ret = print_text(args, &vm, &dump.head, regions, count, thp);
	free(regions);
	return ret ? ret : output_done();
}
