// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin of QEMU's TCG that counts the cache lines which single calls in a
 * guest touch.  The guest says by a long nop where a call begins and ends (see
 * mm/benchmark.h of the section tests).
 *
 *	qemu-system-x86_64 -plugin lines.so,out=FILE,flush=ADDRESS,lines=0 ...
 *
 * For each command of a benchmark and each kind of call it appends to FILE:
 *
 *	RUN KIND calls=N lines=MEAN lines_p999=N lines_max=N foreign=MEAN
 *	foreign_p999=N foreign_max=N
 *
 * in one line, and if flush= is the address of flush_tlb_kernel_range():
 *
 *	RUN flushes N
 *
 * RUN counts the commands from 1.  lines are distinct lines of 64
 * bytes of data, by physical address; foreign are those of them that another
 * CPU wrote last: a machine moves each of these between its caches.  With lines=0
 * only flushes are counted, which makes the guest hardly slower.
 *
 * Under -icount all CPUs have one thread, and so has what follows.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu-plugin.h"

#define LINE_SHIFT	6
#define MAX_CPUS	256
#define MARK		0x4d420000u	/* "nopl MARK+n(%rax)" */

enum { MARK_END, MARK_MAP, MARK_UNMAP, MARK_LOOKUP, KINDS, MARK_RUN = 0x80, MARK_DONE };

static const char *const kind_names[KINDS] = {
	[MARK_MAP] = "map", [MARK_UNMAP] = "unmap", [MARK_LOOKUP] = "lookup",
};

/* How often a call had so many; what has more is in the last one */
#define COUNTS	4096

struct counts {
	uint64_t nr, sum, max;
	uint32_t count[COUNTS];
};

struct stats {
	struct counts lines, foreign;
};

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static FILE *out;
static unsigned int run;
static uint64_t flush_addr, flushes;
static bool count_lines = true;
static struct stats stats[KINDS];

/* The CPU that wrote each line last, plus 1; 0: none did */
static uint8_t *writer;
static uint64_t nr_lines;

/*
 * The call that goes on on each CPU: its kind, 0 for none, and its lines in an
 * open hash; entries of earlier calls have another generation.
 */
#define HASH_SIZE	(1u << 16)

struct cpu {
	unsigned int kind;
	uint32_t generation;
	uint64_t lines, foreign;
	struct { uint64_t line; uint32_t generation; } *hash;
};

static struct cpu cpus[MAX_CPUS];

