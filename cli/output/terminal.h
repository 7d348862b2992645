/* SPDX-License-Identifier: GPL-2.0-only */
/* The terminal of gstage top. */
#ifndef GSTAGE_CLI_TERMINAL_H
#define GSTAGE_CLI_TERMINAL_H

#include "vms/rates.h"

/** struct view - what the user chose of what is shown */
struct view {
	int column;		/* to sort by */
	bool reverse;
	size_t first;		/* row at the top */
};

enum view_key { VIEW_TIMEOUT, VIEW_LOOK, VIEW_REDRAW, VIEW_QUIT };

/* Return: 0, or an exit status after having reported the cause. */
int terminal_open(void);
void terminal_close(void);

/* Show a sample, sorted already. */
void terminal_draw(struct view *view, const struct sample *sample);

/* Wait for a key, but no longer than @seconds, and do what it asks of @view. */
enum view_key terminal_wait(struct view *view, double seconds);

#endif
