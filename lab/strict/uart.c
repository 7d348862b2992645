// SPDX-License-Identifier: GPL-2.0-only
/* Serial ports, 16550A. Output is immediate. Only the last port has input. */
#include "strict.h"

enum { THR = 0, IER = 1, IIR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };
enum {
	IER_RDI = 1,
	IER_THRI = 2,
	LSR_DATA = 1,
	LCR_DLAB = 0x80,
	MCR_LOOP = 0x10,
	LSR_EMPTY = 0x60
};

static bool has_data(const struct uart *u)
{
	return u->in && *u->in;
}

static void level(struct machine *m, unsigned n)
{
	struct uart *u = &m->uart[n];

	plic_level(m, n + 1, (u->thri && u->ier & IER_THRI) || (has_data(u) && u->ier & IER_RDI));
}

void uart_input(struct machine *m, unsigned n, const char *text)
{
	m->uart[n].in = text;
	level(m, n);
}

u8 uart_load(struct machine *m, unsigned n, unsigned reg)
{
	struct uart *u = &m->uart[n];
	u8 value;

	switch (reg) {
	case THR:
		if (u->lcr & LCR_DLAB)
			return u->div & 0xff;
		value = has_data(u) ? *u->in++ : 0;
		level(m, n);
		return value;
	case IER:
		return u->lcr & LCR_DLAB ? u->div >> 8 : u->ier;
	case IIR:
		value = u->fcr & 1 ? 0xc0 : 0;
		if (has_data(u) && u->ier & IER_RDI)
			return value | 4;
		if (!(u->thri && u->ier & IER_THRI))
			return value | 1;
		u->thri = false;
		level(m, n);
		return value | 2;
	case LCR:
		return u->lcr;
	case MCR:
		return u->mcr;
	case LSR:
		return LSR_EMPTY | (has_data(u) ? LSR_DATA : 0);
	case MSR:
		if (u->mcr &
		    MCR_LOOP) /* RTS, DTR, OUT1 and OUT2 are looped back as CTS, DSR, RI and DCD */
			return (u->mcr & 2) << 3 | (u->mcr & 1) << 5 | (u->mcr & 4) << 4 |
			       (u->mcr & 8) << 4;
		return 0xb0;
	default:
		return u->scr;
	}
}

void uart_store(struct machine *m, unsigned n, unsigned reg, u8 value)
{
	struct uart *u = &m->uart[n];

	switch (reg) {
	case THR:
		if (u->lcr & LCR_DLAB) {
			u->div = (u->div & 0xff00) | value;
			break;
		}
		if (u->out) {
			fputc(value, u->out);
			if (value == '\n')
				fflush(u->out);
		}
		if (n == UARTS - 1)
			jobs_heard(m, value);
		u->thri = true;
		break;
	case IER:
		if (u->lcr & LCR_DLAB) {
			u->div = (u->div & 0xff) | value << 8;
			break;
		}
		if (value & ~u->ier & IER_THRI)
			u->thri = true;
		u->ier = value & 15;
		break;
	case IIR:
		u->fcr = value;
		break;
	case LCR:
		u->lcr = value;
		break;
	case MCR:
		u->mcr = value;
		break;
	case SCR:
		u->scr = value;
		break;
	}
	level(m, n);
}
