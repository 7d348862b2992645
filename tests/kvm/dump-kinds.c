// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two rare kinds of leaves: leaves of 1 GiB, with memory from hugetlbfs, and leaves of device
 * memory, which have the memory type IO of Svpbmt as in the host. (The host has no memory of
 * type NC.) The test checks gstage_page_tables and gstage_walk, and `gstage dump`, `gstage walk`
 * and `gstage check`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dump.h"
#include "tap.h"
#include "vcpu.h"

/* The flash of QEMU's virt machine. */
#define FLASH_PA 0x20000000
#define PAGES    8UL

#define GIGANTIC     "/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages"
#define GIGANTIC_GPA (4 * SZ_1G)
#define FLASH_GPA    (2 * SZ_1G)

static struct vm *vm;
static const char *name;

static char *map_flash(void)
{
	int fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	char *mem = fd < 0 ? MAP_FAILED :
			     mmap(NULL, PAGES * SZ_4K, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
				  FLASH_PA);

	if (mem == MAP_FAILED)
		bail("the flash in /dev/mem: %s", strerror(errno));
	close(fd);
	return mem;
}

static char *map_gigantic(void)
{
	char *mem, text[32];

	if (write_text(GIGANTIC, "1") || read_text(GIGANTIC, text, sizeof(text)) < 0 ||
	    atoi(text) != 1)
		bail("the host has no free page of 1 GiB: it needs more memory (mem=6G in MANIFEST)");
	mem = mmap(NULL, SZ_1G, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (30 << 26), -1, 0);
	if (mem == MAP_FAILED)
		bail("hugetlbfs of 1 GiB: %s", strerror(errno));
	return mem;
}

/* The dump has one line with leaves of @leaf bytes and these bits, and walks agree with it. */
static void line(const char *what, u64 gpa, u64 size, u64 leaf, u64 pa, u64 bits)
{
	const struct run *run;
	struct dump dump;

	dump_vm(vm, &dump);
	run = dump_at(&dump, gpa);
	ok(run && run->gpa == gpa && run->end == gpa + size && run->leaf == leaf && run->pa == pa &&
		   (run->pte & ~(((1ULL << 44) - 1) << 10)) == bits,
	   "%s: %s: the dump has one line with the right size, pa and bits", name, what);
	ok(walk_right(vm, &dump, gpa) && walk_right(vm, &dump, gpa + size / 2 + 0x128) &&
		   walk_right(vm, &dump, gpa + size - 1) && walk_right(vm, &dump, gpa + size),
	   "%s: %s: walks agree with the dump", name, what);
	dump_free(&dump);
}

/* Does the command succeed and print @wanted? The %s in @fmt stands for the VM. */
static bool says(const char *fmt, const char *wanted)
{
	char id[32], command[256], text[16384];
	size_t len;
	FILE *out;
	int status;

	snprintf(id, sizeof(id), "%d-%d", vm->tid, vm->fd);
	snprintf(command, sizeof(command), fmt, id);
	out = popen(command, "r");
	len = out ? fread(text, 1, sizeof(text) - 1, out) : 0;
	text[len] = 0;
	status = out ? pclose(out) : -1;
	if (!status && strstr(text, wanted))
		return true;
	diag("%s: exit status %d; expected 0 and the text '%s'; it printed:", command, status,
	     wanted);
	for (char *next = text, *part; (part = strsep(&next, "\n"));)
		diag("%s", part);
	return false;
}

/* `gstage dump` and `gstage walk` print the line and the leaf at @gpa. */
static void command(const char *what, u64 gpa, u64 size, u64 pa, const char *flags,
		    const char *json_flags, const char *leaf)
{
	char fmt[128], wanted[256];
	bool good;

	snprintf(fmt, sizeof(fmt), "./gstage dump --gpa 0x%llx %%s", (unsigned long long)gpa + 5);
	good = says(fmt, flags);
	snprintf(wanted, sizeof(wanted), "\n0x%llx-0x%llx ", (unsigned long long)gpa,
		 (unsigned long long)(gpa + size));
	good &= says(fmt, wanted);
	snprintf(fmt, sizeof(fmt), "./gstage dump --json --gpa 0x%llx %%s",
		 (unsigned long long)gpa);
	ok(good && says(fmt, json_flags), "%s: %s: gstage dump", name, what);
	snprintf(fmt, sizeof(fmt), "./gstage walk %%s 0x%llx", (unsigned long long)gpa + 0x128);
	snprintf(wanted, sizeof(wanted), "\ngpa 0x%llx is pa 0x%llx\n",
		 (unsigned long long)gpa + 0x128, (unsigned long long)pa + 0x128);
	ok(says(fmt, wanted) && says(fmt, leaf), "%s: %s: gstage walk", name, what);
}

int main(void)
{
	char *flash, *gigantic;
	const struct format *f;
	struct vcpu *vcpu;

	host_init(100);
	flash = map_flash();
	gigantic = map_gigantic();
	for_each_format(f) {
		name = f->name;
		vm = vm_new(f);
		vcpu = vcpu_new(vm);
		vcpu_warm(vcpu);
		vm_slot(vm, 0, 0, GIGANTIC_GPA, SZ_1G, gigantic);
		vm_slot(vm, 1, 0, FLASH_GPA, PAGES * SZ_4K, flash);
		guest_fill(vcpu, GIGANTIC_GPA + SZ_4K, SZ_1G / 4, 4, 1);
		for (u64 at = 0; at < PAGES * SZ_4K; at += SZ_4K)
			guest_load(vcpu, FLASH_GPA + at);

		line("1 GiB", GIGANTIC_GPA, SZ_1G, SZ_1G, host_pa(gigantic), RWX);
		command("1 GiB", GIGANTIC_GPA, SZ_1G, host_pa(gigantic), " 1G 2 1G ",
			"\"flags\":[\"R\",\"W\",\"X\",\"U\",\"A\",\"D\"]", " 1G\n");
		ok(vm_stat(vm, "leaves_1g") == 1 && vm_stat(vm, "faults_1g") == 1 &&
			   says("./gstage show %s", "  leaves of 1G                       1\n"),
		   "%s: 1 GiB: gstage_stats and gstage show count the leaf", name);
		line("IO", FLASH_GPA, PAGES * SZ_4K, SZ_4K, FLASH_PA, (RWX & ~PTE_X) | PTE_IO);
		command("IO", FLASH_GPA, PAGES * SZ_4K, FLASH_PA, " R W - U A D pbmt=io\n",
			"\"D\",\"pbmt=io\"]", " 4K pbmt=io\n");
		ok(says("./gstage dump %s | ./gstage check -", "violations 0\n") &&
			   says("./gstage dump --json %s | ./gstage check -", "violations 0\n"),
		   "%s: gstage check finds no violation", name);
		ok(vm_sound(vm), "%s: the tables are sound", name);
		vm_free(vm);
	}
	return done();
}
