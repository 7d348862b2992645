/* SPDX-License-Identifier: GPL-2.0-only */
/* The arguments that several commands have. */
#ifndef GSTAGE_CLI_COMMANDS_ARGS_H
#define GSTAGE_CLI_COMMANDS_ARGS_H

#include <stdbool.h>

struct argp;
struct argp_state;

/**
 * struct args - the arguments that commands share: --json, and words that the user must give
 * @names: the names of these words, in order, with NULL at the end
 * @word: the words that the user gave
 * @json: print JSON, also for errors
 *
 * This must be the first member of the structure with a command's arguments.
 */
struct args {
	const char *names[3], *word[2];
	bool json;
};

#define ARGS_JSON { "json", 'j', NULL, 0, "Print JSON, also for errors", 0 }

/* The argp parser for these arguments. Parsers of commands with more call it for the rest. */
int args_parser(int key, char *arg, struct argp_state *state);

/**
 * args_parse() - parse a command's arguments, and set up its error messages
 * @argp: describes the arguments
 * @argc: the command's argc
 * @argv: the command's argv
 * @args: argument of @argp's parser
 *
 * If the usage is wrong, the program ends here with STATUS_USAGE.
 * Return: 0, or the exit status after an error was reported.
 */
int args_parse(const struct argp *argp, int argc, char **argv, struct args *args);

#endif
