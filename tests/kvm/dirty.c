// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dirty bitmap of a memslot has the pages that the guest has written since the last fetch.
 * While the guest is stopped, it has exactly these pages. While the guest runs, it misses none.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tap.h"
#include "vcpu.h"

#define GPA    SZ_1G
#define PAGES  2048
#define SIZE   (PAGES * SZ_4K)
#define ROUNDS 100

/* The number of pages that the running guest writes. Few, so that it writes each of them often. */
#define HOT 64

typedef u64 bitmap[PAGES / 64];

static bool bit(const bitmap map, unsigned int page)
{
	return map[page / 64] >> page % 64 & 1;
}

static void set_bit(bitmap map, unsigned int page)
{
	map[page / 64] |= 1ULL << page % 64;
}

static void get_log(struct vm *vm, bitmap map)
{
	struct kvm_dirty_log log = { .slot = 0, .dirty_bitmap = map };

	memset(map, 0, sizeof(bitmap));
	if (ioctl(vm->fd, KVM_GET_DIRTY_LOG, &log))
		bail("KVM_GET_DIRTY_LOG: %s", strerror(errno));
}

/* Clear the pages whose bit is set in @map. The first bit of @map is for page @first. */
static void clear_log(struct vm *vm, unsigned int first, unsigned int pages, u64 *map)
{
	struct kvm_clear_dirty_log log = {
		.slot = 0,
		.first_page = first,
		.num_pages = pages,
		.dirty_bitmap = map,
	};

	if (ioctl(vm->fd, KVM_CLEAR_DIRTY_LOG, &log))
		bail("KVM_CLEAR_DIRTY_LOG: %s", strerror(errno));
}

static bool same(const bitmap got, const bitmap expected)
{
	for (unsigned int page = 0; page < PAGES; page++) {
		if (bit(got, page) == bit(expected, page))
			continue;
		diag("page %u is %s", page,
		     bit(got, page) ? "dirty, but was not written" : "not dirty, but was written");
		return false;
	}
	return true;
}

static const bitmap none;

/* The guest writes @n pages: some at the edges of words and tables, and random ones. */
static void write_some(struct vcpu *vcpu, unsigned int n, bitmap written)
{
	static const unsigned int edges[] = { 0, 1, 63, 64, 511, 512, 1023, 1024, PAGES - 1 };

	memset(written, 0, sizeof(bitmap));
	for (unsigned int i = 0; i < n; i++) {
		unsigned int page = i < ARRAY_SIZE(edges) ? edges[i] : rnd() % PAGES;

		vcpu->list[i] = GPA + page * SZ_4K;
		set_bit(written, page);
	}
	vcpu->box->count = n;
	vcpu->box->tag = rnd() & 0xffff;
	vcpu_do(vcpu, OP_LIST_FILL);
}

static void guest_load_all(struct vcpu *vcpu)
{
	vcpu->box->addr = GPA;
	vcpu->box->stride = SZ_4K;
	vcpu->box->count = PAGES;
	vcpu_do(vcpu, OP_CHECK);
}

struct memory {
	enum backing backing;
	const char *name;
};

static const struct memory memories[] = { { SMALL, "small pages" }, { HUGE, "huge pages" } };

static void exact(struct vm *vm, const struct memory *memory, char *mem)
{
	struct vcpu *vcpu = vm->vcpu[0];
	bitmap written, got;
	bool good = true;

	/* Before logging starts, all pages are mapped and writable. */
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 1);
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	get_log(vm, got);
	ok(same(got, none), "%s: nothing is dirty when logging starts", memory->name);

	for (unsigned int i = 0; i < 5; i++) {
		write_some(vcpu, 40, written);
		get_log(vm, got);
		good &= same(got, written);
	}
	ok(good, "%s: exactly the written pages are dirty", memory->name);
	get_log(vm, got);
	ok(same(got, none), "%s: nothing is dirty after the fetch", memory->name);
	guest_load_all(vcpu);
	get_log(vm, got);
	ok(same(got, none), "%s: loads do not make pages dirty", memory->name);

	memset(written, 0xff, sizeof(written));
	guest_fill(vcpu, GPA, SZ_4K, PAGES, 2);
	get_log(vm, got);
	ok(same(got, written), "%s: all pages are written: all are dirty", memory->name);
	ok(vm_sound(vm), "%s: the tables are sound while logging", memory->name);

	/* Turn logging off and on again. */
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
	write_some(vcpu, 40, written);
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	get_log(vm, got);
	ok(same(got, none), "%s: what was written without logging is not dirty", memory->name);
	write_some(vcpu, 40, written);
	get_log(vm, got);
	ok(same(got, written), "%s: logging works when it is turned on again", memory->name);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
}

/* KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: to fetch the log and to clear it are two calls. */
static void manual(struct vm *vm, const struct memory *memory, char *mem)
{
	static const struct {
		unsigned int first, pages;
	} parts[] = { { 0, 64 }, { 64, 64 }, { 448, 128 }, { 960, 576 }, { PAGES - 64, 64 } };
	struct vcpu *vcpu = vm->vcpu[0];
	bitmap written, got, left, more, clear;
	bool good = true;

	guest_fill(vcpu, GPA, SZ_4K, PAGES, 3);
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	write_some(vcpu, 300, written);
	get_log(vm, got);
	good = same(got, written);
	get_log(vm, got);
	ok(good && same(got, written), "%s: a fetch does not clear the log", memory->name);

	/* Clear parts of the log. A cleared page is dirty again only when it is written again. */
	memcpy(left, written, sizeof(left));
	good = true;
	for (unsigned int i = 0; i < ARRAY_SIZE(parts); i++) {
		unsigned int at = parts[i].first / 64, words = parts[i].pages / 64;

		clear_log(vm, parts[i].first, parts[i].pages, &left[at]);
		memset(&left[at], 0, words * sizeof(u64));
		get_log(vm, got);
		good &= same(got, left);
	}
	ok(good, "%s: KVM_CLEAR_DIRTY_LOG of a range clears this range only", memory->name);

	write_some(vcpu, 300, more);
	for (unsigned int i = 0; i < PAGES / 64; i++)
		left[i] |= more[i];
	get_log(vm, got);
	ok(same(got, left), "%s: a cleared page is dirty when it is written again", memory->name);

	/* Clear the dirty pages with an even number, and then all others. */
	for (unsigned int i = 0; i < PAGES / 64; i++) {
		clear[i] = left[i] & 0x5555555555555555;
		left[i] &= ~clear[i];
	}
	clear_log(vm, 0, PAGES, clear);
	get_log(vm, got);
	good = same(got, left);
	clear_log(vm, 0, PAGES, left);
	get_log(vm, got);
	ok(good && same(got, none), "%s: KVM_CLEAR_DIRTY_LOG clears single pages", memory->name);

	write_some(vcpu, 300, written);
	get_log(vm, got);
	ok(same(got, written), "%s: after that all pages are logged", memory->name);
	ok(vm_sound(vm), "%s: the tables are sound after KVM_CLEAR_DIRTY_LOG", memory->name);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
}

static void look(const char *mem, u64 *values)
{
	for (unsigned int page = 0; page < PAGES; page++)
		values[page] = *(volatile const u64 *)(mem + page * SZ_4K);
}

/* The number of pages that changed between two looks, but are in neither log. */
static unsigned int missed(const u64 *before, const u64 *after, const bitmap a, const bitmap b)
{
	unsigned int n = 0;

	for (unsigned int page = 0; page < PAGES; page++) {
		if (before[page] == after[page] || bit(a, page) || bit(b, page))
			continue;
		if (!n++)
			diag("page %u: 0x%llx became 0x%llx, but is in no log", page,
			     (unsigned long long)before[page], (unsigned long long)after[page]);
	}
	return n;
}

static atomic_bool changing;

/* Create, log, move and delete another slot beside the logged one. */
static void *change_slots(void *arg)
{
	const u64 size = 64 * SZ_4K;
	char *other = mem_map(size, SMALL);
	struct vm *vm = arg;

	for (unsigned int n = 0; changing; n++) {
		vm_slot(vm, 1, 0, GPA + SIZE, size, other);
		vm_slot(vm, 1, KVM_MEM_LOG_DIRTY_PAGES, GPA + SIZE, size, other);
		if (n % 2)
			vm_slot(vm, 1, KVM_MEM_LOG_DIRTY_PAGES, GPA - size, size, other);
		vm_slot(vm, 1, 0, GPA, 0, other);
		usleep(500);
	}
	mem_unmap(other, size);
	return NULL;
}

