// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * replay FILE...: run scripts without libFuzzer.
 */
#include <stdio.h>
#include <stdlib.h>

#include "script.h"

static const char *name;

_Noreturn void script_failed(void)
{
	printf("# the script is %s\nnot ok 1 - each script of the corpus passes\n", name);
	exit(1);
}

static void run_file(const char *path)
{
	static uint8_t bytes[1 << 16];
	FILE *file = fopen(path, "rb");
	size_t size = file ? fread(bytes, 1, sizeof(bytes), file) : 0;

	name = path;
	if (!file || ferror(file)) {
		printf("Bail out! cannot read %s\n", path);
		exit(2);
	}
	fclose(file);
	/*
	 * Copy the script into memory of its exact size, so that AddressSanitizer sees a read
	 * beyond it.
	 */
	uint8_t *exact = malloc(size ? size : 1);

	for (size_t i = 0; exact && i < size; i++)
		exact[i] = bytes[i];
	if (exact)
		script_run(exact, size);
	free(exact);
}

int main(int argc, char **argv)
{
	unsigned int missing = 0;

	printf("1..2\n");
	fflush(stdout);
	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	printf("ok 1 - each of %d scripts of the corpus passes\n", argc - 1);
	for (unsigned int i = 0; i < SCRIPT_OPS; i++) {
		printf("# %s: %lu\n", script_names[i], script_steps[i]);
		missing += !script_steps[i];
	}
	printf("%sok 2 - the scripts use every operation\n", missing ? "not " : "");
	return missing != 0;
}
