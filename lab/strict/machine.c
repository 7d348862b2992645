// SPDX-License-Identifier: GPL-2.0-only
/* The machine: memory, devices by address, and the choice of the next hart. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bits.h"

static void *zeroed(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED) {
		perror("strict: memory");
		exit(2);
	}
	return p;
}

/* The configuration has new liberties: prepare the hart for them. */
void begin_liberties(struct hart *h)
{
	if (!h->cache)
		cache_init(h);
	h->early = h->m->cfg.early;
}

struct machine *machine_new(const struct config *cfg)
{
	struct machine *m = zeroed(sizeof(*m));

	m->cfg = *cfg;
	m->rng = cfg->seed;
	m->visible = 1; /* 0 is none: see early.c */
	m->ram_size = cfg->mem;
	m->ram = zeroed(m->ram_size);
	m->code = zeroed(m->ram_size / PAGE_SIZE * sizeof(*m->code));
	m->gone = zeroed(m->ram_size / PAGE_SIZE);
	m->report = stderr;
	for (unsigned n = 0; n < cfg->harts; n++) {
		struct hart *h = m->hart[n] = zeroed(sizeof(*h));

		h->m = m;
		h->id = n;
		if (cfg->trace)
			h->events = zeroed(EVENTS * sizeof(*h->events));
		h->ordered = m->visible;
		begin_liberties(h);
		h->ctx_base = CONTEXT_MAX;
		fast_flush(h);
	}
	return m;
}

void machine_free(struct machine *m)
{
	for (unsigned n = 0; n < m->cfg.harts; n++) {
		cache_free(m->hart[n]);
		if (m->hart[n]->events)
			munmap(m->hart[n]->events, EVENTS * sizeof(*m->hart[n]->events));
		munmap(m->hart[n], sizeof(*m->hart[n]));
	}
	for (u64 page = 0; page < m->ram_size / PAGE_SIZE; page++)
		free(m->code[page]);
	while (m->free_code) {
		struct code *c = m->free_code;

		m->free_code = c->next_free;
		free(c);
	}
	munmap(m->gone, m->ram_size / PAGE_SIZE);
	munmap(m->code, m->ram_size / PAGE_SIZE * sizeof(*m->code));
	munmap(m->ram, m->ram_size);
	munmap(m, sizeof(*m));
}

void machine_end(struct machine *m, int status, const char *why)
{
	if (why)
		fprintf(stderr, "strict: %s\n", why);
	m->over = true;
	m->status = status;
}

/* Time is the number of instructions, plus the time that was skipped while all harts waited. */
u64 machine_time(struct machine *m)
{
	struct hart *h = m->running;

	return (m->clock + (h ? h->instret - h->slice_start : 0)) / m->cfg.ticks_per;
}

u64 mmio_load(struct hart *h, u64 pa, unsigned size, bool *ok)
{
	if (pa >= UART_BASE && pa < UART_BASE + UARTS * UART_SIZE)
		return size == 1 ? uart_load(h->m, (pa - UART_BASE) / UART_SIZE, pa & 7) : 0;
	if (pa >= PLIC_BASE && pa < PLIC_BASE + PLIC_SIZE)
		return size == 4 ? plic_load(h->m, pa - PLIC_BASE) : 0;
	if (pa >= FINISHER && pa < FINISHER + PAGE_SIZE)
		return 0;
	*ok = false;
	return 0;
}

bool mmio_store(struct hart *h, u64 pa, u64 value, unsigned size)
{
	if (pa >= UART_BASE && pa < UART_BASE + UARTS * UART_SIZE) {
		if (size == 1)
			uart_store(h->m, (pa - UART_BASE) / UART_SIZE, pa & 7, value);
	} else if (pa >= PLIC_BASE && pa < PLIC_BASE + PLIC_SIZE) {
		if (size == 4)
			plic_store(h->m, pa - PLIC_BASE, value);
	} else if (pa == FINISHER) {
		/*
		 * SiFive's test finisher: 0x5555 is success, 0x3333 is failure with a code in the
		 * upper half.
		 */
		machine_end(h->m, (value & 0xffff) == 0x3333 ? (int)(value >> 16 & 0xff) : 0, NULL);
		h->stop = 0;
	} else {
		return false;
	}
	return true;
}

static bool ready(struct hart *h)
{
	if (!h->online)
		return false;
	if (h->waiting && pending_interrupts(h) & h->c.mie)
		h->waiting = false;
	return !h->waiting;
}

/* A hart that stalls gets a turn only if all others wait. */
static struct hart *next_hart(struct machine *m)
{
	unsigned first = rnd(m) % m->cfg.harts;
	struct hart *stalled = NULL;

	for (unsigned n = 0; n < m->cfg.harts; n++) {
		struct hart *h = m->hart[(first + n) % m->cfg.harts];

		if (!ready(h))
			continue;
		if (h->stalled <= m->clock)
			return h;
		stalled = h;
	}
	return stalled;
}

/* All harts wait: skip to the next timer. */
static void skip_time(struct machine *m)
{
	u64 next = ~0ull, now = machine_time(m);

	for (unsigned n = 0; n < m->cfg.harts; n++) {
		struct csrs *c = &m->hart[n]->c;
		u64 vs = c->vstimecmp - c->htimedelta;

		if (!m->hart[n]->online)
			continue;
		if (c->mie & IRQ_ST && c->stimecmp > now && c->stimecmp < next)
			next = c->stimecmp;
		if (c->mie & IRQ_VST && c->vstimecmp != ~0ull && vs > now && vs < next)
			next = vs;
	}
	if (next == ~0ull) {
		machine_end(m, 2, "all harts wait for an interrupt that will never come");
		return;
	}
	m->clock = next * m->cfg.ticks_per;
}

static u64 slice(struct machine *m)
{
	u64 r = rnd(m);

	if (!m->cfg.jitter)
		return 1 + (r >> 8) % m->cfg.slice;
	switch (r & 7) {
	case 0:
	case 1:
		return 1 + (r >> 8) % 16;
	case 7:
		return 1 + (r >> 8) % (m->cfg.slice * 4);
	default:
		return 1 + (r >> 8) % m->cfg.slice;
	}
}

/* What a hart may do without an instruction. */
static void liberties(struct hart *h)
{
	struct machine *m = h->m;

	if (h->buffered)
		buffer_drain_some(h);
	if (m->cfg.speculate && chance(m, 4))
		speculate(h);
	if (m->cfg.keep) {
		if (chance(m, 16))
			fast_flush(h);
		if (chance(m, 20000))
			cache_forget(h);
	}
}

void machine_run(struct machine *m)
{
	struct hart *last = NULL;

	while (!m->over) {
		struct hart *h = next_hart(m);

		if (!h) {
			skip_time(m);
			continue;
		}
		if (last && last != h)
			last->reserved = ~0ull;
		last = h;
		h->slice_start = h->instret;
		m->running = h;
		liberties(h);
		hart_run(h, slice(m));
		m->running = NULL;
		m->clock += h->instret - h->slice_start;
		if (unlikely(m->begin_jobs))
			jobs_begin(m);
		if (unlikely(m->cfg.limit && m->clock > m->cfg.limit))
			machine_end(m, 4, "the limit of instructions is reached");
	}
}
