// SPDX-License-Identifier: GPL-2.0-only
/* Parse the arguments that several commands have. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "commands/args.h"
#include "output/output.h"

error_t args_parser(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;
	const char *const *names = args->names;

	switch (key) {
	case 'j':
		args->json = true;
		return 0;
	case ARGP_KEY_ARG:
		/* argp reports this itself: "Too many arguments". */
		if (!names[0])
			return ARGP_ERR_UNKNOWN;
		if (!names[state->arg_num])
			argp_error(state,
				   names[1] ? "too many arguments: %s and %s are enough" :
					      "too many arguments: %s is enough",
				   names[0], names[1]);
		args->word[state->arg_num] = arg;
		return 0;
	case ARGP_KEY_END:
		if (names[state->arg_num])
			argp_error(state, "%s is missing", names[state->arg_num]);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int args_parse(const struct argp *argp, int argc, char **argv, struct args *args)
{
	error_t err;

	argp_err_exit_status = STATUS_USAGE;
	err = argp_parse(argp, argc, argv, 0, NULL, args);
	error_setup(argv[0], args->json);
	return err ? fail(STATUS_FAILED, "internal", NULL, "%s", strerror(err)) : 0;
}
