// SPDX-License-Identifier: GPL-2.0-only
/*
 * Find the memory of a VM in its VMM. The module does not tell which memslots a VM has. The
 * physical address of a page tells it: the dump has that of each leaf, and /proc/PID/pagemap
 * that of each page of the VMM.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tables/dump.h"
#include "vms/regions.h"

#define PAGE 4096
/* How many pages of the VMM are looked up with one read. */
#define BATCH 512

#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
#define PAGEMAP_PFN     ((UINT64_C(1) << 55) - 1)

/* Bits of /proc/kpageflags, from <linux/kernel-page-flags.h>. */
#define KPF_HUGE (UINT64_C(1) << 17)
#define KPF_KSM  (UINT64_C(1) << 21)
#define KPF_THP  (UINT64_C(1) << 22)

struct search {
	const struct dump *dump;
	int pagemap, flags;
	struct region *regions;
	size_t count, first; /* @first: the first region of the present mapping */
};

static int open_proc(int process, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", process, file);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int compare_pa(const void *a, const void *b)
{
	const struct dump_run *x = a, *y = b;

	return (x->pa > y->pa) - (x->pa < y->pa);
}

static int compare_gpa(const void *a, const void *b)
{
	const struct region *x = a, *y = b;

	return (x->gpa > y->gpa) - (x->gpa < y->gpa);
}

/* A page that two runs map says nothing about the place of either. */
static const struct dump_run *find_run(const struct dump *dump, uint64_t pa)
{
	size_t low = 0, high = dump->count, mid;
	const struct dump_run *run;

	while (low < high) {
		mid = (low + high) / 2;
		if (dump->runs[mid].pa <= pa)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return NULL;
	run = &dump->runs[low - 1];
	if (pa - run->pa >= run->end - run->gpa)
		return NULL;
	if (low > 1 && pa - run[-1].pa < run[-1].end - run[-1].gpa)
		return NULL;
	return run;
}

/* Find or make the region of @vma with this distance. */
static struct region *find_region(struct search *s, const struct region *vma, uint64_t gpa,
				  uint64_t hva)
{
	struct region *more;
	size_t i;

	for (i = s->count; i > s->first; i--)
		if (s->regions[i - 1].gpa - s->regions[i - 1].hva == gpa - hva)
			return &s->regions[i - 1];
	more = realloc(s->regions, (s->count + 1) * sizeof(*more));
	if (!more)
		return NULL;
	s->regions = more;
	more[s->count] = *vma;
	more[s->count].gpa = gpa;
	more[s->count].hva = hva;
	return &more[s->count++];
}

static void count_page(struct search *s, struct region *r, const struct dump_run *run, uint64_t pfn)
{
	uint64_t flags = 0;

	r->bytes[run->leaf >= 1 << 30 ? REGION_1G :
		 run->leaf >= 2 << 20 ? REGION_2M :
		 run->leaf > PAGE     ? REGION_64K :
					REGION_4K] += PAGE;
	if (run->leaf >= 2 << 20)
		return;
	r->small++;
	if (s->flags < 0 || pread(s->flags, &flags, 8, pfn * 8) != 8)
		return;
	r->huge += !!(flags & (KPF_THP | KPF_HUGE));
	r->locked += flags & (KPF_THP | KPF_HUGE) && !(run->flags & FLAG_W);
	r->ksm += !!(flags & KPF_KSM);
}

/* Look up all pages of a mapping. Return: 0 or an errno. */
static int search_vma(struct search *s, const struct region *vma)
{
	const struct dump_run *run;
	uint64_t entries[BATCH], hva = vma->vma_start, pa;
	struct region *r;
	ssize_t got, i;

	s->first = s->count;
	while (hva < vma->vma_end) {
		size_t want = (vma->vma_end - hva) / PAGE;

		got = pread(s->pagemap, entries, (want < BATCH ? want : BATCH) * 8, hva / PAGE * 8);
		if (got < 8)
			return got < 0 && errno != EINTR ? errno : 0;
		for (i = 0; i < got / 8; i++, hva += PAGE) {
			pa = (entries[i] & PAGEMAP_PFN) * PAGE;
			if (!(entries[i] & PAGEMAP_PRESENT) || !pa)
				continue;
			run = find_run(s->dump, pa);
			if (!run)
				continue;
			r = find_region(s, vma, run->gpa + (pa - run->pa), hva);
			if (!r)
				return ENOMEM;
			r->end = run->gpa + (pa - run->pa) + PAGE;
			count_page(s, r, run, pa / PAGE);
		}
	}
	return 0;
}

/* Parse a line of /proc/PID/smaps that describes the mapping @vma. */
static void parse_detail(const char *line, struct region *vma)
{
	uint64_t value;

	if (sscanf(line, "Swap: %" SCNu64 " kB", &value) == 1)
		vma->swapped = value << 10;
	if (sscanf(line, "THPeligible: %" SCNu64, &value) == 1)
		vma->barred = !value;
	if (strncmp(line, "VmFlags:", 8))
		return;
	vma->advised = strstr(line, " hg") != NULL;
	vma->refused = strstr(line, " nh") != NULL;
	vma->device = strstr(line, " pf") || strstr(line, " io");
}

int regions_read(int process, struct dump *dump, struct region **regions, size_t *count)
{
	struct search s = { .dump = dump };
	struct region vma = { 0 };
	char *line = NULL;
	size_t size = 0;
	FILE *smaps;
	int err = 0, fd, name;

	*regions = NULL;
	*count = 0;
	if (dump->count)
		qsort(dump->runs, dump->count, sizeof(*dump->runs), compare_pa);
	s.pagemap = open_proc(process, "pagemap");
	if (s.pagemap < 0)
		return errno;
	s.flags = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	fd = open_proc(process, "smaps");
	smaps = fd < 0 ? NULL : fdopen(fd, "r");
	if (!smaps)
		err = errno;
	/* VmFlags is the last line of a mapping. */
	while (!err && getline(&line, &size, smaps) > 0) {
		uint64_t start, end;
		char access[8];

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %*s %n", &start, &end, access,
			   &name) == 3) {
			vma = (struct region){ .vma_start = start, .vma_end = end };
			vma.writable = strchr(access, 'w') != NULL;
			vma.file = line[name] == '/';
		} else {
			parse_detail(line, &vma);
			if (!strncmp(line, "VmFlags:", 8))
				err = search_vma(&s, &vma);
		}
	}
	free(line);
	if (smaps)
		fclose(smaps);
	if (s.flags >= 0)
		close(s.flags);
	close(s.pagemap);
	if (err) {
		free(s.regions);
		return err;
	}
	if (s.count)
		qsort(s.regions, s.count, sizeof(*s.regions), compare_gpa);
	*regions = s.regions;
	*count = s.count;
	return 0;
}
