// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage_page_tables, gstage_walk, gstage_levels and gpa_range show what is mapped. The test
 * compares them with the pages that the guest has accessed, and with the physical addresses of
 * these pages in the host.
 *
 *	dump [svnapot]	svnapot: the host has Svnapot, so test leaves of 64 KiB too
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dump.h"
#include "tap.h"
#include "vcpu.h"

#define GPA   SZ_1G
#define SIZE  (8 * SZ_2M)
#define PAGES (SIZE / SZ_4K)

static struct vm *vm;
static struct vcpu *vcpu;
static const char *name;

static void around(const char *pages)
{
	if (write_text("/sys/module/kvm/parameters/gstage_fault_around", pages))
		bail("gstage_fault_around: %s", strerror(errno));
}

static void start(const struct format *f)
{
	name = f->name;
	vm = vm_new(f);
	vcpu = vcpu_new(vm);
	vcpu_warm(vcpu);
}

static void empty(const struct format *f)
{
	struct vm *fresh = vm_new(f);
	struct dump dump;
	char text[32];

	dump_vm(fresh, &dump);
	ok(!strcmp(dump.mode, f->name) && dump.levels == f->levels && dump.gpa_bits == f->gpa_bits,
	   "%s: the header of a dump has the format", name);
	ok(dump.root && dump.root % (4 * SZ_4K) == 0 && !dump.count,
	   "%s: the dump of a VM with nothing mapped has a root and no lines", name);
	dump_free(&dump);
	vm_text(fresh, "gstage_levels", text, sizeof(text));
	ok((unsigned int)atoi(text) == f->levels, "%s: gstage_levels is %u", name, f->levels);
	vm_text(fresh, "gpa_range", text, sizeof(text));
	ok((unsigned int)atoi(text) == f->gpa_bits, "%s: gpa_range is %u", name, f->gpa_bits);
	vm_free(fresh);

	dump_vm(vm, &dump);
	ok(dump.root == (vm_stat(vm, "hgatp") & ((1ULL << 44) - 1)) << 12,
	   "%s: the root in the dump is the root in hgatp", name);
	dump_free(&dump);
}

/* Files have the mode of KVM's own files. Only root can read files with physical addresses. */
static void rights(void)
{
	static const struct {
		const char *file;
		mode_t mode;
	} files[] = {
		{ "gstage_mode", 0644 }, { "gstage_stats", 0444 },       { "gstage_levels", 0444 },
		{ "gpa_range", 0444 },   { "gstage_page_tables", 0400 }, { "gstage_check", 0400 },
		{ "gstage_walk", 0600 },
	};
	struct stat st;

	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
		int fd = vm_open(vm, files[i].file, O_RDONLY);

		ok(!fstat(fd, &st) && st.st_mode == (S_IFREG | files[i].mode) && !st.st_uid &&
			   !st.st_gid,
		   "%s: %s belongs to root and has file mode 0%o", name, files[i].file,
		   files[i].mode);
		close(fd);
	}
}

/* The guest accesses every third page of small pages, which are anywhere in the host's memory. */
static void small(u32 flags, u64 bits, const char *what)
{
	char *mem = mem_map(SIZE, SMALL);
	unsigned int wrong = 0, touched = 0;
	struct dump dump;

	for (unsigned int page = 0; page < PAGES; page++)
		*(u64 *)(mem + page * SZ_4K) = page;
	vm_slot(vm, 0, flags, GPA, SIZE, mem);
	for (unsigned int page = 1; page < PAGES; page += 3, touched++)
		if (guest_load(vcpu, GPA + page * SZ_4K) != page)
			bail("the guest does not see its memory");
	dump_vm(vm, &dump);
	for (unsigned int page = 1; page < PAGES && wrong < 5; page += 3)
		wrong += !dump_right(&dump, GPA + page * SZ_4K, mem + page * SZ_4K, SZ_4K, bits);
	ok(!wrong, "%s: %s: the dump has each accessed page, with its pa and its bits", name, what);
	ok(dump_pages(&dump, GPA, SIZE) == touched, "%s: %s: the dump has no other page", name,
	   what);
	dump_free(&dump);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	dump_vm(vm, &dump);
	ok(!dump_pages(&dump, GPA, SIZE), "%s: %s: the dump has no page of a deleted slot", name,
	   what);
	dump_free(&dump);
	mem_unmap(mem, SIZE);
}

