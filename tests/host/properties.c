// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Run every property for every format of this XLEN, as cmocka test cases.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

struct test_case {
	const struct property *property;
	const struct gst_format *fmt;
	char name[256];
};

static struct world world;

static void show(void **state)
{
	const struct test_case *tc = *state;

	w_begin(&world, tc->fmt, 1);
	tc->property->show(&world);
	w_finish(&world);
	w_check_invariants(&world);
	w_check_all(&world);
	w_end(&world);
}

int run_properties(const struct property *properties, size_t n)
{
	struct test_case *cases = calloc(n * GST_FORMATS, sizeof(*cases));
	struct CMUnitTest *tests = calloc(n * GST_FORMATS, sizeof(*tests));
	size_t used = 0;
	const char *only = getenv("GST_FORMAT");
	int failed;

	if (!cases || !tests)
		return 2;
	/* Print each line at once, so that no results are lost if the program dies. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	for (unsigned int f = 0; f < GST_FORMATS; f++) {
		if (gst_formats[f].xlen != GST_XLEN || (only && strcmp(only, gst_formats[f].name)))
			continue;
		for (size_t i = 0; i < n; i++) {
			struct test_case *tc = &cases[used];

			tc->property = &properties[i];
			tc->fmt = &gst_formats[f];
			snprintf(tc->name, sizeof(tc->name), "%s: %s", tc->fmt->name,
				 properties[i].name);
			tests[used++] = (struct CMUnitTest){ tc->name, show, NULL, NULL, tc };
		}
	}
	failed = _cmocka_run_group_tests("gst", tests, used, NULL, NULL);
	model_free(&world.model);
	model_free(&world.before);
	model_free(&world.scratch);
	free(cases);
	free(tests);
	return failed != 0;
}
