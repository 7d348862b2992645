// SPDX-License-Identifier: GPL-2.0-only
/* gstage: choose and inspect the G-stage page-table formats of RISC-V VMs. */
#include <argp.h>
#include <string.h>

#include "cli.h"
#include "commands/commands.h"

const char *argp_program_version = "gstage " GSTAGE_VERSION;

static const struct command {
	const char *name;
	char *full_name; /* argv[0] of the command; its messages start with it */
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "modes", "gstage modes", cmd_modes },
	{ "exec", "gstage exec", cmd_exec },
	{ "set", "gstage set", cmd_set },
	{ "vms", "gstage vms", cmd_vms },
	{ "show", "gstage show", cmd_show },
	{ "dump", "gstage dump", cmd_dump },
	{ "walk", "gstage walk", cmd_walk },
	{ "top", "gstage top", cmd_top },
	{ "explain", "gstage explain", cmd_explain },
	{ "doctor", "gstage doctor", cmd_doctor },
	{ "check", "gstage check", cmd_check },
	{ NULL, NULL, NULL },
};

#define COMMANDS "modes, exec, set, vms, show, dump, walk, top, explain, doctor and check"

struct arguments {
	const struct command *command;
	int first; /* index of the command's name in argv */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;
	const struct command *c;

	switch (key) {
	case ARGP_KEY_ARG:
		for (c = commands; c->name; c++)
			if (!strcmp(arg, c->name))
				break;
		if (!c->name)
			argp_error(state, "unknown command '%s': there are " COMMANDS, arg);
		args->command = c;
		args->first = state->next - 1;
		/* The command parses the rest. */
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "a command is missing: there are " COMMANDS);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "modes [OPTION...]\n"
		    "exec [OPTION...] -- VMM [ARG...]\n"
		    "set VM MODE [OPTION...]\n"
		    "vms [OPTION...]\n"
		    "show VM [OPTION...]\n"
		    "dump VM [OPTION...]\n"
		    "walk VM GPA [OPTION...]\n"
		    "top [OPTION...]\n"
		    "explain [GUEST-MODE|VM] [OPTION...]\n"
		    "doctor [OPTION...]\n"
		    "check FILE [OPTION...]",
	.doc = "Choose and inspect the G-stage page-table formats of RISC-V "
	       "virtual machines.\v"
	       "  modes    list the formats of this host\n"
	       "  exec     run an unmodified VMM: choose the format of its VMs, align their memory\n"
	       "  set      change the format of a running VM\n"
	       "  vms      list the VMs of this host and the size of their page tables\n"
	       "  show     show the page tables and counters of one VM\n"
	       "  dump     show which memory a VM's page tables map\n"
	       "  walk     show how one guest physical address is translated\n"
	       "  top      show VMs and their page faults live\n"
	       "  explain  show what a TLB miss costs in each format, or why a VM has small leaves\n"
	       "  doctor   check whether this host is well set up\n"
	       "  check    check a dump of page tables or an image of memory for errors\n"
	       "\n"
	       "See \"gstage COMMAND --help\" and gstage(1).  All commands except \"exec\" without --mode, "
	       "\"explain --modes\", \"doctor\" and \"check\" need gstage's kvm.ko.\n",
};

int main(int argc, char **argv)
{
	struct arguments args = { NULL, 0 };

	argp_err_exit_status = STATUS_USAGE;
	/* In order: options after the command's name belong to the command. */
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args) || !args.command)
		return STATUS_USAGE;

	argc -= args.first;
	argv += args.first;
	argv[0] = args.command->full_name;
	return args.command->run(argc, argv);
}
