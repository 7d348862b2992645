// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Many threads on one space: no update is lost, each answer was true at some time, and the
 * counters are right.
 *
 * test_storm [ROUNDS [nograce]]: the number of rounds of each worker, for each format. With
 * nograce, freed tables are used again at once: readers without a lock must then fail.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storm.h"

static bool grace = true;

static void begin(const struct gst_format *fmt)
{
	static struct mem_source source;
	const struct op anchor = { OP_MAP, ANCHOR_GPA, PAGE, ANCHOR_GPA + PA_OFFSET, RW, 0, 0, 0 };

	source.pages = 0;
	mem_init(grace);
	for (unsigned int block = 0; block < OWNED; block++)
		truth_end(block, 0, PAGES, 0, 0, false);
	EXPECT(!gst_init(&storm.space, &mem_ops, NULL, fmt), "gst_init() failed");
	EXPECT(!op_run_alone(&storm.space, &anchor, &source), "the first gst_map() failed");
	mem_source_empty(&source);
}

static void run_all(void)
{
	pthread_t threads[WORKERS + READERS];
	unsigned int n = 0;

	storm.working = WORKERS;
	storm.begun = storm.ended = 0;
	storm.shared_ops = storm.retries = storm.busy = storm.alone = storm.no_memory = 0;
	storm.answers = storm.exact = 0;
	for (unsigned int i = 0; i < WORKERS + READERS; i++)
		if (pthread_create(&threads[n], NULL, i < WORKERS ? worker : reader,
				   (void *)(uintptr_t)(i < WORKERS ? i : i - WORKERS))) {
			tap_note("pthread_create() failed");
			__atomic_fetch_sub(&storm.working, i < WORKERS, __ATOMIC_RELAXED);
		} else {
			n++;
		}
	while (n)
		pthread_join(threads[--n], NULL);
}

static void end(const struct gst_format *fmt)
{
	struct gst_space *space = &storm.space;
	unsigned long leaves = 0;

	tap_result(tap_notes_told(), "%s: no update is lost, and each answer is true", fmt->name);
	printf("# %llu operations in shared entry: %llu times EAGAIN, %llu EBUSY, %llu ENOMEM; "
	       "%llu alone\n",
	       LL(storm.shared_ops), LL(storm.retries), LL(storm.busy), LL(storm.no_memory),
	       LL(storm.alone));
	printf("# %llu answers to readers; %llu were checked exactly; %lu pages freed\n",
	       LL(storm.answers), LL(storm.exact), mem_freed());
	check_all("at the end");
	EXPECT(mem_live() == space->tables + 4, "%lu pages in use, but %lu tables and a root",
	       mem_live(), space->tables);
	tap_result(tap_notes_told(), "%s: at the end, invariants and counters hold", fmt->name);
	gst_destroy(space);
	for (unsigned int level = 0; level < GST_LEVELS_MAX; level++)
		leaves += space->leaves[level];
	EXPECT(!space->tables && !mem_live(), "%lu tables and %lu pages are left", space->tables,
	       mem_live());
	EXPECT(!space->napots && !leaves, "%lu leaves are left", leaves);
	tap_result(tap_notes_told(), "%s: gst_destroy() leaves nothing", fmt->name);
	tap_result(storm.retries && storm.no_memory && storm.exact && mem_freed() &&
			   (storm.busy || GST_XLEN == 32),
		   "%s: races, refusals and frees occurred", fmt->name);
}

int main(int argc, char **argv)
{
	unsigned int formats = 0;

	for (unsigned int f = 0; f < GST_FORMATS; f++)
		formats += gst_formats[f].xlen == GST_XLEN;
	storm.rounds = argc > 1 ? (unsigned int)strtoul(argv[1], NULL, 0) : 1000;
	grace = argc <= 2 || strcmp(argv[2], "nograce");
	pthread_rwlock_init(&storm.lock, NULL);
	tap_plan(4 * formats);
	for (unsigned int f = 0; f < GST_FORMATS; f++) {
		if (gst_formats[f].xlen != GST_XLEN)
			continue;
		begin(&gst_formats[f]);
		run_all();
		end(&gst_formats[f]);
	}
	return tap_status();
}