static void fail(const char *what)
{
	fprintf(stderr, "lines: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void counts_add(struct counts *c, uint64_t n)
{
	c->nr++;
	c->sum += n;
	if (n > c->max)
		c->max = n;
	c->count[n < COUNTS ? n : COUNTS - 1]++;
}

static uint64_t counts_p999(const struct counts *c)
{
	uint64_t left = c->nr / 1000;
	unsigned int i = COUNTS;

	while (i--) {
		if (c->count[i] > left)
			return i == COUNTS - 1 ? c->max : i;
		left -= c->count[i];
	}
	return 0;
}

static void counts_print(const char *name, const struct counts *c)
{
	fprintf(out, " %s=%.2f %s_p999=%llu %s_max=%llu", name,
		(double)c->sum / c->nr, name,
		(unsigned long long)counts_p999(c), name,
		(unsigned long long)c->max);
}

static void run_print(void)
{
	for (unsigned int k = 0; k < KINDS; k++) {
		if (!stats[k].lines.nr || !count_lines)
			continue;
		fprintf(out, "%u %s calls=%llu", run, kind_names[k],
			(unsigned long long)stats[k].lines.nr);
		counts_print("lines", &stats[k].lines);
		counts_print("foreign", &stats[k].foreign);
		fprintf(out, "\n");
	}
	if (flush_addr)
		fprintf(out, "%u flushes %llu\n", run,
			(unsigned long long)flushes);
	fflush(out);
	memset(stats, 0, sizeof(stats));
}

static void on_mark(unsigned int vcpu, void *data)
{
	const unsigned int mark = (uintptr_t)data;
	struct cpu *cpu = &cpus[vcpu];

	switch (mark) {
	case MARK_RUN:
		run++;
		flushes = 0;
		break;
	case MARK_DONE:
		run_print();
		break;
	case MARK_MAP:
	case MARK_UNMAP:
	case MARK_LOOKUP:
		cpu->kind = mark;
		cpu->generation++;
		cpu->lines = cpu->foreign = 0;
		break;
	case MARK_END:
		if (!cpu->kind)
			break;
		counts_add(&stats[cpu->kind].lines, cpu->lines);
		counts_add(&stats[cpu->kind].foreign, cpu->foreign);
		cpu->kind = 0;
		break;
	}
}

static void on_flush(unsigned int vcpu, void *data)
{
	(void)vcpu;
	(void)data;
	flushes++;
}

/* touched CPU LINE: is it new to the call? */
static bool touched(struct cpu *cpu, uint64_t line)
{
	uint32_t i = (line * 0x9e3779b97f4a7c15ull) >> 48;

	for (;; i = (i + 1) % HASH_SIZE) {
		if (cpu->hash[i].generation != cpu->generation)
			break;
		if (cpu->hash[i].line == line)
			return false;
	}
	/* A call that fills half of it is cut short: more make no difference. */
	if (cpu->lines > HASH_SIZE / 2)
		return false;
	cpu->hash[i].line = line;
	cpu->hash[i].generation = cpu->generation;
	return true;
}

static void on_access(unsigned int vcpu, qemu_plugin_meminfo_t info,
		      uint64_t vaddr, void *data)
{
	struct cpu *cpu = &cpus[vcpu];
	const bool store = qemu_plugin_mem_is_store(info);
	struct qemu_plugin_hwaddr *hw;
	uint64_t line;

	(void)data;
	if (!store && !cpu->kind)
		return;
	hw = qemu_plugin_get_hwaddr(info, vaddr);
	if (!hw || qemu_plugin_hwaddr_is_io(hw))
		return;
	line = qemu_plugin_hwaddr_phys_addr(hw) >> LINE_SHIFT;
	if (line >= nr_lines)
		return;
	if (cpu->kind && touched(cpu, line)) {
		cpu->lines++;
		cpu->foreign += writer[line] && writer[line] != vcpu + 1;
	}
	if (store)
		writer[line] = vcpu + 1;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	const size_t n = qemu_plugin_tb_n_insns(tb);

	(void)id;
	for (size_t i = 0; i < n; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		const uint8_t *code = qemu_plugin_insn_data(insn);
		uint32_t disp;

		if (count_lines)
			qemu_plugin_register_vcpu_mem_cb(insn, on_access,
							 QEMU_PLUGIN_CB_NO_REGS,
							 QEMU_PLUGIN_MEM_RW,
							 NULL);
		if (flush_addr && qemu_plugin_insn_vaddr(insn) == flush_addr)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_flush,
				QEMU_PLUGIN_CB_NO_REGS, NULL);
		if (qemu_plugin_insn_size(insn) != 7 || code[0] != 0x0f ||
		    code[1] != 0x1f || code[2] != 0x80)
			continue;
		memcpy(&disp, code + 3, sizeof(disp));
		if ((disp & ~0xffu) == MARK)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark,
				QEMU_PLUGIN_CB_NO_REGS,
				(void *)(uintptr_t)(disp & 0xff));
	}
}

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id,
					   const qemu_info_t *info,
					   int argc, char **argv)
{
	const char *file = NULL;
	uint64_t mb = 8192;

	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "out=", 4)) {
			file = argv[i] + 4;
		} else if (!strncmp(argv[i], "flush=", 6)) {
			flush_addr = strtoull(argv[i] + 6, NULL, 16);
		} else if (!strncmp(argv[i], "mb=", 3)) {
			mb = strtoull(argv[i] + 3, NULL, 10);
		} else if (!strcmp(argv[i], "lines=0")) {
			count_lines = false;
		} else {
			fprintf(stderr, "lines: unknown argument '%s'; there are out=FILE, flush=ADDRESS, lines=0 and mb=N\n",
				argv[i]);
			return -1;
		}
	}
	if (!file) {
		fprintf(stderr, "lines: no out=FILE\n");
		return -1;
	}
	if (info->system.max_vcpus >= MAX_CPUS) {
		fprintf(stderr, "lines: %d CPUs, and %d are the most\n",
			info->system.max_vcpus, MAX_CPUS - 1);
		return -1;
	}
	out = fopen(file, "w");
	if (!out)
		fail(file);
	/* RAM above the hole below 4 GB, too */
	nr_lines = (mb + 2048) << (20 - LINE_SHIFT);
	writer = calloc(nr_lines, 1);
	if (!writer)
		fail("no memory");
	for (int i = 0; i < info->system.max_vcpus; i++) {
		cpus[i].hash = calloc(HASH_SIZE, sizeof(*cpus[i].hash));
		if (!cpus[i].hash)
			fail("no memory");
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	return 0;
}
