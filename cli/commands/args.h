/* SPDX-License-Identifier: GPL-2.0-only */
/* The arguments that several commands have. */
#ifndef GSTAGE_CLI_COMMANDS_ARGS_H
#define GSTAGE_CLI_COMMANDS_ARGS_H

#include <stdbool.h>

struct argp;
struct argp_state;

/**
 * struct args - what commands have in common: --json, and words that must be given
 * @names: what the words are called, in their order; NULL after the last
 * @word: the words
 * @json: print JSON, and errors too
 *
 * The first member of what a command keeps of its arguments.
 */
struct args {
	const char *names[3], *word[2];
	bool json;
};

#define ARGS_JSON { "json", 'j', NULL, 0, "Print JSON; errors on stderr too", 0 }

/* The argp parser of commands that take no more than that, and what theirs ends with for others. */
int args_parser(int key, char *arg, struct argp_state *state);

/**
 * args_parse() - parse a command's arguments, and set up its messages
 * @argp: what it takes
 * @argc: of the command
 * @argv: of the command
 * @args: handed to @argp's parser
 *
 * Wrong usage ends the program.
 * Return: 0, or an exit status after having reported the cause.
 */
int args_parse(const struct argp *argp, int argc, char **argv, struct args *args);

#endif