/*
 * Fetch logs while vCPUs store in a loop, and another slot changes. A fetch write-protects the
 * pages. So the next fetch must have each page that changes after a fetch has returned. A page
 * that changes during a fetch must be in this log or in the next one.
 */
static void running(struct vm *vm, const struct memory *memory, char *mem, bool by_hand)
{
	static u64 before[PAGES], after[PAGES], next[PAGES];
	unsigned int bad = 0, dirty = 0;
	bitmap log, last;
	pthread_t thread;

	guest_fill(vm->vcpu[0], GPA, SZ_4K, PAGES, 4);
	vm_slot(vm, 0, KVM_MEM_LOG_DIRTY_PAGES, GPA, SIZE, mem);
	get_log(vm, last);
	clear_log(vm, 0, PAGES, last);
	for (unsigned int v = 0; v < vm->vcpus; v++) {
		struct vcpu *vcpu = vm->vcpu[v];

		vcpu_start_alone(vcpu);
		for (unsigned int i = 0; i < HOT; i++)
			vcpu->list[i] = GPA + i * 37 % PAGES * SZ_4K;
		vcpu->box->count = HOT;
		vcpu->box->value = 0x1234567 + v;
		vcpu->box->stride = 20;
		vcpu_post(vcpu, OP_LIST_RANDOM);
	}

	changing = true;
	if (pthread_create(&thread, NULL, change_slots, vm))
		bail("no thread");
	look(mem, after);
	memset(last, 0xff, sizeof(last));
	for (unsigned int i = 0; i < ROUNDS && !bad; i++) {
		usleep(rnd() % 4000);
		look(mem, next); /* before the fetch */
		get_log(vm, log);
		if (by_hand)
			clear_log(vm, 0, PAGES, log);
		/* Changes since the last fetch returned must be in this log. */
		bad += missed(after, next, log, log);
		/* Changes during the last fetch must be in the last log or in this one. */
		if (i)
			bad += missed(before, after, last, log);
		memcpy(before, next, sizeof(before));
		memcpy(last, log, sizeof(last));
		look(mem, after);
		for (unsigned int w = 0; w < PAGES / 64; w++)
			dirty += __builtin_popcountll(log[w]);
	}
	changing = false;
	pthread_join(thread, NULL);
	for (unsigned int v = 0; v < vm->vcpus; v++) {
		vcpu_halt(vm->vcpu[v]);
		vcpu_stop(vm->vcpu[v]);
	}
	look(mem, next);
	get_log(vm, log);
	bad += missed(after, next, log, log) + missed(before, after, last, log);
	diag("%u dirty pages in %u fetches", dirty, ROUNDS);
	ok(!bad && dirty > ROUNDS, "%s, %s, %u running vCPUs: no page is missed", memory->name,
	   by_hand ? "cleared by KVM_CLEAR_DIRTY_LOG" : "cleared by the fetch", vm->vcpus);
	ok(vm_sound(vm), "%s: the tables are sound after running vCPUs", memory->name);
	vm_slot(vm, 0, 0, GPA, SIZE, mem);
}

int main(void)
{
	const struct format *f = NULL;

	host_init(100);
	for (unsigned int i = 0; i < ARRAY_SIZE(memories); i++) {
		for (unsigned int by_hand = 0; by_hand <= 1; by_hand++) {
			char *mem = mem_map(SIZE, memories[i].backing);
			struct vm *vm;

			f = next_format(f) ?: next_format(NULL);
			vm = vm_new(f);
			diag("%s", f->name);
			if (by_hand && enable_cap(vm->fd, KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, 0,
						  KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE, 0, 0, 0))
				bail("KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2: %s", strerror(errno));
			vm_slot(vm, 0, 0, GPA, SIZE, mem);
			vcpu_new(vm);
			if (by_hand)
				manual(vm, &memories[i], mem);
			else
				exact(vm, &memories[i], mem);
			vcpu_new(vm);
			running(vm, &memories[i], mem, by_hand);
			vm_free(vm);
			mem_unmap(mem, SIZE);
		}
	}
	return done();
}
