// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dump.h"
#include "tap.h"

int vm_open(const struct vm *vm, const char *file, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/kvm/%d-%d/%s", vm->tid, vm->fd, file);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		bail("%s: %s", path, strerror(errno));
	return fd;
}

char *read_all(int fd, size_t chunk)
{
	size_t size = 0, room = 0;
	char *text = NULL;
	ssize_t got;

	do {
		if (size + chunk + 1 > room) {
			room = 2 * room + chunk + 1;
			text = realloc(text, room);
			if (!text)
				bail("no memory for %zu bytes", room);
		}
		got = read(fd, text + size, chunk);
		if (got < 0) {
			free(text);
			return NULL;
		}
		size += got;
	} while (got);
	text[size] = 0;
	return text;
}

/* Write a size in the largest unit that divides it. */
static const char *size_text(char *text, u64 size)
{
	unsigned int unit = 0;

	for (size /= 1024; size % 1024 == 0 && unit < 5; unit++)
		size /= 1024;
	sprintf(text, "%llu%c", (unsigned long long)size, "KMGTPE"[unit]);
	return text;
}

/* Write the line that the dump must have for a run. */
static void run_text(char *text, const struct run *run)
{
	static const char *const pbmt[] = { "", " pbmt=nc", " pbmt=io", " pbmt=reserved" };
	char size[32], leaf[32];
	u64 p = run->pte;

	sprintf(text, "0x%llx-0x%llx %s %u %s pa 0x%llx pte 0x%llx %c %c %c %c %c %c%s%s%s",
		(unsigned long long)run->gpa, (unsigned long long)run->end,
		size_text(size, run->end - run->gpa), run->level, size_text(leaf, run->leaf),
		(unsigned long long)run->pa, (unsigned long long)p, p & PTE_R ? 'R' : '-',
		p & PTE_W ? 'W' : '-', p & PTE_X ? 'X' : '-', p & PTE_U ? 'U' : '-',
		p & PTE_A ? 'A' : '-', p & PTE_D ? 'D' : '-', p & PTE_G ? " G" : "",
		p & PTE_N ? " N" : "", pbmt[PTE_PBMT(p)]);
}

static bool parse_run(const char *line, struct run *run)
{
	unsigned long long gpa, end, pa, pte;
	char again[256];

	if (sscanf(line, "0x%llx-0x%llx %*s %u %*s pa 0x%llx pte 0x%llx", &gpa, &end, &run->level,
		   &pa, &pte) != 5)
		return false;
	run->gpa = gpa;
	run->end = end;
	run->pa = pa;
	run->pte = pte;
	run->leaf = pte & PTE_N ? 16 * SZ_4K : SZ_4K << (9 * run->level);
	run_text(again, run);
	return !strcmp(line, again);
}

/* Is a run right by itself: is it aligned to its leaves, and does its pa agree with the PTE? */
static bool whole(const struct run *run)
{
	u64 pa = PTE_PPN(run->pte) << 12;

	if (run->pte & PTE_N)
		pa -= run->leaf / 2;
	return run->end > run->gpa && run->gpa % run->leaf == 0 && run->end % run->leaf == 0 &&
	       run->pa % run->leaf == 0 && run->pa == pa && (run->pte & PTE_V);
}

/* Are two runs in order, and cannot be one run? */
static bool apart(const struct run *a, const struct run *b)
{
	u64 same = a->pte ^ b->pte;

	return a->end < b->gpa ||
	       (a->end == b->gpa && (a->leaf != b->leaf || a->pa + (a->end - a->gpa) != b->pa ||
				     same & ~(((1ULL << 44) - 1) << 10)));
}

bool dump_parse(const char *text, struct dump *dump)
{
	unsigned long long root;
	int header = 0;

	memset(dump, 0, sizeof(*dump));
	if (sscanf(text,
		   "# gstage-dump 1\n# mode %15s\n# levels %u\n# gpa_bits %u\n# root 0x%llx%n",
		   dump->mode, &dump->levels, &dump->gpa_bits, &root, &header) != 4 ||
	    text[header] != '\n') {
		diag("the header of the dump is wrong: %.120s", text);
		return false;
	}
	dump->root = root;
	for (text += header + 1; *text;) {
		size_t len = strcspn(text, "\n");
		char line[256] = "";
		struct run run;

		if (text[len] == '\n' && len < sizeof(line))
			memcpy(line, text, len);
		if (!parse_run(line, &run) || !whole(&run) ||
		    (dump->count && !apart(&dump->runs[dump->count - 1], &run))) {
			diag("line %u of the dump is wrong: %.*s", dump->count, (int)len, text);
			return false;
		}
		if (!(dump->count & (dump->count - 1)))
			dump->runs = realloc(dump->runs, (2 * dump->count + 1) * sizeof(run));
		dump->runs[dump->count++] = run;
		text += len + 1;
	}
	return true;
}

