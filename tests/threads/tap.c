// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * TAP for programs with threads.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "tap.h"

#define NOTES 8

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char notes[NOTES][200];
static unsigned int noted; /* tap_broken() reads this without the lock */
static unsigned int results, failed;

void tap_plan(unsigned int planned)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%u\n", planned);
}

void tap_result(bool ok, const char *fmt, ...)
{
	va_list ap;

	failed += !ok;
	printf("%sok %u - ", ok ? "" : "not ", ++results);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
}

void tap_note(const char *fmt, ...)
{
	unsigned int n;
	va_list ap;

	pthread_mutex_lock(&lock);
	n = __atomic_fetch_add(&noted, 1, __ATOMIC_RELAXED);
	if (n < NOTES) {
		va_start(ap, fmt);
		vsnprintf(notes[n], sizeof(notes[n]), fmt, ap);
		va_end(ap);
	}
	pthread_mutex_unlock(&lock);
}

bool tap_broken(void)
{
	return __atomic_load_n(&noted, __ATOMIC_RELAXED);
}

bool tap_notes_told(void)
{
	unsigned int n;

	pthread_mutex_lock(&lock);
	n = noted;
	for (unsigned int i = 0; i < n && i < NOTES; i++)
		printf("# %s\n", notes[i]);
	if (n > NOTES)
		printf("# ... and %u more\n", n - NOTES);
	__atomic_store_n(&noted, 0, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&lock);
	return !n;
}

int tap_status(void)
{
	return failed != 0;
}
