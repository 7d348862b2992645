/* SPDX-License-Identifier: GPL-2.0-only */
/* The full-screen display of gstage top. */
#ifndef GSTAGE_CLI_TERMINAL_H
#define GSTAGE_CLI_TERMINAL_H

#include "vms/rates.h"

/** struct view - what the user chose to see */
struct view {
	int column; /* sort by this column */
	bool reverse;
	size_t first; /* the row at the top of the screen */
};

enum view_key { VIEW_TIMEOUT, VIEW_LOOK, VIEW_REDRAW, VIEW_QUIT };

/* Return: 0, or the exit status after an error was reported. */
int terminal_open(void);
void terminal_close(void);

/* Draw a sample. The caller has sorted it. */
void terminal_draw(struct view *view, const struct sample *sample);

/* Wait at most @seconds for a key, and change @view as the key says. */
enum view_key terminal_wait(struct view *view, double seconds);

#endif
