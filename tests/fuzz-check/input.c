// SPDX-License-Identifier: GPL-2.0-only
/* Make a dump or an image from bytes, and check it as `gstage check` does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tables/dump.h"
#include "formats.h"
#include "input.h"
#include "tables/xlen.h"

#define BASE UINT64_C(0x80000000)
#define SIZE 65536

unsigned long found[RULES][NUMBERS];
const char *const rule_names[RULES] = { "INV", "SPEC", "INPUT" };
unsigned long accepted, refused;

static void finding(void *arg, const char *rule, unsigned int number, uint64_t gpa,
		    unsigned int level, uint64_t pte, const char *what)
{
	unsigned int r = 0;

	(void)arg;
	(void)gpa;
	(void)level;
	(void)pte;
	while (r < RULES && strcmp(rule, rule_names[r]))
		r++;
	/* For every input, each finding must have a number and a text. */
	if (r == RULES || !number || number >= NUMBERS || !*what)
		abort();
	found[r][number]++;
}

static void run_dump(const uint8_t *bytes, size_t size,
		     const char *(*parse)(char *, struct dump *, size_t *))
{
	/* Allocate the exact size, so that AddressSanitizer sees a read beyond it. */
	char *text = malloc(size + 1);
	struct dump dump = { 0 };
	struct tally tally = { 0 };
	const struct format *f;
	size_t where;

	if (!text)
		abort();
	memcpy(text, bytes, size);
	text[size] = '\0';
	if (parse(text, &dump, &where)) {
		refused++;
	} else {
		accepted++;
		f = format_by_name(dump.head.mode);
		(f && f->xlen == 32 ? &xlen_32 : &xlen_64)
			->check_dump(&dump, finding, NULL, &tally);
	}
	free(dump.runs);
	free(text);
}

static void run_image(const uint8_t *bytes, size_t size, const struct xlen *xlen)
{
	unsigned int pte_size = xlen->bits / 8, shift = xlen->bits == 64 ? 60 : 31;
	struct image image = { .base = BASE, .size = SIZE };
	struct tally tally = { 0 };
	uint64_t hgatp;

	if (size < 2)
		return;
	hgatp = ((uint64_t)bytes[0] << shift | ((BASE >> 12) + (bytes[1] & 31))) &
		(xlen->bits == 64 ? ~UINT64_C(0) : UINT32_MAX);
	image.fd = memfd_create("image", MFD_CLOEXEC);
	if (image.fd < 0 || ftruncate(image.fd, SIZE))
		abort();
	for (bytes += 2, size -= 2; size >= 10; bytes += 10, size -= 10) {
		unsigned int at = bytes[0] | bytes[1] << 8;
		uint64_t pte;

		memcpy(&pte, bytes + 2, sizeof(pte));
		if (at & 0x8000)
			pte = ((BASE >> 12) + (pte >> 10) % 20) << 10 | (pte & 0x3ff);
		/* The tables of RISC-V hosts are little-endian. */
		if (pwrite(image.fd, &pte, pte_size, (at & 0x7fff) * 8 % SIZE) < 0)
			abort();
	}
	if (xlen->check_image(&image, hgatp, finding, NULL, &tally))
		refused++;
	else
		accepted++;
	close(image.fd);
}

void input_run(const uint8_t *bytes, size_t size)
{
	if (!size)
		return;
	switch (bytes[0]) {
	case 't':
		run_dump(bytes + 1, size - 1, dump_parse_text);
		break;
	case '{':
		run_dump(bytes, size, dump_parse_json);
		break;
	case 'i':
		run_image(bytes + 1, size - 1, &xlen_64);
		break;
	case 'I':
		run_image(bytes + 1, size - 1, &xlen_32);
		break;
	}
}
