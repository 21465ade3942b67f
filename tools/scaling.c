// SPDX-License-Identifier: GPL-2.0
/*
 * scaling: a ceiling of throughput for 8 to 256 CPUs, computed from what
 * "bench compare" wrote to JSON.  A prediction by a model, no measurement:
 * Documentation/benchmarking.rst explains it.  An instruction is a nanosecond.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define MAX_NODES	128	/* of vmap areas; one for each CPU up to there */

static const unsigned int cpus[] = { 8, 16, 32, 64, 128, 256 };
static const char * const variants[] = { "vanilla", "patched" };

/* What the reader may change, ns */
static struct {
	double transfer;	/* a cache line from another CPU */
	double ipi;		/* an IPI: its sender, and its receiver, each */
	double node_hold;	/* the lock of a node, each time */
} opt = { .transfer = 100, .ipi = 300, .node_hold = 42 };

/* From the JSON, for each operation if nothing else is said */
struct counts {
	double insn;
	double global_locks, global_hold, node_locks, lazy_adds;
	double flushes;		/* with one CPU online */
	double area;		/* of a purge: for each area */
	double node, fixed;	/* for each node, for all */
	bool spills;		/* lazy_adds is once a batch, not once an area */
};

enum { CPUS, LOCK, COUNTER, PURGE, NODES, BOUNDS };

static const char * const bound_name[BOUNDS] = {
	"CPUs", "free_vmap_area_lock", "vmap_lazy_nr", "purge", "node locks",
};

static const char *path;
static cJSON *rows;

static double row(const char *test, const char *metric, const char *variant)
{
	cJSON *r, *val;

	cJSON_ArrayForEach(r, rows) {
		const char *t = cJSON_GetStringValue(cJSON_GetObjectItem(r, "case"));
		const char *m = cJSON_GetStringValue(cJSON_GetObjectItem(r, "metric"));

		if (!t || !m || strcmp(t, test) || strcmp(m, metric))
			continue;
		val = cJSON_GetObjectItem(r, variant);
		if (cJSON_IsNumber(val) && isfinite(val->valuedouble) &&
		    val->valuedouble >= 0)
			return val->valuedouble;
		die("%s: %s of row %s %s is no number of 0 or more; run 'make bench' again",
		    path, variant, test, metric);
	}
	die("%s has no row %s %s, found are %d others; run 'make bench' again",
	    path, test, metric, cJSON_GetArraySize(rows));
}

static struct counts counts_of(const char *bench, const char *test,
			       const char *variant)
{
	double few = row("purge4/500", "purge", variant);
	double many = row("purge4/5000", "purge", variant);
	double nodes = row("purge64/500", "purge", variant);
	struct counts c = {
		.insn = row(bench, "insn", variant),
		.global_locks = row(test, "global_locks", variant),
		.global_hold = row(test, "global_hold", variant),
		.node_locks = row(test, "node_locks", variant),
		.lazy_adds = row(test, "lazy_adds", variant),
		.flushes = row(test, "flushes", variant) / 1e6,
		/* A line through three points */
		.area = fmax(0, (many - few) / 4500),
		.node = fmax(0, (nodes - few) / 60),
		.spills = !strcmp(variant, "patched"),
	};

	if (!c.insn)
		die("%s: %s of row %s insn is 0, more is expected; run 'make bench' again",
		    path, variant, bench);
	c.fixed = fmax(0, few - 500 * c.area - 4 * c.node);
	return c;
}

static unsigned int nodes_of(unsigned int n)
{
	return n < MAX_NODES ? n : MAX_NODES;
}

static double log_of(unsigned int n)
{
	return floor(log2(n)) + 1;	/* fls() */
}

