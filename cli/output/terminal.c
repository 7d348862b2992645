// SPDX-License-Identifier: GPL-2.0-only
/* The full-screen display of gstage top, with ncurses. */
#include <curses.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"
#include "output/output.h"
#include "output/terminal.h"

/* Lines above the rows: totals, keys, column headings. */
#define HEAD 3

static SCREEN *screen;

int terminal_open(void)
{
	const char *term = getenv("TERM");

	setlocale(LC_ALL, "");
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return fail(STATUS_FAILED, "no-terminal",
			    "Set TERM to a terminal type that this host knows (\"TERM=vt100 gstage "
			    "top\"), or use --batch.",
			    "cannot use the terminal '%s'", term ? term : "");
	error_call_before(terminal_close);
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	/* This fails on terminals that cannot hide the cursor. */
	curs_set(0);
	return 0;
}

void terminal_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

/* Print a line of text, cut to the width of the screen. */
static void put(int line, const char *text)
{
	mvaddnstr(line, 0, text, COLS);
	clrtoeol();
}

static void draw_totals(const struct sample *sample)
{
	char text[256], bytes[16], mapped[16], clock[16] = "";
	uint64_t tables = 0, table_bytes = 0, all = 0;
	time_t now = time(NULL);
	struct tm tm;
	size_t i;

	for (i = 0; i < sample->count; i++) {
		const struct stats *s = &sample->rows[i].info.stats;

		tables += stats_number(s, "tables");
		table_bytes += stats_number(s, "table_bytes");
		all += stats_mapped(s);
	}
	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "gstage top - %s  %zu VM%s, %llu tables of %s map %s", clock,
		 sample->count, sample->count == 1 ? "" : "s", (unsigned long long)tables,
		 size_text(table_bytes, bytes), size_text(all, mapped));
	put(0, text);
	put(1, "q quit   < > sort   r reverse   up, down scroll   space look now");
}

static void draw_headings(const struct view *view)
{
	int i, x = 0;

	move(2, 0);
	clrtoeol();
	for (i = 0; i < COLUMNS_COUNT && x < COLS; i++) {
		const struct column *c = &columns[i];
		char text[32];

		snprintf(text, sizeof(text), "%*s", c->width, c->heading);
		attrset(i == view->column ? A_REVERSE | A_BOLD : A_BOLD);
		mvaddnstr(2, x, text, COLS - x);
		attrset(A_NORMAL);
		x += abs(c->width) + 1;
	}
}

static void draw_row(int line, const struct row *row)
{
	char text[512], cell[64];
	size_t len = 0;
	int i;

	for (i = 0; i < COLUMNS_COUNT; i++) {
		columns[i].cell(row, columns[i].which, cell);
		/* Cut a long name: the next columns must stay in place. */
		len += snprintf(text + len, sizeof(text) - len, "%*.*s ", columns[i].width,
				abs(columns[i].width), cell);
	}
	put(line, text);
}

void terminal_draw(struct view *view, const struct sample *sample)
{
	size_t room = LINES > HEAD ? LINES - HEAD : 0, i;

	if (view->first + room > sample->count)
		view->first = sample->count > room ? sample->count - room : 0;
	draw_totals(sample);
	draw_headings(view);
	for (i = 0; i < room; i++) {
		if (view->first + i < sample->count)
			draw_row(HEAD + i, &sample->rows[view->first + i]);
		else
			put(HEAD + i, i || sample->count ? "" : "There are no VMs.");
	}
	refresh();
}

enum view_key terminal_wait(struct view *view, double seconds)
{
	timeout(seconds > 0 ? (int)(seconds * 1000) : 0);
	switch (getch()) {
	case ERR:
		return VIEW_TIMEOUT;
	case 'q':
	case 'Q':
		return VIEW_QUIT;
	case ' ':
		return VIEW_LOOK;
	case '<':
	case KEY_LEFT:
		view->column = (view->column + COLUMNS_COUNT - 1) % COLUMNS_COUNT;
		break;
	case '>':
	case KEY_RIGHT:
		view->column = (view->column + 1) % COLUMNS_COUNT;
		break;
	case 'r':
		view->reverse = !view->reverse;
		break;
	case KEY_UP:
		view->first -= view->first > 0;
		break;
	case KEY_DOWN:
		/* terminal_draw() stops at the last row. */
		view->first++;
		break;
	case KEY_RESIZE:
		erase();
		break;
	}
	return VIEW_REDRAW;
}
