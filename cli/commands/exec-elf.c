// SPDX-License-Identifier: GPL-2.0-only
/* Read from a file whether it is a program, for which machine, and its dynamic linker. */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/exec.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define ELFDATA_NATIVE ELFDATA2LSB
#else
#define ELFDATA_NATIVE ELFDATA2MSB
#endif

/* Read PT_INTERP. A damaged file has none. */
static void read_interp(Elf *elf, int fd, struct file_info *info)
{
	GElf_Phdr ph;
	size_t count, len, i;

	if (elf_getphdrnum(elf, &count))
		return;
	for (i = 0; i < count; i++) {
		if (!gelf_getphdr(elf, i, &ph))
			return;
		if (ph.p_type != PT_INTERP)
			continue;
		len = ph.p_filesz;
		if (len > sizeof(info->interp) - 1)
			len = sizeof(info->interp) - 1;
		if (pread(fd, info->interp, len, ph.p_offset) != (ssize_t)len)
			info->interp[0] = '\0';
		return;
	}
}

static void read_elf(int fd, struct file_info *info)
{
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	GElf_Ehdr eh;

	/* libelf also reads archives. */
	if (elf_kind(elf) == ELF_K_ELF && gelf_getehdr(elf, &eh)) {
		info->elf_class = eh.e_ident[EI_CLASS];
		info->elf_data = eh.e_ident[EI_DATA];
		info->machine = eh.e_machine;
		if (eh.e_type == ET_EXEC || eh.e_type == ET_DYN)
			info->kind = FILE_PROGRAM;
		read_interp(elf, fd, info);
	}
	elf_end(elf);
}

int file_examine(const char *path, struct file_info *info)
{
	char start[2] = "";
	ssize_t len;
	int fd, err;

	memset(info, 0, sizeof(*info));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = pread(fd, start, sizeof(start), 0);
	err = errno;
	if (len == sizeof(start) && !memcmp(start, "#!", 2))
		info->kind = FILE_SCRIPT;
	else if (len > 0 && elf_version(EV_CURRENT) != EV_NONE)
		read_elf(fd, info);
	close(fd);
	errno = err;
	return len < 0 ? -1 : 0;
}

void file_arch(const struct file_info *info, char *buf, size_t size)
{
	static const struct {
		unsigned int machine;
		const char *name;
	} names[] = {
		{ EM_RISCV, "RISC-V" }, { EM_X86_64, "x86" },
		{ EM_386, "x86" },      { EM_AARCH64, "Arm" },
		{ EM_ARM, "Arm" },      { EM_PPC64, "PowerPC" },
		{ EM_S390, "s390" },    { EM_LOONGARCH, "LoongArch" },
	};
	const char *order = info->elf_data == ELFDATA_NATIVE ? "" : ", other byte order";
	int bits = info->elf_class == ELFCLASS32 ? 32 : 64;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].machine == info->machine) {
			snprintf(buf, size, "%d-bit %s%s", bits, names[i].name, order);
			return;
		}
	}
	snprintf(buf, size, "%d-bit, ELF machine %u%s", bits, info->machine, order);
}