static void huge(void)
{
	char *mem = mem_map(SIZE, HUGE);
	unsigned int wrong = 0;
	struct dump dump;

	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	guest_fill(vcpu, GPA + SZ_4K, SZ_2M, SIZE / SZ_2M - 1, 1);
	dump_vm(vm, &dump);
	for (u64 at = 0; at < SIZE - SZ_2M; at += SZ_2M)
		wrong += !dump_right(&dump, GPA + at, mem + at, SZ_2M, RWX);
	ok(!wrong && dump_pages(&dump, GPA, SIZE) == PAGES - 512,
	   "%s: the dump has a leaf of 2 MiB for each accessed huge page, and no others", name);
	wrong = 0;
	for (u64 at = 0; at < SIZE; at += 123 * SZ_4K)
		wrong += !walk_right(vm, &dump, GPA + at);
	wrong += !walk_right(vm, &dump, 0) + !walk_right(vm, &dump, format_end(vm->format) - 1) +
		 !walk_right(vm, &dump, CONTROL_GPA + 8);
	ok(!wrong, "%s: walks of mapped and of unmapped gpas agree with the dump", name);
	dump_free(&dump);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	mem_unmap(mem, SIZE);
}

/* Leaves of 64 KiB. Two of three are mapped. */
static void napot(void)
{
	const u64 leaf = 16 * SZ_4K, count = 24;
	unsigned int wrong = 0;
	struct dump dump;
	char *mem;

	around("16");
	if (write_text("/sys/kernel/mm/hugepages/hugepages-64kB/nr_hugepages", "24"))
		bail("no hugetlbfs of 64 KiB: %s", strerror(errno));
	mem = mmap(NULL, count * leaf, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (16 << 26), -1, 0);
	if (mem == MAP_FAILED)
		bail("hugetlbfs of 64 KiB: %s", strerror(errno));
	memset(mem, 1, count * leaf);
	vm_slot(vm, 0, 0, GPA, count * leaf, mem);
	for (u64 i = 0; i < count; i++)
		if (i % 3)
			guest_store(vcpu, GPA + i * leaf + 5 * SZ_4K, 1);
	dump_vm(vm, &dump);
	for (u64 i = 0; i < count; i++)
		if (i % 3)
			wrong += !dump_right(&dump, GPA + i * leaf + 7 * SZ_4K,
					     mem + i * leaf + 7 * SZ_4K, leaf, RWX | PTE_N) +
				 !walk_right(vm, &dump, GPA + i * leaf + 7 * SZ_4K);
	ok(!wrong && dump_pages(&dump, GPA, count * leaf) == count * 16 * 2 / 3,
	   "%s: the dump has leaves of 64 KiB with 64K and N, and their walks agree", name);
	dump_free(&dump);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	munmap(mem, count * leaf);
	around("0");
}

static void refusals(void)
{
	int fd = vm_open(vm, "gstage_walk", O_RDWR);
	struct step steps[5];
	char text[8];

	ok(is(-walk_vm(vm, format_end(vm->format), steps), ERANGE) &&
		   is(-walk_vm(vm, ~0ULL, steps), ERANGE),
	   "%s: a walk of a gpa above the format's limit: ERANGE", name);
	ok(write(fd, "sv39x4", 6) < 0 && is(errno, EINVAL),
	   "%s: a walk of text that is not a number: EINVAL", name);
	ok(read(fd, text, sizeof(text)) == 0, "%s: after an error gstage_walk is empty", name);
	close(fd);
}

/* The text of a dump is the same, whatever the size and the offset of each read. */
static void pieces(void)
{
	char *mem = mem_map(SIZE, SMALL), *whole, *bytes, part[256];
	int fd = vm_open(vm, "gstage_page_tables", O_RDONLY);
	bool same = true;

	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	guest_fill(vcpu, GPA, 2 * SZ_4K, PAGES / 2, 1);
	whole = read_all(fd, 1 << 20);
	lseek(fd, 0, SEEK_SET);
	bytes = read_all(fd, 7);
	ok(whole && bytes && !strcmp(whole, bytes),
	   "%s: a dump that is read in small pieces has the same text", name);
	for (size_t at = strlen(whole) - 200; at > 1000; at /= 2)
		same &= pread(fd, part, 200, at) == 200 && !memcmp(part, whole + at, 200);
	ok(same, "%s: a dump that is read from offsets in the middle has the same text", name);
	free(whole);
	free(bytes);
	close(fd);
	vm_slot(vm, 0, 0, GPA, 0, mem);
	mem_unmap(mem, SIZE);
}

