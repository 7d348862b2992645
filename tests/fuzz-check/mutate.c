// SPDX-License-Identifier: GPL-2.0-only
/*
 * mutate NUMBER FILE...: check each file of the corpus, then NUMBER inputs made from them by
 * small changes, the same ones in each run. Needs no libFuzzer. A crash, an endless loop or a
 * finding of a sanitizer ends the program. The file `last` in the current folder has the input.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "input.h"

#define LONGEST 4096

struct input {
	size_t size;
	uint8_t bytes[LONGEST];
};

static uint64_t state = 88172645463325252u;

static size_t pick(size_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static void mutate(struct input *in, const struct input *other)
{
	static const char *const words[] = { "0x",
					     "ffffffffffffffff",
					     "0x20000000000",
					     "R",
					     "-",
					     "\n",
					     "N",
					     "4K",
					     "512G",
					     "\"",
					     "{",
					     "[",
					     "]",
					     "}",
					     ",",
					     "\\",
					     "999999999999999999999" };
	size_t at = pick(in->size), len, n;
	const char *word;

	switch (pick(6)) {
	case 0:
		in->bytes[at] ^= 1 << pick(8);
		break;
	case 1:
		in->bytes[at] = pick(256);
		break;
	case 2:
		len = pick(in->size - at) + 1;
		if (len < in->size) {
			memmove(in->bytes + at, in->bytes + at + len, in->size - at - len);
			in->size -= len;
		}
		break;
	case 3:
		word = words[pick(sizeof(words) / sizeof(words[0]))];
		len = strlen(word);
		n = pick(2) && in->size + len <= LONGEST ? len : 0;
		memmove(in->bytes + at + n, in->bytes + at, in->size - at);
		in->size += n;
		if (len > in->size - at)
			len = in->size - at;
		memcpy(in->bytes + at, word, len);
		break;
	case 4:
		/* Insert a piece of another input. It may repeat runs and entries. */
		len = pick(in->size - at) + 1;
		n = pick(in->size);
		if (len > LONGEST - in->size)
			len = LONGEST - in->size;
		memmove(in->bytes + n + len, in->bytes + n, in->size - n);
		in->size += len;
		memcpy(in->bytes + n, other->bytes, len < other->size ? len : other->size);
		break;
	case 5:
		len = other->size - pick(other->size);
		if (len > LONGEST - at)
			len = LONGEST - at;
		memcpy(in->bytes + at, other->bytes + other->size - len, len);
		if (at + len > in->size)
			in->size = at + len;
		break;
	}
}

static void run(const struct input *in)
{
	FILE *f = fopen("last", "wb");

	if (!f || fwrite(in->bytes, 1, in->size, f) != in->size || fclose(f))
		abort();
	/* To check an input of this size takes well below a second. */
	alarm(20);
	input_run(in->bytes, in->size);
	alarm(0);
}

/* Print how often each rule was violated. Return: how many rules were. */
static unsigned int report(void)
{
	unsigned int r, n, rules = 0;

	for (r = 0; r < RULES; r++)
		for (n = 1; n < NUMBERS; n++) {
			if (found[r][n])
				printf("# %s-%02u: %lu\n", rule_names[r], n, found[r][n]);
			rules += found[r][n] != 0;
		}
	return rules;
}

int main(int argc, char **argv)
{
	int files = argc - 2, i;
	unsigned long number = argc > 2 ? strtoul(argv[1], NULL, 0) : 0, m, times;
	struct input *corpus = calloc(files > 0 ? files : 1, sizeof(*corpus)), in;
	unsigned int rules;
	FILE *f;

	printf("1..3\n");
	fflush(stdout);
	for (i = 0; i < files && corpus; i++) {
		f = fopen(argv[i + 2], "rb");
		corpus[i].size = f ? fread(corpus[i].bytes, 1, LONGEST, f) : 0;
		if (!corpus[i].size) {
			printf("Bail out! cannot read %s\n", argv[i + 2]);
			return 2;
		}
		fclose(f);
		run(&corpus[i]);
	}
	printf("ok 1 - each of the %d inputs of the corpus is checked or refused\n", files);
	/* INV-03 and INV-10 cannot be violated here: the checker counts the entries itself. */
	rules = report();
	printf("%sok 2 - they violate %u rules: 9 invariants, 11 of the specification, 9 of "
	       "input\n",
	       rules == 29 ? "" : "not ", rules);
	fflush(stdout);
	for (m = 0; m < number; m++) {
		in = corpus[pick(files)];
		for (times = 1 + pick(4); times; times--)
			mutate(&in, &corpus[pick(files)]);
		run(&in);
	}
	printf("%sok 3 - each of %lu mutations is checked or refused\n",
	       accepted && refused ? "" : "not ", number);
	printf("# %lu were read to their end, %lu were refused\n", accepted, refused);
	free(corpus);
	return rules != 29 || !accepted || !refused;
}
