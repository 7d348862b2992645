// SPDX-License-Identifier: GPL-2.0-only
/*
 * The counters cycle, instret and hpmcounter3, and the PMU extension of the SBI for them. All count
 * instructions, and the last one also raw events. None ever overflows: with Sscofpmf, scountovf
 * is 0.
 */
#include "bits.h"
#include "sbi.h"

/* Counters have the number of their CSR. Number 1 is the time. */
#define COUNTERS (BIT(COUNTER_CYCLE) | BIT(COUNTER_INSTRET) | BIT(COUNTER_HPM3))
#define CSRS     0xc00
/* Bits 17 to 12 of what GET_INFO returns: the width, minus 1. */
#define WIDTH_64 (63u << 12)

enum { NUM_COUNTERS, GET_INFO, CONFIG_MATCHING, START, STOP };
enum { EVENT_CYCLES = 1, EVENT_INSTRUCTIONS = 2, EVENT_RAW = 0x20000 };
/*
 * Raw events: page-table entries that the hart has read to translate accesses of guests, and fences
 * of the hypervisor that it has executed (HFENCE and HINVAL).
 */
enum { RAW_GUEST_PTES = 1, RAW_HFENCES };
/* Flags of CONFIG_MATCHING, START and STOP. */
#define SKIP_MATCH  BIT(0)
#define CLEAR_VALUE BIT(1)
#define AUTO_START  BIT(2)
#define SET_VALUE   BIT(0)
#define STOP_RESET  BIT(0)

static bool inhibited(struct hart *h, unsigned n)
{
	return h->c.mcountinhibit & BIT(n) && !SEED(INHIBIT);
}

/* What the counter adds up, since the hart was made. */
static u64 events(struct hart *h, unsigned n)
{
	if (n != COUNTER_HPM3 || !h->c.event)
		return h->instret;
	return h->c.event == RAW_HFENCES ? h->hfences : h->guest_ptes;
}

u64 counter_read(struct hart *h, unsigned n)
{
	return h->c.counter[n] + (inhibited(h, n) ? 0 : events(h, n));
}

void counter_write(struct hart *h, unsigned n, u64 value)
{
	h->c.counter[n] = value - (inhibited(h, n) ? 0 : events(h, n));
}

/* Write mcountinhibit. Each counter keeps its value. */
void counters_inhibit(struct hart *h, u64 mask)
{
	u64 values[NCOUNTERS];

	for (unsigned n = 0; n < NCOUNTERS; n++)
		values[n] = counter_read(h, n);
	h->c.mcountinhibit = mask & COUNTERS;
	for (unsigned n = 0; n < NCOUNTERS; n++)
		counter_write(h, n, values[n]);
}

static void inhibit(struct hart *h, u64 mask, bool on)
{
	u64 old = h->c.mcountinhibit;

	counters_inhibit(h, on ? old | mask : old & ~mask);
}

/* The counters in a0 (the first) and a1 (a mask); 0 if one of them does not exist. */
static u64 chosen(const struct call *c)
{
	u64 mask = c->a[0] < 64 ? (u64)c->a[1] << c->a[0] : 0;

	if (mask >> (c->a[0] & 63) != c->a[1] || mask & ~COUNTERS)
		return 0;
	return mask;
}

/* The counters that can count an event. */
static u64 matching(u64 event, u64 data)
{
	switch (event) {
	case EVENT_CYCLES:
		return ~BIT(COUNTER_INSTRET);
	case EVENT_INSTRUCTIONS:
		return ~BIT(COUNTER_CYCLE);
	case EVENT_RAW:
		return data == RAW_GUEST_PTES || data == RAW_HFENCES ? BIT(COUNTER_HPM3) : 0;
	}
	return 0;
}

/* Let hpmcounter3 count a raw event, or instructions again. It keeps its value. */
static void set_event(struct hart *h, u64 event)
{
	u64 value = counter_read(h, COUNTER_HPM3);

	h->c.event = event;
	counter_write(h, COUNTER_HPM3, value);
}

static s64 config_matching(struct hart *h, struct call *c)
{
	u64 mask = c->a[0] < 64 ? (u64)c->a[1] << c->a[0] & COUNTERS : 0, flags = c->a[2];

	if (!mask)
		return SBI_INVALID_PARAM;
	if (!(flags & SKIP_MATCH)) {
		mask &= matching(c->a[3], c->a[4]);
		if (!mask)
			return SBI_NOT_SUPPORTED;
	}
	c->value = __builtin_ctzll(mask);
	if (c->value == COUNTER_HPM3 && !(flags & SKIP_MATCH))
		set_event(h, c->a[3] == EVENT_RAW && !SEED(EVENT) ? c->a[4] : 0);
	if (flags & CLEAR_VALUE)
		counter_write(h, c->value, 0);
	if (flags & AUTO_START)
		inhibit(h, BIT(c->value), false);
	return SBI_OK;
}

static s64 start(struct hart *h, struct call *c)
{
	u64 mask = chosen(c);
	u64 value = XLEN == 64 ? c->a[3] : c->a[3] | (u64)c->a[4] << 32;

	if (!mask)
		return SBI_INVALID_PARAM;
	if (mask & ~h->c.mcountinhibit)
		return SBI_ALREADY_STARTED;
	for (unsigned n = 0; n < NCOUNTERS && c->a[2] & SET_VALUE; n++)
		if (mask & BIT(n))
			counter_write(h, n, value);
	inhibit(h, mask, false);
	return SBI_OK;
}

static s64 stop(struct hart *h, struct call *c)
{
	u64 mask = chosen(c);

	if (!mask)
		return SBI_INVALID_PARAM;
	/* A reset also gives up the event, which is done for counters that stand still, too. */
	if (mask & h->c.mcountinhibit && !(c->a[2] & STOP_RESET))
		return SBI_ALREADY_STOPPED;
	inhibit(h, mask, true);
	return SBI_OK;
}

s64 pmu_call(struct hart *h, struct call *c)
{
	switch (c->fid) {
	case NUM_COUNTERS:
		c->value = NCOUNTERS;
		return SBI_OK;
	case GET_INFO:
		if (c->a[0] >= NCOUNTERS || !(COUNTERS & BIT(c->a[0])))
			return SBI_INVALID_PARAM;
		c->value = (CSRS + c->a[0]) | WIDTH_64;
		return SBI_OK;
	case CONFIG_MATCHING:
		return config_matching(h, c);
	case START:
		return start(h, c);
	case STOP:
		return stop(h, c);
	}
	return SBI_NOT_SUPPORTED;
}
