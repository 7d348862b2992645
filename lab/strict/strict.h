/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lab/strict: a deterministic RISC-V machine that takes every liberty that the privileged
 * specification allows. docs/STRICT.md explains it.
 */
#ifndef STRICT_H
#define STRICT_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "seed.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define BIT(n)      (1ull << (n))
/* Bits hi to lo of x, moved down to bit 0. */
#define BITS(x, hi, lo) (((u64)(x) >> (lo)) & (~0ull >> (63 - (hi) + (lo))))

#include "xlen.h"

#define HARTS_MAX 8
#define PAGE_SIZE 4096ull
#define PAGE_MASK (PAGE_SIZE - 1)
#define RAM_BASE  0x80000000ull
#define UART_BASE 0x10000000ull
#define UART_SIZE 0x100ull
#define UARTS     3
#define PLIC_BASE 0xc000000ull
#define PLIC_SIZE 0x4000000ull
#define FINISHER  0x100000ull
#define TIMEBASE  10000000u

enum priv { U_MODE = 0, S_MODE = 1, M_MODE = 3 };
enum access { LOAD, STORE, FETCH, ACCESSES };
enum stage { STAGE_S, STAGE_VS, STAGE_G };

/* Exception codes. */
enum {
	E_FETCH_MISALIGNED = 0,
	E_FETCH_ACCESS = 1,
	E_ILLEGAL = 2,
	E_BREAKPOINT = 3,
	E_LOAD_MISALIGNED = 4,
	E_LOAD_ACCESS = 5,
	E_STORE_MISALIGNED = 6,
	E_STORE_ACCESS = 7,
	E_ECALL_U = 8,
	E_ECALL_S = 9,
	E_ECALL_VS = 10,
	E_ECALL_M = 11,
	E_FETCH_PAGE = 12,
	E_LOAD_PAGE = 13,
	E_STORE_PAGE = 15,
	E_FETCH_GUEST = 20,
	E_LOAD_GUEST = 21,
	E_VIRTUAL = 22,
	E_STORE_GUEST = 23,
};

/* The configuration of the machine, and the liberties that it takes. */
struct config {
	unsigned harts;
	u64 mem;
	u64 seed;
	u64 ticks_per;  /* instructions of the machine for one tick of `time` */
	unsigned slice; /* the most instructions that a hart executes in one turn, mostly */
	u64 satp_modes, hgatp_modes; /* bit n: MODE n is implemented */
	unsigned asid_bits, vmid_bits;
	bool svadu, svnapot, svpbmt, svvptc, sstc, svinval, sscofpmf;
	bool firmware; /* the machine implements the SBI, and no software runs in M-mode */
	/* Liberties. */
	bool keep; /* page-table entries are kept until a fence, or dropped by chance */
	bool speculate;
	bool buffer;     /* stores wait in a buffer */
	bool early;      /* loads may be made before those in front of them; needs buffer */
	bool weak_tinst; /* htinst is zero wherever the specification allows it */
	bool jitter;     /* turns have very different lengths, and harts stall */
	/* The tests. */
	bool trace;
	bool check; /* reports are on: V=1 with hgatp Bare, pages out of reach */
	u64 limit;  /* instructions after which the machine stops */
};

struct hart;
struct insn;
typedef void insn_fn(struct hart *h, const struct insn *i);

/* A decoded instruction. */
struct insn {
	insn_fn *fn;
	s32 imm;
	u32 raw;  /* 32 bits, also if the instruction is compressed */
	u16 half; /* the first 16 bits, as in memory */
	u8 len;
	u8 rd, rs1, rs2; /* rd is 32 for x0 and for no register: register 32 is never read */
	bool computes;   /* rd is computed from rs1 and rs2 alone */
};

#define INSNS_PER_PAGE (PAGE_SIZE / 2)
struct code {
	struct insn insn[INSNS_PER_PAGE];
	u64 pa;
	struct code *next_free;
};