/* Operations a microsecond */
static void bounds_of(const struct counts *c, unsigned int n, double *bound)
{
	const unsigned int nodes = nodes_of(n);
	/* A line that any CPU may have had was with another one */
	const double line = opt.transfer * (n - 1) / n;
	/* lazy_max_pages() grows with log2(n) */
	const double flushes = c->flushes / log_of(n);
	double adds = c->lazy_adds, work;

	if (c->spills)
		/* A CPU's batch is the limit / (8 * CPUs), each area once */
		adds = fmin(1, adds * n / log_of(n)) + flushes;
	else
		/* A purge subtracts for each node */
		adds += flushes * nodes;
	/* flushes interrupt all others */
	work = c->insn + flushes * 2 * (n - 1) * opt.ipi +
		line * (c->global_locks + c->node_locks + adds);

	bound[CPUS] = 1e3 * n / work;
	bound[LOCK] = 1e3 / (c->global_hold + c->global_locks * line);
	bound[COUNTER] = 1e3 / (adds * line);
	/* A lookup frees nothing */
	bound[PURGE] = !c->flushes ? INFINITY : 1e3 / (c->area + flushes *
		(c->fixed + c->node * nodes + (n - 1) * opt.ipi));
	bound[NODES] = 1e3 * nodes / (c->node_locks * (opt.node_hold + line));
}

/*
 * find_vm_area() of any address in 16 MB: vanilla searches half of the nodes,
 * each with its lock
 */
static struct counts lookup_of(const char *variant, unsigned int n)
{
	double start = row("lookup64/0", "insn", variant);
	double any = row("lookup64/any", "insn", variant);
	double locks = row("lookup64/any", "locks", variant);
	struct counts c = { .insn = any };

	if (!any)
		die("%s: %s of row lookup64/any insn is 0, more is expected; run 'make bench' again",
		    path, variant);
	if (locks > 1) {
		c.node_locks = (nodes_of(n) + 1) / 2.0;
		c.insn = start + fmax(0, any - start) / (locks - 1) *
			(c.node_locks - 1);
	} else {
		c.node_locks = locks;
	}
	return c;
}

static const struct {
	const char *title, *bench, *test;
} cases[] = {
	{ "vmap, 4 pages", "vmap/4-steady", "scaling/vmap4" },
	{ "vmap, 64 pages", "vmap/64", "scaling/vmap64" },
	{ "vmalloc, 16 KB", "vmalloc/4", "scaling/vmalloc4" },
	{ "lookup in 16 MB", NULL, NULL },
};

static const char *cell(double x)
{
	return x < 1e4 ? text("%.1f", x) : text("-");
}

/* Each row @c is title, kernel, CPUs, speedup, ceiling, limit, all bounds */
#define COLUMNS	(6 + BOUNDS)
static const int width[COLUMNS] = { 15, 7, 4, 7, 7, 19, 7, 7, 7, 7, 7 };

static void put(const char * const *c, bool rst)
{
	int i;

	for (i = 0; i < COLUMNS; i++)
		printf("%s%*s", i ? rst ? " " : "  " : "",
		       i < 2 || i == 5 ? -width[i] : width[i], c[i]);
	putchar('\n');
}

static void rule(void)
{
	int i, j;

	for (i = 0; i < COLUMNS; i++) {
		if (i)
			putchar(' ');
		for (j = 0; j < width[i]; j++)
			putchar('=');
	}
	putchar('\n');
}

static void table(bool rst)
{
	static const char * const head[] = {
		"operation", "kernel", "CPUs", "speedup", "ceiling",
		"limited by", "CPUs", "lock", "counter", "purge", "nodes",
	};
	double bound[BOUNDS];
	size_t i, v, n;
	int b, least;

	/* What is missing is said before anything is printed */
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		for (v = 0; v < ARRAY_SIZE(variants); v++)
			if (cases[i].test)
				counts_of(cases[i].bench, cases[i].test,
					  variants[v]);
			else
				lookup_of(variants[v], 1);
	if (rst)
		rule();
	put(head, rst);
	if (rst)
		rule();
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		for (v = 0; v < ARRAY_SIZE(variants); v++)
			for (n = 0; n < ARRAY_SIZE(cpus); n++) {
				const char *c[COLUMNS];
				struct counts x, one;

				if (cases[i].test) {
					x = counts_of(cases[i].bench,
						      cases[i].test, variants[v]);
					one = x;
				} else {
					x = lookup_of(variants[v], cpus[n]);
					one = lookup_of(variants[v], 1);
				}
				bounds_of(&x, cpus[n], bound);
				for (least = 0, b = 1; b < BOUNDS; b++)
					if (bound[b] < bound[least])
						least = b;
				c[0] = text("%s", cases[i].title);
				c[1] = text("%s", variants[v]);
				c[2] = text("%u", cpus[n]);
				c[3] = text("%.1f", bound[least] * one.insn / 1e3);
				c[4] = cell(bound[least]);
				c[5] = text("%s", bound_name[least]);
				for (b = 0; b < BOUNDS; b++)
					c[6 + b] = cell(bound[b]);
				put(c, rst);
			}
	if (rst)
		rule();
}

