// SPDX-License-Identifier: GPL-2.0-only
/* How every command begins and ends: its arguments, and that its answer arrived. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

int args_parse(const struct argp *argp, int argc, char **argv, void *args, const bool *json)
{
	error_t err;

	argp_err_exit_status = STATUS_USAGE;
	err = argp_parse(argp, argc, argv, 0, NULL, args);
	err_setup(argv[0], *json);
	return err ? fail(STATUS_FAILED, "internal", NULL, "%s", strerror(err)) : 0;
}

bool parse_number(const char *text, uint64_t *value)
{
	char *end;

	/* strtoull() takes a sign and spaces, and so would "-1" be an address. */
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &end, 0);
	return !errno && !*end;
}

int output_done(void)
{
	if (fflush(stdout) || ferror(stdout))
		return fail(STATUS_FAILED, "output", NULL, "cannot write the answer: %s",
			    strerror(errno));
	return 0;
}
