/* SPDX-License-Identifier: GPL-2.0-only */
/* The program of a running VMM. */
#ifndef GSTAGE_CLI_VMS_VMM_H
#define GSTAGE_CLI_VMS_VMM_H

#include <stdbool.h>
#include <stddef.h>

/**
 * vmm_version() - ask the program of a process for its version
 * @process: the process
 * @buf: set to the first line that the program prints with --version
 * @size: the size of @buf
 *
 * Only programs that are known to be VMMs are asked. The program runs as the user of the process,
 * with an empty environment and for at most ten seconds.
 *
 * Return: false if the version is not known.
 */
bool vmm_version(int process, char *buf, size_t size);

/* Does the preload library of `gstage exec` align the memory of this process? */
bool vmm_is_aligned(int process);

#endif