static void usage(FILE *f)
{
	fputs(
"usage: scaling [--rst] [options] RESULT.json\n"
"\n"
"A ceiling of throughput at 8 to 256 CPUs, vanilla and patched, predicted by a\n"
"model from the counts that bench compare wrote to RESULT.json.  No measurement.\n"
"\n"
"  --rst             a table of reStructuredText instead of plain text\n"
"  --transfer NS     a cache line that comes from another CPU, default 100\n"
"  --ipi NS          an IPI: what it costs its sender, and its receiver, default 300\n"
"  --node-hold NS    how long the lock of a node is held, default 42\n"
"  -h, --help        this text\n"
"\n"
"Exit status: 0 printed; 4 cannot run\n", f);
}

static double ns(const char *option, const char *s)
{
	char *end;
	double val = strtod(s, &end);

	if (end == s || *end || !isfinite(val) || val < 0)
		die("%s is '%s'; give nanoseconds, 0 or more, as 100", option, s);
	return val;
}

static void cjson_free(void *p)
{
	(void)p;	/* lives until exit, see mem() */
}

int main(int argc, char **argv)
{
	enum { RST = 256, TRANSFER, IPI, NODE_HOLD };
	static const struct option options[] = {
		{ "rst", no_argument, NULL, RST },
		{ "transfer", required_argument, NULL, TRANSFER },
		{ "ipi", required_argument, NULL, IPI },
		{ "node-hold", required_argument, NULL, NODE_HOLD },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	cJSON_Hooks hooks = { .malloc_fn = mem, .free_fn = cjson_free };
	const char *base;
	bool rst = false;
	cJSON *root;
	char *s;
	int c;

	prog = "scaling";
	cJSON_InitHooks(&hooks);
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case RST:
			rst = true;
			break;
		case TRANSFER:
			opt.transfer = ns("--transfer", optarg);
			break;
		case IPI:
			opt.ipi = ns("--ipi", optarg);
			break;
		case NODE_HOLD:
			opt.node_hold = ns("--node-hold", optarg);
			break;
		case 'h':
			usage(stdout);
			return E_OK;
		default:
			usage(stderr);
			return E_CANNOT;
		}
	}
	if (argc - optind != 1)
		die("one result is expected, %d are given; see scaling --help",
		    argc - optind);
	path = argv[optind];
	s = read_file(path, NULL);
	if (!s)
		die("cannot read %s: %s; 'make bench' writes it", path,
		    strerror(errno));
	root = cJSON_Parse(s);
	rows = cJSON_GetObjectItem(root, "rows");
	if (!cJSON_IsArray(rows))
		die("%s is no result of bench compare --json; run 'make bench' again",
		    path);
	base = cJSON_GetStringValue(cJSON_GetObjectItem(root, "base"));

	if (rst)
		table(true);
	if (rst)
		return E_OK;
	printf("Linux %s: predicted by a model, not measured.  Ceilings in operations a\n"
	       "microsecond, if an instruction takes 1 ns, a cache line from another CPU %g ns,\n"
	       "an IPI %g ns at each end.  Speedup over one CPU of the same kernel alone.  Of\n"
	       "the five bounds on the right the lowest is the ceiling.\n\n",
	       base ? base : "?", opt.transfer, opt.ipi);
	table(false);
	return E_OK;
}