/* The mode of an access. HLV, HSV and MPRV make it differ from the mode of the hart. */
struct view {
	u8 priv;
	bool virt;
	bool hlvx;  /* needs X, not R */
	bool hyper; /* HLV, HLVX or HSV */
	bool block; /* CBO.*: permitted as a load is, and its exceptions are those of a store */
};

/*
 * The fast path: pages of the present context. It holds results of translate(), and every fence
 * empties it. So it adds no liberty to those of cache.c.
 */
#define FAST_SIZE    1024
#define FAST_INVALID 8ull
#define CONTEXTS     16
#define CONTEXT_MAX  256
struct fast {
	u64 tag;    /* page | context << 4 */
	void *host; /* the page in the PC's memory; for FETCH, its struct code */
	u64 mask;   /* the size of the smallest leaf of its translation, minus 1 */
};

/* The registers that a translation depends on. */
struct context {
	u64 satp, vsatp, hgatp, status, vsstatus, priv, env;
};

/* Number 1 is the time, which is no counter. */
enum { COUNTER_CYCLE = 0, COUNTER_INSTRET = 2, COUNTER_HPM3, NCOUNTERS };

struct csrs {
	u64 mstatus, mtvec, mepc, mcause, mtval, mtval2, mtinst, mscratch, mie, mip, medeleg,
		mideleg;
	u64 menvcfg, mcounteren, mcountinhibit;
	u64 pmpaddr[64], pmpcfg[16];
	u64 stvec, sepc, scause, stval, sscratch, satp, senvcfg, scounteren, stimecmp;
	u64 hstatus, hedeleg, hideleg, hvip, hcounteren, hgatp, htval, htinst, htimedelta, henvcfg;
	u64 vsstatus, vstvec, vsepc, vscause, vstval, vsscratch, vsatp, vstimecmp;
	u64 fcsr;
	u64 counter[NCOUNTERS], event; /* pmu.c */
};

/* A fence of address translation. */
struct fence {
	enum stage stage;
	bool has_addr, has_asid, has_vmid;
	u64 addr, asid, vmid;
};
#define INVAL_MAX 64

struct trap {
	unsigned cause;
	u64 tval;
	u64 gpa;
	u64 tinst;
	bool gva; /* tval is a guest virtual address */
};

/* A store on its way to memory. */
struct pending {
	u64 pa;
	u64 value;
	u64 age; /* the hart's count of instructions when it was made */
	u8 size;
	u8 epoch; /* a store of a later epoch waits for those of earlier ones */
};
#define BUFFER_MAX 16

/* What a store has overwritten, and the number of the store before it with the same hash. */
#define PAST 4096
struct past {
	u64 pa, old, next;
	u8 hart;
};
#define LAST_LOADS 1024

#define SITES 4096

#define EVENTS 1000
struct event {
	u64 clock, pc, a, b;
	const char *what;
	u8 priv;
	bool virt;
};

struct hart {
	ux x[33];
	u64 f[32];
	ux pc, next;
	u64 instret, stop;       /* it runs while instret < stop */
	u64 guest_ptes, hfences; /* what it has read for guests, and executed: pmu.c */
	u64 ctx;                 /* number of the present context << 4 */
	unsigned ctx_base;       /* lower numbers are of contexts from before the last flush */
	u64 code_va;             /* the page that instructions are fetched from */
	struct code *code;
	unsigned buffered;
	bool early;
	u8 priv;
	bool virt;
	bool waiting; /* in WFI */
	bool online;
	bool must_look; /* an interrupt may have become pending or enabled */
	u64 stalled;    /* it gets no turn before this time, if another hart can have it */
	u64 slice_start;
	const struct insn *cur;
	struct machine *m;
	unsigned id;
	struct csrs c;
	u64 reserved; /* address of the reservation set, or ~0 */
	struct trap trap;
	jmp_buf env;
	struct fast fast[ACCESSES][FAST_SIZE];
	struct context contexts[CONTEXTS];
	unsigned contexts_used;
	struct pending pending[BUFFER_MAX];
	u8 epoch;
	u16 passes[SITES]; /* how often the load at a pc has passed a waiting store: see buffer.c */
	/* early.c: times, as numbers of stores. */
	u64 ordered;     /* no later load is earlier than this */
	u64 loaded;      /* the load of the current instruction; 0 is now */
	u64 depends[33]; /* the latest of the loads that a register depends on */
	u64 last_load[LAST_LOADS];
	struct cache *cache;
	struct fence inval[INVAL_MAX]; /* wait for SFENCE.INVAL.IR */
	unsigned ninval;
	u64 recent[16]; /* recently used addresses, for speculation */
	unsigned recent_at;
	u64 hsm_start, hsm_arg;
	struct event *events;
	u64 nevents;
	u8 vmid_mode[1 << VMID_BITS]; /* see report.c */
};

