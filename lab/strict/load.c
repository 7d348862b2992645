// SPDX-License-Identifier: GPL-2.0-only
/* Load the kernel and the initramfs into memory. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "strict.h"

#if XLEN == 64
typedef Elf64_Ehdr elf_header;
typedef Elf64_Phdr elf_segment;
#define ELF_CLASS ELFCLASS64
#else
typedef Elf32_Ehdr elf_header;
typedef Elf32_Phdr elf_segment;
#define ELF_CLASS ELFCLASS32
#endif

static void die(const char *name, const char *why)
{
	fprintf(stderr, "strict: %s: %s\n", name, why);
	exit(2);
}

static FILE *open_file(const char *name)
{
	FILE *f = fopen(name, "rb");

	if (!f) {
		fprintf(stderr, "strict: ");
		perror(name);
		exit(2);
	}
	return f;
}

static void read_at(FILE *f, const char *name, long at, void *to, size_t size)
{
	if (fseek(f, at, SEEK_SET) || fread(to, 1, size, f) != size)
		die(name, "cannot be read, or is too short");
}

/* Returns the size of the file. */
u64 load_file(struct machine *m, const char *name, u64 pa)
{
	FILE *f = open_file(name);
	long size;

	if (fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0)
		die(name, "its size cannot be found");
	if (!in_ram(m, pa, 1) || (u64)size > RAM_BASE + m->ram_size - pa)
		die(name, "is larger than the memory: allow more with --mem");
	read_at(f, name, 0, m->ram + (pa - RAM_BASE), size);
	fclose(f);
	return size;
}

/* Load Linux's Image to the place that its header asks for. Returns the address. */
u64 load_image(struct machine *m, const char *name)
{
	u64 offset;
	u8 header[64];
	FILE *f = open_file(name);

	read_at(f, name, 0, header, sizeof(header));
	fclose(f);
	if (memcmp(header + 0x38, "RSC\5", 4))
		die(name, "is no RISC-V Image of Linux");
	memcpy(&offset, header + 8, 8);
	load_file(m, name, RAM_BASE + offset);
	return RAM_BASE + offset;
}

/* Returns the address. */
u64 load_elf(struct machine *m, const char *name)
{
	FILE *f = open_file(name);
	elf_header e;
	elf_segment p;

	read_at(f, name, 0, &e, sizeof(e));
	if (memcmp(e.e_ident, ELFMAG, SELFMAG) || e.e_ident[EI_CLASS] != ELF_CLASS ||
	    e.e_machine != EM_RISCV)
		die(name, XLEN == 64 ? "is no RISC-V program of 64 bits" :
				       "is no RISC-V program of 32 bits");
	for (unsigned n = 0; n < e.e_phnum; n++) {
		read_at(f, name, e.e_phoff + n * sizeof(p), &p, sizeof(p));
		if (p.p_type != PT_LOAD || !p.p_memsz)
			continue;
		if (!in_ram(m, p.p_paddr, 1) || p.p_memsz > RAM_BASE + m->ram_size - p.p_paddr)
			die(name, "does not lie in memory");
		if (p.p_filesz)
			read_at(f, name, p.p_offset, m->ram + (p.p_paddr - RAM_BASE), p.p_filesz);
	}
	fclose(f);
	return e.e_entry;
}
