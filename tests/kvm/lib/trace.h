/* SPDX-License-Identifier: GPL-2.0-only */
/* Read the tracepoints of one VM from tracefs, as text, in a trace instance of the test. */
#ifndef TESTS_KVM_TRACE_H
#define TESTS_KVM_TRACE_H

#include "vm.h"

/**
 * struct event - a line of the trace
 * @name: the name of the event without "kvm_gstage_"
 * @vm: a field of the event, like @vcpu, @level, @pages, @gpa, @size and @pa; 0 if the event
 *	does not have it
 * @mode: the field of that name; empty or "0" if the event does not have it
 * @words: all text after the name
 */
struct event {
	char name[16];
	long vm, vcpu, level, pages;
	u64 gpa, size, pa;
	char mode[16];
	char words[256];
};

/** trace_file() - the path of a file in the test's trace instance; creates the instance */
const char *trace_file(const char *name);

/** trace_start() - clear the trace, and record the events of this VM from now on */
void trace_start(const struct vm *vm);

/**
 * trace_stop() - stop to record, and read the events
 *
 * The program ends if events were lost.
 *
 * Return: the number of events
 */
unsigned int trace_stop(void);

/** trace_end() - remove the test's trace instance */
void trace_end(void);

/** trace_event() - event number @i of the last trace_stop() */
const struct event *trace_event(unsigned int i);

/** traced() - the number of events with the name @name */
unsigned int traced(const char *name);

/** trace_find() - the first event @name at @gpa; NULL if there is none */
const struct event *trace_find(const char *name, u64 gpa);

/**
 * traced_as() - does the first event @name at @gpa have these fields, and the VM's mode?
 *
 * Prints what is different.
 */
bool traced_as(const struct vm *vm, const char *name, u64 gpa, u64 size, int level);

#endif
