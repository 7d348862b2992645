// SPDX-License-Identifier: GPL-2.0-only
/* The device tree for the kernel. */
#include <stdarg.h>
#include <string.h>

#include "strict.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, END = 9 };

struct fdt {
	u8 *at, *strings, *strings_end;
};

static void put32(u8 *at, u32 value)
{
	value = __builtin_bswap32(value);
	memcpy(at, &value, 4);
}

static void word(struct fdt *f, u32 value)
{
	put32(f->at, value);
	f->at += 4;
}

static void bytes(struct fdt *f, const void *data, u32 size)
{
	memcpy(f->at, data, size);
	f->at += (size + 3) & ~3u;
}

static void begin(struct fdt *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void begin(struct fdt *f, const char *fmt, ...)
{
	char name[64];
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	word(f, BEGIN_NODE);
	bytes(f, name, strlen(name) + 1);
}

static void end(struct fdt *f)
{
	word(f, END_NODE);
}

static void prop(struct fdt *f, const char *name, const void *data, u32 size)
{
	word(f, PROP);
	word(f, size);
	word(f, f->strings_end - f->strings);
	bytes(f, data, size);
	strcpy((char *)f->strings_end, name);
	f->strings_end += strlen(name) + 1;
}

static void text(struct fdt *f, const char *name, const char *value)
{
	prop(f, name, value, strlen(value) + 1);
}

static void cells(struct fdt *f, const char *name, unsigned n, ...)
{
	u8 data[4 * 64];
	va_list args;

	va_start(args, n);
	for (unsigned i = 0; i < n; i++)
		put32(data + 4 * i, va_arg(args, u32));
	va_end(args);
	prop(f, name, data, 4 * n);
}

static void u64_prop(struct fdt *f, const char *name, u64 value)
{
	cells(f, name, 2, (u32)(value >> 32), (u32)value);
}

enum { PHANDLE_PLIC = 1, PHANDLE_INTC = 16 };

static const char *mmu_type(const struct config *cfg)
{
	if (XLEN == 32)
		return "riscv,sv32";
	return cfg->satp_modes & BIT(10) ? "riscv,sv57" :
	       cfg->satp_modes & BIT(9)  ? "riscv,sv48" :
					   "riscv,sv39";
}

static void cpu(struct fdt *f, const struct config *cfg, unsigned n)
{
	const struct {
		const char *name;
		bool on;
	} all[] = {
		{ "i", true },
		{ "m", true },
		{ "a", true },
		{ "f", true },
		{ "d", true },
		{ "c", true },
		{ "h", true },
		{ "zicntr", true },
		{ "zicsr", true },
		{ "zifencei", true },
		{ "zba", true },
		{ "zbb", true },
		{ "zbs", true },
		{ "zicbom", true },
		{ "zicboz", true },
		{ "sscofpmf", cfg->sscofpmf },
		{ "sstc", cfg->sstc },
		{ "svinval", cfg->svinval },
		{ "svnapot", cfg->svnapot },
		{ "svpbmt", cfg->svpbmt },
		{ "svvptc", cfg->svvptc },
		{ "svadu", cfg->svadu },
		{ "svade", !cfg->svadu },
	};
	char list[256], isa[300], *at = list;

	sprintf(isa, "rv%dimafdch", XLEN);

	for (unsigned k = 0; k < sizeof(all) / sizeof(all[0]); k++) {
		if (!all[k].on)
			continue;
		at = stpcpy(at, all[k].name) + 1;
		if (all[k].name[1])
			strcat(strcat(isa, "_"), all[k].name);
	}
	begin(f, "cpu@%x", n);
	text(f, "device_type", "cpu");
	cells(f, "reg", 1, n);
	text(f, "status", "okay");
	text(f, "compatible", "riscv");
	text(f, "riscv,isa", isa);
	text(f, "riscv,isa-base", XLEN == 64 ? "rv64i" : "rv32i");
	prop(f, "riscv,isa-extensions", list, at - list);
	text(f, "mmu-type", mmu_type(cfg));
	cells(f, "riscv,cbom-block-size", 1, 64);
	cells(f, "riscv,cboz-block-size", 1, 64);
	begin(f, "interrupt-controller");
	cells(f, "#interrupt-cells", 1, 1);
	prop(f, "interrupt-controller", NULL, 0);
	text(f, "compatible", "riscv,cpu-intc");
	cells(f, "phandle", 1, PHANDLE_INTC + n);
	end(f);
	end(f);
}

static void soc(struct fdt *f, const struct config *cfg)
{
	u8 contexts[HARTS_MAX * 8];

	begin(f, "soc");
	cells(f, "#address-cells", 1, 2);
	cells(f, "#size-cells", 1, 2);
	text(f, "compatible", "simple-bus");
	prop(f, "ranges", NULL, 0);
	begin(f, "plic@%llx", PLIC_BASE);
	prop(f, "compatible", "sifive,plic-1.0.0\0riscv,plic0", 30);
	cells(f, "reg", 4, 0, (u32)PLIC_BASE, 0, (u32)PLIC_SIZE);
	cells(f, "#interrupt-cells", 1, 1);
	cells(f, "#address-cells", 1, 0);
	prop(f, "interrupt-controller", NULL, 0);
	for (unsigned n = 0; n < cfg->harts; n++) {
		put32(contexts + 8 * n, PHANDLE_INTC + n);
		put32(contexts + 8 * n + 4, 9);
	}
	prop(f, "interrupts-extended", contexts, 8 * cfg->harts);
	cells(f, "riscv,ndev", 1, 31);
	cells(f, "phandle", 1, PHANDLE_PLIC);
	end(f);
	for (unsigned n = 0; n < UARTS; n++) {
		begin(f, "serial@%llx", UART_BASE + n * UART_SIZE);
		text(f, "compatible", "ns16550a");
		cells(f, "reg", 4, 0, (u32)(UART_BASE + n * UART_SIZE), 0, (u32)UART_SIZE);
		cells(f, "clock-frequency", 1, 3686400);
		cells(f, "interrupts", 1, n + 1);
		cells(f, "interrupt-parent", 1, PHANDLE_PLIC);
		end(f);
	}
	end(f);
}

/* Returns its size. */
u64 fdt_make(struct machine *m, u8 *to, u64 max, const char *bootargs, u64 initrd, u64 initrd_end)
{
	static u8 strings[8192];
	struct fdt f = { .at = to + 56, .strings = strings, .strings_end = strings };
	const struct config *cfg = &m->cfg;
	u64 rng = cfg->seed, structs, seed[8];

	(void)max;
	begin(&f, "%s", "");
	cells(&f, "#address-cells", 1, 2);
	cells(&f, "#size-cells", 1, 2);
	text(&f, "compatible", "gstage,strict");
	text(&f, "model", "strict");
	begin(&f, "chosen");
	text(&f, "bootargs", bootargs);
	text(&f, "stdout-path", "/soc/serial@10000000");
	if (initrd_end) {
		u64_prop(&f, "linux,initrd-start", initrd);
		u64_prop(&f, "linux,initrd-end", initrd_end);
	}
	for (unsigned n = 0; n < 8; n++)
		seed[n] = rng_next(&rng);
	prop(&f, "rng-seed", seed, sizeof(seed));
	end(&f);
	begin(&f, "memory@%llx", RAM_BASE);
	text(&f, "device_type", "memory");
	cells(&f, "reg", 4, 0, (u32)RAM_BASE, (u32)(m->ram_size >> 32), (u32)m->ram_size);
	end(&f);
	begin(&f, "cpus");
	cells(&f, "#address-cells", 1, 1);
	cells(&f, "#size-cells", 1, 0);
	cells(&f, "timebase-frequency", 1, TIMEBASE);
	for (unsigned n = 0; n < cfg->harts; n++)
		cpu(&f, cfg, n);
	end(&f);
	soc(&f, cfg);
	end(&f);
	word(&f, END);
	structs = f.at - (to + 56);
	memcpy(f.at, strings, f.strings_end - strings);
	put32(to, 0xd00dfeed);
	put32(to + 4, f.at - to + (f.strings_end - strings));
	put32(to + 8, 56);
	put32(to + 12, f.at - to);
	put32(to + 16, 40); /* reserved memory: none */
	put32(to + 20, 17);
	put32(to + 24, 16);
	put32(to + 28, 0);
	put32(to + 32, f.strings_end - strings);
	put32(to + 36, structs);
	memset(to + 40, 0, 16);
	return f.at - to + (f.strings_end - strings);
}
