// SPDX-License-Identifier: GPL-2.0-only
/*
 * gstage: a VM's page tables as text, in debugfs (docs/ABI.md).
 *
 * The tables are read in pieces, each under one hold of mmu_lock for reading. Faults go on
 * meanwhile. A thread that unmaps waits for one piece at most. A region is what one table of
 * 4 KiB leaves spans. A piece ends at the end of a region, so that all lines of one table are
 * of one moment.
 */
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "user/debugfs.h"

/*
 * How much is read under one hold: a leaf costs 1, and a region costs more, since it may have many
 * holes.
 */
#define PIECE_COST  1024
#define REGION_COST 32

/* Room for the runs of one piece: the last region may begin when the cost is nearly used up. */
#define RUNS (PIECE_COST + GST_TABLE_ENTRIES)

/* Adjacent leaves that map contiguous memory, with PTEs that differ in the PPN alone. */
struct run {
	gst_gpa_t gpa, end;
	gst_pa_t pa;
	u64 leaf;
	unsigned int level;
	gst_pte_t pte;
};

/**
 * struct dump - an open gstage_page_tables
 * @kvm: the VM. It does not go while a read is under way; reads that come later fail
 * @next: the first gpa that was not read
 * @cost: what the piece may still cost
 * @end: nothing is mapped from @next on
 * @head: index of the run to show next
 * @count: number of runs; the next piece may continue the last one
 * @runs: runs, of which those before @head have been shown
 */
struct dump {
	struct kvm *kvm;
	gst_gpa_t next;
	int cost;
	bool end;
	unsigned int head;
	unsigned int count;
	struct run runs[RUNS];
};

static bool goes_on(const struct run *run, const struct run *next)
{
	return run->end == next->gpa && run->leaf == next->leaf &&
	       run->pa + (run->end - run->gpa) == next->pa &&
	       !((run->pte ^ next->pte) & ~GST_PTE_PPN);
}

static gst_gpa_t region(gst_gpa_t gpa)
{
	return gpa & ~(GST_LEVEL_SIZE(1) - 1);
}

static int take_leaf(void *arg, const struct gst_leaf *leaf)
{
	struct dump *dump = arg;
	/* A large leaf may have replaced leaves that were shown already: show the rest of it. */
	u64 shown = leaf->gpa < dump->next ? dump->next - leaf->gpa : 0;
	struct run *last = dump->count ? &dump->runs[dump->count - 1] : NULL;
	struct run run = {
		.gpa = leaf->gpa + shown,
		.end = leaf->gpa + leaf->size,
		.pa = leaf->pa + shown,
		.leaf = leaf->size,
		.level = leaf->level,
		.pte = leaf->pte,
	};

	if (region(run.gpa) >= dump->next) {
		if (dump->cost <= 0) {
			dump->next = region(run.gpa);
			return 1;
		}
		dump->cost -= REGION_COST;
	}
	dump->cost--;
	/* The end of the last leaf, until the region is finished. */
	dump->next = run.end;
	if (last && goes_on(last, &run))
		last->end = run.end;
	else
		dump->runs[dump->count++] = run;
	return 0;
}

static void look_at_piece(struct dump *dump)
{
	struct gst_space *space = gst_kvm_space(dump->kvm);
	const struct gst_format *fmt;

	dump->cost = PIECE_COST;
	gst_kvm_read_lock(dump->kvm);
	fmt = gst_space_format(space);
	/* The format may be narrower by now, and a VM that ends has none. */
	dump->end = !fmt || dump->next >= gst_format_size(fmt) ||
		    gst_iterate(space, dump->next, gst_format_size(fmt) - dump->next, take_leaf,
				dump) <= 0;
	gst_kvm_read_unlock(dump->kvm);
}

/* Read on until the run at @head is complete. Return: the run, or NULL at the end. */
static struct run *head_run(struct dump *dump)
{
	while (dump->count - dump->head < 2 && !dump->end && !fatal_signal_pending(current)) {
		if (dump->head < dump->count)
			dump->runs[0] = dump->runs[dump->head];
		dump->count -= dump->head;
		dump->head = 0;
		look_at_piece(dump);
		cond_resched();
	}
	return dump->head < dump->count ? &dump->runs[dump->head] : NULL;
}

