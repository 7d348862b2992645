/* SPDX-License-Identifier: GPL-2.0-only */
/* A child that shares the test's memory after a fork, and looks at it later. */
#ifndef TESTS_KVM_CHILD_H
#define TESTS_KVM_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct child - a child that waits
 * @pid: its process
 * @go: tells it to look
 */
struct child {
	pid_t pid;
	int go;
};

/** child_begin() - fork a child that waits until it is to @look */
struct child child_begin(bool (*look)(void));

/** child_end() - let the child look, and end. Return: what it answers */
bool child_end(struct child *child);

#endif
