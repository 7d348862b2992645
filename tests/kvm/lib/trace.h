/* SPDX-License-Identifier: GPL-2.0-only */
/* The tracepoints of a VM, read as text from tracefs, in an instance of its own. */
#ifndef TESTS_KVM_TRACE_H
#define TESTS_KVM_TRACE_H

#include "vm.h"

/**
 * struct event - a line of the trace
 * @name: without "kvm_gstage_"
 * @vm: the fields, 0 where there are none of that name
 * @words: all of the text behind the name
 */
struct event {
	char name[16];
	long vm, vcpu, level, pages;
	u64 gpa, size, pa;
	char mode[16];
	char words[256];
};

/** trace_file() - a path below our instance of tracefs, which there is from then on */
const char *trace_file(const char *name);

/** trace_start() - empty the trace, and trace what this VM does from now on */
void trace_start(const struct vm *vm);

/** trace_stop() - trace no more. Return: how many events there were; ends the program if any was
 * lost */
unsigned int trace_stop(void);

/** trace_end() - give the instance back */
void trace_end(void);

/** trace_event() - one of the events of the last trace_stop() */
const struct event *trace_event(unsigned int i);

/** traced() - of those called @name, how many */
unsigned int traced(const char *name);

/** trace_find() - the first called @name, at @gpa; NULL: none */
const struct event *trace_find(const char *name, u64 gpa);

/** traced_as() - is there one event called @name at @gpa, and with these? Tells where not. */
bool traced_as(const struct vm *vm, const char *name, u64 gpa, u64 size, int level);

#endif