/* Files that are still open when their VM has ended give an error. */
static void gone(const struct format *f)
{
	static const char *const files[] = { "gstage_page_tables", "gstage_walk",  "gstage_mode",
					     "gstage_stats",       "gstage_check", "gstage_levels",
					     "gpa_range" };
	struct vm *mortal = vm_new(f);
	struct vcpu *one = vcpu_new(mortal);
	int fds[ARRAY_SIZE(files)];
	char text[64];

	guest_load(one, CONTROL_GPA);
	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
		fds[i] = vm_open(mortal, files[i], i == 1 ? O_RDWR : O_RDONLY);
		/* Read a part of the file, so that the next read would continue in the middle. */
		if (i != 1 && read(fds[i], text, 3) < 1)
			bail("%s: %s", files[i], strerror(errno));
	}
	vm_free(mortal);
	for (unsigned int i = 0; i < ARRAY_SIZE(files); i++) {
		ok(read(fds[i], text, sizeof(text)) < 0 && is(errno, EIO),
		   "%s: a read of %s after its VM has ended: EIO", name, files[i]);
		if (i == 1)
			ok(write(fds[i], "0x0", 3) < 0 && is(errno, EIO),
			   "%s: a write to %s after its VM has ended: EIO", name, files[i]);
		close(fds[i]);
	}
}

/* The test's own parser accepts a right dump and refuses wrong ones. */
static void parser(void)
{
	static const char head[] = "# gstage-dump 1\n# mode sv39x4\n# levels 3\n# gpa_bits 41\n"
				   "# root 0x80004000\n";
	static const char good[] =
		"0x1000-0x3000 8K 0 4K pa 0x81000000 pte 0x204000df R W X U A D\n"
		"0x3000-0x4000 4K 0 4K pa 0x81002000 pte 0x204008db R - X U A D\n"
		"0x10000-0x20000 64K 0 64K pa 0x81010000 pte 0x80000000204060df R W X U A D N\n";
	static const struct {
		const char *text, *what;
	} bad[] = {
		{ "0x1000-0x3000 8K 0 4K pa 0x81000000 pte 0x204000df R W X U A D",
		  "a line that is cut off" },
		{ "0x1000-0x3000 8K 0 4K pa 0x81000000 pte 0x204000db R W X U A D\n",
		  "a line with other flags than its PTE" },
		{ "0x1000-0x3000 4K 0 4K pa 0x81000000 pte 0x204000df R W X U A D\n",
		  "a line with a wrong size" },
		{ "0x1000-0x3000 8K 1 2M pa 0x81000000 pte 0x204000df R W X U A D\n",
		  "a line that is smaller than its leaf" },
		{ "0x1000-0x3000 8K 0 4K pa 0x81001000 pte 0x204000df R W X U A D\n",
		  "a line with another pa than its PTE" },
		{ "0x1000-0x3000 8K 0 4K pa 0x81000000 pte 0x204000df R W X U A D\n"
		  "0x2000-0x3000 4K 0 4K pa 0x81009000 pte 0x204024df R W X U A D\n",
		  "two lines that overlap" },
		{ "0x1000-0x2000 4K 0 4K pa 0x81000000 pte 0x204000df R W X U A D\n"
		  "0x2000-0x3000 4K 0 4K pa 0x81001000 pte 0x204004df R W X U A D\n",
		  "two lines that should be one" },
	};
	char text[512];
	struct dump dump;

	snprintf(text, sizeof(text), "%s%s", head, good);
	ok(dump_parse(text, &dump) && dump.count == 3, "the parser accepts a right dump");
	dump_free(&dump);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		snprintf(text, sizeof(text), "%s%s", head, bad[i].text);
		ok(!dump_parse(text, &dump), "the parser refuses %s", bad[i].what);
		dump_free(&dump);
	}
}

/*
 * A test build plays a kernel that has a dump of its own, with the same names of files. gstage must
 * not have such a kernel make its files.
 */
static void kernel_dump(void)
{
	char text[32];

	if (read_text("/sys/module/kvm/parameters/test_ptdump_called", text, sizeof(text)))
		return;
	ok(!strcmp(text, "0\n"), "the kernel's own dump of the G-stage has made no files");
}

int main(int argc, char **argv)
{
	const struct format *f;

	host_init(100);
	if (argc > 1 && strcmp(argv[1], "svnapot"))
		bail("usage: dump [svnapot]");
	/* No fault-around: exactly the pages that the guest accesses are mapped. */
	around("0");
	parser();
	for_each_format(f) {
		start(f);
		empty(f);
		rights();
		small(0, RWX, "pages");
		small(KVM_MEM_READONLY, RX, "pages of a read-only slot");
		huge();
		if (argc > 1)
			napot();
		refusals();
		pieces();
		ok(vm_sound(vm), "%s: the tables are sound", name);
		vm_free(vm);
		gone(f);
	}
	kernel_dump();
	around("16");
	return done();
}