#define WATCHED_MAX 65536
struct uart {
	u8 ier, lcr, mcr, scr, fcr;
	u16 div;
	bool thri;
	FILE *out;
	const char *in; /* the rest of the input */
};

struct plic {
	u32 priority[32];
	u32 pending, level, claimed;
	u32 enable[HARTS_MAX], threshold[HARTS_MAX];
};

struct machine {
	struct config cfg;
	u8 *ram;
	u64 ram_size;
	struct code **code; /* for each page of RAM: its decoded instructions */
	u8 *gone;           /* for each page of RAM: out of reach of guests */
	u64 ngone;
	struct code *free_code;
	struct hart *hart[HARTS_MAX];
	struct hart *running;
	u64 clock; /* instructions of all harts, and time that was skipped */
	u64 rng;
	struct uart uart[UARTS];
	struct plic plic;
	bool over;
	int status;
	u64 reports;
	FILE *report;
	u64 watched[WATCHED_MAX]; /* pages that the next hypercall takes out of reach */
	unsigned nwatched;
	/* What to do when the host is ready: see jobs.c. */
	const char *jobs;
	unsigned parallel;
	char heard[8];
	bool begin_jobs;
	/* early.c */
	u64 visible; /* the number of the next store that becomes visible */
	struct past past[PAST];
	u64 past_of[PAST]; /* the newest store with this hash */
	u64 stale_uses, spec_walks, forgotten, drains, early_loads;
};

