/* SPDX-License-Identifier: GPL-2.0-only */
/* A child that shares the test's memory after a fork, and checks it later. */
#ifndef TESTS_KVM_CHILD_H
#define TESTS_KVM_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct child - a child that waits before it checks its memory
 * @pid: its process
 * @go: the write end of the pipe that it waits for
 */
struct child {
	pid_t pid;
	int go;
};

/** child_begin() - fork a child that calls @look when child_end() tells it to */
struct child child_begin(bool (*look)(void));

/** child_end() - let the child call its look() and exit. Return: what look() returned */
bool child_end(struct child *child);

#endif