/* Record 0 is the header. Another record than the next one makes the dump start again. */
static void *dump_start(struct seq_file *m, loff_t *pos)
{
	struct dump *dump = m->private;

	if (*pos)
		return head_run(dump);
	dump->next = 0;
	dump->end = false;
	dump->head = 0;
	dump->count = 0;
	return SEQ_START_TOKEN;
}

static void *dump_next(struct seq_file *m, void *record, loff_t *pos)
{
	struct dump *dump = m->private;

	if (record != SEQ_START_TOKEN)
		dump->head++;
	++*pos;
	return head_run(dump);
}

static void dump_stop(struct seq_file *m, void *record)
{
}

static void show_header(struct seq_file *m, struct kvm *kvm)
{
	gst_root_t root = gst_root(gst_kvm_space(kvm));
	const struct gst_format *fmt = gst_format_of_mode(gst_root_mode(root));

	seq_puts(m, "# gstage-dump 1\n");
	seq_printf(m, "# mode %s\n", fmt ? fmt->name : "none");
	seq_printf(m, "# levels %u\n", fmt ? fmt->levels : 0);
	seq_printf(m, "# gpa_bits %u\n", fmt ? fmt->gpa_bits : 0);
	seq_printf(m, "# root 0x%lx\n", fmt ? __pa(gst_root_table(root)) : 0);
}

/* In the largest unit that divides the size. */
static void show_size(struct seq_file *m, u64 size)
{
	const char *unit = "KMGTPE";

	for (size >>= 10; !(size & 1023) && unit[1]; size >>= 10)
		unit++;
	seq_printf(m, "%llu%c", size, *unit);
}

static void show_flags(struct seq_file *m, gst_pte_t pte)
{
	static const struct {
		gst_pte_t bit;
		char name;
	} flags[] = {
		{ GST_PTE_R, 'R' }, { GST_PTE_W, 'W' }, { GST_PTE_X, 'X' },
		{ GST_PTE_U, 'U' }, { GST_PTE_A, 'A' }, { GST_PTE_D, 'D' },
	};
	gst_attr_t attr = gst_pte_attr(pte);

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++)
		seq_printf(m, " %c", pte & flags[i].bit ? flags[i].name : '-');
	if (pte & GST_PTE_G)
		seq_puts(m, " G");
	if (gst_pte_is_napot(pte))
		seq_puts(m, " N");
	if (attr & (GST_NC | GST_IO))
		seq_puts(m, attr & GST_NC ? " pbmt=nc" : " pbmt=io");
	seq_putc(m, '\n');
}

static int dump_show(struct seq_file *m, void *record)
{
	struct dump *dump = m->private;
	const struct run *run = record;

	if (record == SEQ_START_TOKEN) {
		show_header(m, dump->kvm);
		return 0;
	}
	seq_printf(m, "0x%llx-0x%llx ", run->gpa, run->end);
	show_size(m, run->end - run->gpa);
	seq_printf(m, " %u ", run->level);
	show_size(m, run->leaf);
	seq_printf(m, " pa 0x%llx pte 0x%llx", run->pa, (u64)run->pte);
	show_flags(m, run->pte);
	return 0;
}

static const struct seq_operations dump_ops = {
	.start = dump_start,
	.next = dump_next,
	.stop = dump_stop,
	.show = dump_show,
};

static int dump_open(struct inode *inode, struct file *file)
{
	struct dump *dump = kvzalloc(sizeof(*dump), GFP_KERNEL);
	int ret;

	if (!dump)
		return -ENOMEM;
	dump->kvm = inode->i_private;
	ret = seq_open(file, &dump_ops);
	if (ret)
		kvfree(dump);
	else
		((struct seq_file *)file->private_data)->private = dump;
	return ret;
}

static int dump_release(struct inode *inode, struct file *file)
{
	kvfree(((struct seq_file *)file->private_data)->private);
	return seq_release(inode, file);
}

const struct file_operations gst_kvm_dump_fops = {
	.owner = THIS_MODULE,
	.open = dump_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = dump_release,
};
