/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * gstage explain has two subjects: the formats of this host (explain.c), and a VM (explain-vm.c).
 */
#ifndef GSTAGE_CLI_COMMANDS_EXPLAIN_H
#define GSTAGE_CLI_COMMANDS_EXPLAIN_H

struct table_args;

/* Say why the leaves of the VM @name are as small as they are. Return: the exit status. */
int explain_vm(const char *name, const struct table_args *args);

#endif