void dump_vm(const struct vm *vm, struct dump *dump)
{
	int fd = vm_open(vm, "gstage_page_tables", O_RDONLY);
	char *text = read_all(fd, 1 << 16);

	if (!text)
		bail("gstage_page_tables: %s", strerror(errno));
	if (!dump_parse(text, dump))
		bail("%s: gstage_page_tables is not a right dump", vm->format->name);
	free(text);
	close(fd);
}

void dump_free(struct dump *dump)
{
	free(dump->runs);
}

const struct run *dump_at(const struct dump *dump, u64 gpa)
{
	for (unsigned int i = 0; i < dump->count; i++)
		if (gpa >= dump->runs[i].gpa && gpa < dump->runs[i].end)
			return &dump->runs[i];
	return NULL;
}

u64 dump_pages(const struct dump *dump, u64 gpa, u64 size)
{
	u64 pages = 0;

	for (unsigned int i = 0; i < dump->count; i++) {
		const struct run *run = &dump->runs[i];
		u64 from = run->gpa > gpa ? run->gpa : gpa;
		u64 to = run->end < gpa + size ? run->end : gpa + size;

		if (from < to)
			pages += (to - from) / SZ_4K;
	}
	return pages;
}

bool dump_right(const struct dump *dump, u64 gpa, const void *mem, u64 leaf, u64 pte)
{
	const struct run *run = dump_at(dump, gpa);
	u64 pa = host_pa(mem), bits = run ? run->pte & ~(((1ULL << 44) - 1) << 10) : 0;

	if (run && pa && run->pa + (gpa - run->gpa) == pa && run->leaf == leaf && bits == pte)
		return true;
	diag("gpa 0x%llx, pa 0x%llx: leaf 0x%llx, pa 0x%llx, bits 0x%llx; expected 0x%llx and "
	     "0x%llx",
	     (unsigned long long)gpa, (unsigned long long)pa,
	     run ? (unsigned long long)run->leaf : 0,
	     run ? (unsigned long long)(run->pa + (gpa - run->gpa)) : 0, (unsigned long long)bits,
	     (unsigned long long)leaf, (unsigned long long)pte);
	return false;
}

u64 host_pa(const void *mem)
{
	static int fd = -1;
	u64 entry = 0;

	if (fd < 0)
		fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (pread(fd, &entry, sizeof(entry), (uintptr_t)mem / SZ_4K * sizeof(entry)) !=
	    sizeof(entry))
		bail("/proc/self/pagemap: %s", strerror(errno));
	/* Bit 63: the page is present. Bits 54:0: its page frame number. */
	return entry >> 63 ? (entry & ((1ULL << 55) - 1)) * SZ_4K + (uintptr_t)mem % SZ_4K : 0;
}

int walk_vm(const struct vm *vm, u64 gpa, struct step *steps)
{
	int fd = vm_open(vm, "gstage_walk", O_RDWR), count = 0;
	char text[32], *all, *line, *next;

	sprintf(text, "0x%llx", (unsigned long long)gpa);
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		int err = errno;

		close(fd);
		return -err;
	}
	all = read_all(fd, 4096);
	if (!all)
		bail("gstage_walk: %s", strerror(errno));
	for (line = strtok_r(all, "\n", &next); line; line = strtok_r(NULL, "\n", &next)) {
		struct step *step = &steps[count++];
		unsigned long long table, pte;

		if (count > 5 || sscanf(line, "level %u index %u table 0x%llx pte 0x%llx %7s",
					&step->level, &step->index, &table, &pte, step->kind) != 5)
			bail("gstage_walk has a wrong line: %s", line);
		step->table = table;
		step->pte = pte;
	}
	free(all);
	close(fd);
	return count;
}

bool walk_right(const struct vm *vm, const struct dump *dump, u64 gpa)
{
	const struct run *run = dump_at(dump, gpa);
	unsigned int top = vm->format->levels - 1;
	u64 table = dump->root;
	struct step steps[5];
	int count = walk_vm(vm, gpa, steps);

	for (int i = 0; i < count; i++) {
		unsigned int level = top - i, bits = level == top ? 11 : 9;
		const struct step *step = &steps[i];

		if (step->level != level || step->table != table ||
		    step->index != (gpa >> (12 + 9 * level) & ((1 << bits) - 1)) ||
		    strcmp(step->kind, i < count - 1 ? "table" :
				       run           ? "leaf" :
						       "none"))
			return false;
		table = PTE_PPN(step->pte) << 12;
	}
	if (count < 1)
		return false;
	if (!run)
		return !(steps[count - 1].pte & PTE_V);
	/* The last step must be the leaf in the line of @gpa. */
	table = run->pte & PTE_N ? PTE_PPN(steps[count - 1].pte) * SZ_4K - run->leaf / 2 :
				   PTE_PPN(steps[count - 1].pte) * SZ_4K;
	return steps[count - 1].level == run->level &&
	       table == ((run->pa + (gpa - run->gpa)) & ~(run->leaf - 1));
}
