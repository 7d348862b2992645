// SPDX-License-Identifier: GPL-2.0-only
/* Read from a file whether it is a program, for which machine, and its dynamic linker. */
#include <elf.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/exec.h"

#if __BYTE_ORDER == __LITTLE_ENDIAN
#define ELFDATA_NATIVE ELFDATA2LSB
#else
#define ELFDATA_NATIVE ELFDATA2MSB
#endif
#define ELFCLASS_NATIVE (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)

/* e_type and e_machine have the same offsets in both ELF classes. */
struct elf_start {
	unsigned char ident[EI_NIDENT];
	unsigned char type[2], machine[2];
};

static unsigned int half(const unsigned char *p, unsigned char data)
{
	return data == ELFDATA2MSB ? p[0] << 8 | p[1] : p[1] << 8 | p[0];
}

/* Read PT_INTERP of a file with the class and byte order of this program. */
static void read_interp(int fd, struct file_info *info)
{
	ElfW(Ehdr) eh;
	ElfW(Phdr) ph;
	size_t len, i;

	if (pread(fd, &eh, sizeof(eh), 0) != sizeof(eh) || eh.e_phentsize != sizeof(ph))
		return;

	for (i = 0; i < eh.e_phnum; i++) {
		if (pread(fd, &ph, sizeof(ph), eh.e_phoff + i * sizeof(ph)) != sizeof(ph))
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

int file_examine(const char *path, struct file_info *info)
{
	struct elf_start start;
	unsigned int type;
	ssize_t len;
	int fd, err;

	memset(info, 0, sizeof(*info));
	memset(&start, 0, sizeof(start));

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	len = pread(fd, &start, sizeof(start), 0);
	err = errno;
	if (len < 0) {
		close(fd);
		errno = err;
		return -1;
	}

	if (!memcmp(start.ident, "#!", 2)) {
		info->kind = FILE_SCRIPT;
	} else if (len == sizeof(start) && !memcmp(start.ident, ELFMAG, SELFMAG)) {
		info->elf_class = start.ident[EI_CLASS];
		info->elf_data = start.ident[EI_DATA];
		info->machine = half(start.machine, info->elf_data);
		type = half(start.type, info->elf_data);
		if (type == ET_EXEC || type == ET_DYN)
			info->kind = FILE_PROGRAM;
		if (info->elf_class == ELFCLASS_NATIVE && info->elf_data == ELFDATA_NATIVE)
			read_interp(fd, info);
	}
	close(fd);
	return 0;
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