/* rng.h: the seed's numbers. */
static inline u64 rng_next(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static inline u64 rnd(struct machine *m)
{
	return rng_next(&m->rng);
}

/* One time in n. */
static inline bool chance(struct machine *m, unsigned n)
{
	return (u32)rnd(m) % n == 0;
}

/* machine.c */
struct machine *machine_new(const struct config *cfg);
void machine_free(struct machine *m);
void machine_run(struct machine *m);
u64 machine_time(struct machine *m);
void begin_liberties(struct hart *h);
void machine_end(struct machine *m, int status, const char *why);

/* load.c, fdt.c */
u64 load_file(struct machine *m, const char *name, u64 pa);
u64 load_image(struct machine *m, const char *name);
u64 load_elf(struct machine *m, const char *name);
u64 fdt_make(struct machine *m, u8 *to, u64 max, const char *bootargs, u64 initrd, u64 initrd_end);

/* hart.c: the loop, and the decoder. */
void hart_reset(struct hart *h, u64 pc, u64 a0, u64 a1, enum priv priv);
void hart_run(struct hart *h, u64 instructions);
void decode_init(void);
void decode(struct insn *i, u32 bits);
u32 expand(u16 half); /* compressed.c: the 32-bit instruction, or 0 */
insn_fn op_undecoded, op_illegal;

/* trap.c */
_Noreturn void raise_exception(struct hart *h, unsigned cause, u64 tval);
_Noreturn void raise_trap(struct hart *h, struct trap trap);
_Noreturn void raise_illegal(struct hart *h);
_Noreturn void raise_virtual(struct hart *h);
void take_trap(struct hart *h);
bool take_interrupt(struct hart *h);
bool interrupt_waits(struct hart *h);
void return_from_s(struct hart *h);
void return_from_m(struct hart *h);
u64 pending_interrupts(struct hart *h);

/* csr.c */
ux csr_access(struct hart *h, unsigned number, ux value, unsigned op, bool writes);
bool fp_on(struct hart *h);
void csr_reset(struct hart *h);

/* mem.c */
u64 load_weak(struct hart *h, const u8 *p, unsigned size);
u64 load_slow(struct hart *h, u64 va, unsigned size, struct view v);
void store_slow(struct hart *h, u64 va, u64 value, unsigned size, struct view v);
u64 translate(struct hart *h, u64 va, unsigned size, enum access acc, struct view v);
struct view own_view(struct hart *h);
struct view data_view(struct hart *h);
void context_changed(struct hart *h);
void fast_flush(struct hart *h);
void fast_flush_page(struct hart *h, bool first_stage_alone, u64 va);
void fast_flush_all(struct machine *m);
void fetch_page(struct hart *h);
bool in_ram(struct machine *m, u64 pa, unsigned size);
u64 ram_read(struct machine *m, u64 pa, unsigned size);
void ram_write(struct machine *m, u64 pa, u64 value, unsigned size);
void ram_store(struct hart *h, u64 pa, u64 value, unsigned size);
u64 read_pte(struct machine *m, u64 pa);
void code_written(struct machine *m, u64 pa);
struct code *code_of(struct machine *m, u64 pa);
u64 phys_load(struct hart *h, u64 pa, unsigned size);
void phys_store(struct hart *h, u64 pa, u64 value, unsigned size);

/* walk.c: the walker of the specification. */
enum fault { F_NONE, F_PAGE, F_ACCESS, F_GUEST, F_GUEST_PTE_READ, F_GUEST_PTE_WRITE };
struct walk {
	/* Input. */
	u64 va;
	enum access acc;
	struct view view;
	bool speculative;
	/* Output. */
	enum fault fault;
	u64 pa, gpa;
	u64 mask;   /* the size of the smallest leaf, minus 1 */
	bool stale; /* a kept entry was used whose memory has changed since */
	u64 oldest; /* when the oldest entry of the walk was read */
};
void walk(struct hart *h, struct walk *w);

/* cache.c: the entries of page tables that a hart keeps. */
struct kept {
	u64 pte, where, born;
	int level;
	bool global;
	bool found;
};
void cache_init(struct hart *h);
void cache_free(struct hart *h);
struct kept cache_recall(struct hart *h, struct walk *w, enum stage stage, u64 asid, u64 vmid,
			 u64 va, int levels, bool exact);
void cache_keep(struct hart *h, struct walk *w, enum stage stage, u64 asid, u64 vmid, bool global,
		u64 va, int level, u64 pte, u64 where);
void fence(struct hart *h, struct fence f);
void cache_forget(struct hart *h);

/* speculate.c */
void speculate(struct hart *h);

/* buffer.c */
void buffer_store(struct hart *h, u64 pa, u64 value, unsigned size);
bool buffer_load(struct hart *h, u64 pa, unsigned size, u64 *value);
void buffer_drain(struct hart *h);
void buffer_drain_overlap(struct hart *h, u64 pa, unsigned size);
void buffer_drain_epochs(struct hart *h);
void buffer_drain_some(struct hart *h);
enum { FENCE_W = 1, FENCE_R = 2, FENCE_O = 4, FENCE_I = 8 };
void buffer_fence(struct hart *h, unsigned pred, unsigned succ);

/* early.c */
u64 early_load(struct hart *h, u64 pa, unsigned size);
void early_note_load(struct hart *h, u64 pa);
void early_note_store(struct hart *h, u64 pa);
void early_order(struct hart *h);

/* After each instruction: what rd depends on. All but arithmetic is taken as a load. */
static inline void early_depend(struct hart *h, const struct insn *i)
{
	u64 a = h->depends[i->rs1], b = h->depends[i->rs2];

	if (!i->computes)
		a = b = h->loaded ? h->loaded : h->m->visible;
	h->depends[i->rd] = a > b ? a : b;
	h->loaded = 0;
}

/* report.c */
void report(struct hart *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_hgatp(struct hart *h);
void report_entry(struct hart *h);
void report_fence_g(struct hart *h, bool has_vmid, u64 vmid);
void report_access(struct hart *h, const struct walk *w);
void report_update(struct hart *h, const struct walk *w, u64 where);
void report_table(struct hart *h, const struct walk *w, u64 where);
void hypercall(struct hart *h, unsigned number, u64 arg);

/* jobs.c */
void jobs_begin(struct machine *m);
void jobs_heard(struct machine *m, u8 byte);
bool jobs_parse_options(struct config *cfg, const char *word);

/* trace.c */
void trace(struct hart *h, const char *what, u64 a, u64 b);
void trace_dump(struct machine *m, FILE *to);

/* pmu.c */
u64 counter_read(struct hart *h, unsigned n);
void counter_write(struct hart *h, unsigned n, u64 value);
void counters_inhibit(struct hart *h, u64 mask);

/* sbi.c, uart.c, plic.c */
void sbi_call(struct hart *h);
u64 mmio_load(struct hart *h, u64 pa, unsigned size, bool *ok);
bool mmio_store(struct hart *h, u64 pa, u64 value, unsigned size);
u8 uart_load(struct machine *m, unsigned n, unsigned reg);
void uart_store(struct machine *m, unsigned n, unsigned reg, u8 value);
void uart_input(struct machine *m, unsigned n, const char *text);
u32 plic_load(struct machine *m, u64 at);
void plic_store(struct machine *m, u64 at, u32 value);
void plic_level(struct machine *m, unsigned source, bool on);
bool plic_pending(struct machine *m, unsigned hart);

/* The fast path of loads and stores. */
static inline struct fast *fast_at(struct hart *h, enum access acc, u64 va)
{
	return &h->fast[acc][(va >> 12 ^ h->ctx << 2) & (FAST_SIZE - 1)];
}

/* A misaligned address has low bits that no tag has. It takes the slow path. */
static inline u64 fast_tag(struct hart *h, u64 va, unsigned size)
{
	return (va & (~PAGE_MASK | (size - 1))) | h->ctx;
}

static inline u64 read_host(const void *p, unsigned size)
{
	switch (size) {
	case 1:
		return *(const u8 *)p;
	case 2:
		return *(const u16 *)p;
	case 4:
		return *(const u32 *)p;
	default:
		return *(const u64 *)p;
	}
}

static inline void write_host(void *p, u64 value, unsigned size)
{
	switch (size) {
	case 1:
		*(u8 *)p = value;
		break;
	case 2:
		*(u16 *)p = value;
		break;
	case 4:
		*(u32 *)p = value;
		break;
	default:
		*(u64 *)p = value;
	}
}

static inline u64 load(struct hart *h, u64 va, unsigned size)
{
	struct fast *f = fast_at(h, LOAD, va);

	if (likely(f->tag == fast_tag(h, va, size))) {
		u8 *p = (u8 *)f->host + (va & PAGE_MASK);

		return h->buffered || h->early ? load_weak(h, p, size) : read_host(p, size);
	}
	return load_slow(h, va, size, data_view(h));
}

static inline void store(struct hart *h, u64 va, u64 value, unsigned size)
{
	struct fast *f = fast_at(h, STORE, va);

	if (likely(f->tag == fast_tag(h, va, size) && !h->m->cfg.buffer))
		write_host((u8 *)f->host + (va & PAGE_MASK), value, size);
	else
		store_slow(h, va, value, size, data_view(h));
}

#endif
