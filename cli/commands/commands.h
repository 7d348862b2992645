/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands, one file each. */
#ifndef GSTAGE_CLI_COMMANDS_H
#define GSTAGE_CLI_COMMANDS_H

/* argv[0] is the name of the command for messages, such as "gstage modes". */
int cmd_modes(int argc, char **argv);
int cmd_exec(int argc, char **argv);
int cmd_set(int argc, char **argv);
int cmd_vms(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_dump(int argc, char **argv);
int cmd_walk(int argc, char **argv);
int cmd_top(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_check(int argc, char **argv);

#endif
