// SPDX-License-Identifier: GPL-2.0-only
/* gstage modes: list the formats of this host, and what a TLB miss costs in each. */
#include <argp.h>
#include <string.h>

#include "cli.h"
#include "commands/args.h"
#include "commands/commands.h"
#include "formats.h"
#include "output/json.h"
#include "output/output.h"
#include "output/table.h"
#include "vms/host.h"

static const struct argp_option options[] = {
	TABLE_NOHEADINGS, TABLE_OUTPUT, TABLE_REVERSE, TABLE_SORT, ARGS_JSON, { 0 },
};

static const struct argp argp = {
	.options = options,
	.parser = table_parser,
	.doc = "List the G-stage page-table formats of this host.\v"
	       "The default is the format of VMs that do not choose one.  The "
	       "administrator sets it with the module parameter gstage_mode.  A "
	       "nested TLB miss reads (guest levels + 1) * (levels + 1) - 1 "
	       "page-table entries; fewer reads are faster.",
};

/**
 * struct host - the formats of this host
 * @mask: the mask that KVM_CHECK_EXTENSION returned
 * @policy: the module parameter gstage_mode; empty if there is none
 * @module: the version of the loaded module; empty if it has none
 * @standard: the mode of VMs that do not choose one; 0 if it is not known
 */
struct host {
	unsigned int mask;
	char policy[32], module[32];
	unsigned int standard;
};

/* A module without the parameter gives VMs the highest mode. */
static unsigned int standard_mode(unsigned int mask, const char *policy)
{
	const struct format *f = format_by_name(policy);

	if (!*policy || !strcmp(policy, MODE_NAME_MAX))
		return mask_highest(mask);
	if (!strcmp(policy, MODE_NAME_AUTO))
		return mask_narrowest(mask);
	return f && mask & (1U << f->mode) ? f->mode : 0;
}

static int ask_host(struct host *host)
{
	int ret = kvm_host_mask(STATUS_FAILED, &host->mask);

	if (ret)
		return ret;
	if (!kvm_policy(host->policy, sizeof(host->policy)))
		host->policy[0] = '\0';
	if (!kvm_module_version(host->module, sizeof(host->module)))
		host->module[0] = '\0';
	host->standard = standard_mode(host->mask, host->policy);
	return 0;
}

static int print_table(const struct table_args *args, const struct host *host)
{
	struct table_column columns[TABLE_COLUMNS] = {
		{ "MODE", 0 },
		{ "SUPPORTED", 0 },
		{ "GPA-BITS", TABLE_NUMBER },
		{ "LEVELS", TABLE_NUMBER },
	};
	unsigned int mask = host->mask, xlen = mask_xlen(mask);
	unsigned int rest = mask & ~formats_known();
	const struct guest_format *g;
	const struct format *f;
	struct table *table;
	size_t count = 4;
	int ret;

	for (g = guest_formats; g->name; g++)
		if (g->xlen == xlen)
			columns[count++] = (struct table_column){ g->name, TABLE_NUMBER };
	ret = table_open(&table, columns, count, args);
	if (ret)
		return ret;
	for (f = formats; f->name; f++) {
		if (f->xlen != xlen)
			continue;
		table_row(table);
		table_text(table, f->name);
		table_text(table, f->mode == host->standard ? "yes, default" :
				  mask & (1U << f->mode)    ? "yes" :
							      "no");
		table_number(table, f->gpa_bits);
		table_number(table, f->levels);
		for (g = guest_formats; g->name; g++)
			if (g->xlen == xlen)
				table_number(table, format_pte_reads(f, g));
	}
	table_print(table);
	if (args->noheadings)
		return 0;
	printf("The columns of guest modes are the PTE reads of a nested TLB miss.\n");
	if (rest)
		printf("The host has modes that this gstage does not know: mask %#x.\n", rest);
	if (host->policy[0])
		printf("Policy for VMs that do not choose, in " POLICY_PATH ": %s%s\n",
		       host->policy,
		       strcmp(host->policy, MODE_NAME_AUTO) ? "" : " (a VM widens by itself)");
	if (host->module[0])
		printf("Module: gstage %s\n", host->module);
	return 0;
}

static void print_json(const struct host *host)
{
	unsigned int mask = host->mask, xlen = mask_xlen(mask);
	struct json_object *document = json_document(), *list = json_list(), *map, *reads;
	const struct guest_format *g;
	const struct format *f;

	json_set(document, "host_mask", json_number(mask));
	json_set(document, "policy", json_text_or_null(host->policy));
	json_set(document, "module", json_text_or_null(host->module));
	json_set(document, "default_hgatp_mode",
		 host->standard ? json_number(host->standard) : NULL);
	for (f = formats; f->name; f++) {
		if (f->xlen != xlen)
			continue;
		map = json_map();
		json_set(map, "name", json_text(f->name));
		json_set(map, "hgatp_mode", json_number(f->mode));
		json_set(map, "supported", json_truth(mask & (1U << f->mode)));
		json_set(map, "default", json_truth(f->mode == host->standard));
		json_set(map, "gpa_bits", json_number(f->gpa_bits));
		json_set(map, "levels", json_number(f->levels));
		reads = json_map();
		for (g = guest_formats; g->name; g++)
			if (g->xlen == xlen)
				json_set(reads, g->name, json_number(format_pte_reads(f, g)));
		json_set(map, "pte_reads", reads);
		json_append(list, map);
	}
	json_set(document, "modes", list);
	json_print(stdout, document);
}

int cmd_modes(int argc, char **argv)
{
	struct host host;
	struct table_args args = { 0 };
	int ret;

	ret = args_parse(&argp, argc, argv, &args.common);
	if (ret)
		return ret;

	ret = ask_host(&host);
	if (ret)
		return ret;

	if (args.common.json)
		print_json(&host);
	else
		ret = print_table(&args, &host);
	return ret ? ret : output_done();
}
