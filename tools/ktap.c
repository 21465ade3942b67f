// SPDX-License-Identifier: GPL-2.0
/*
 * ktap: judge the KTAP that guests wrote.  Reads one log a boot (a "run"),
 * counts the innermost results, demands the suites of a list, prints a line a
 * suite, the failures with what was said before them, and a closing line
 * "N passed, N failed, N skipped".
 *
 * A stack of groups, one for each level of indentation that is open, follows
 * the input.  A result closes the groups that are indented deeper: the outermost
 * of them holds its subtests.  A group that the input leaves without a result is a
 * failure, and so is one that does not keep to its plan.  What is no KTAP is
 * kept as the diagnostics of the next result.
 */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define MAX_INDENT	64	/* deeper is no KTAP, but something printed */
#define MAX_DIAG	100	/* last lines kept for a failure */
#define TAB		4

enum status { PASS, SKIP, FAIL };

struct diag {
	char **line;
	size_t nr;
	size_t cut;	/* lines before, which were not kept */
};

struct test {
	char *name;
	char *why;		/* of a skip or a failure, or NULL */
	struct diag diag;
	struct group *sub;	/* NULL if it had no subtests */
	unsigned long num;
	enum status status;
};

struct group {
	struct test *tests;
	size_t nr;
	char *name;		/* from "# Subtest:", or NULL */
	int indent;
	bool header;		/* version, plan or name seen */
	bool planned;
	bool two_plans;
	unsigned long plan;
};

struct run {
	char *name;
	char *path;		/* NULL if no log was given */
	char *err;		/* why the log could not be read */
	char **notes;
	size_t nr_notes;
	struct group top;	/* all its suites, and what is wrong beside */
};

struct count {
	unsigned long passed, failed, skipped;
};

struct parser {
	struct run *run;
	struct group *stack[MAX_INDENT + 1];
	size_t depth;
	char *diag[MAX_DIAG];	/* a ring: line n is at n % MAX_DIAG */
	size_t nr_diag;
	char *hidden;		/* "# not ok" in the diagnostics */
	bool partial;		/* this line has no end */
	bool cut;		/* it was KTAP */
};

static struct run *runs;
static size_t nr_runs;

static struct run *get_run(const char *name, size_t len)
{
	struct run *run;

	for (run = runs; run < runs + nr_runs; run++)
		if (strlen(run->name) == len && !memcmp(run->name, name, len))
			return run;
	runs = more(runs, nr_runs, sizeof(*runs));
	run = &runs[nr_runs++];
	run->name = copy(name, len);
	return run;
}

static struct test *add_test(struct group *g, const struct test *t)
{
	g->tests = more(g->tests, g->nr, sizeof(*g->tests));
	g->tests[g->nr] = *t;
	return &g->tests[g->nr++];
}

static void add_failure(struct group *g, const char *name, char *why)
{
	struct test t = {
		.name = copy(name, strlen(name)), .why = why, .status = FAIL,
	};

	add_test(g, &t);
}

static struct count count_group(const struct group *g);

static struct count count_test(const struct test *t)
{
	struct count c = { 0 };

	if (t->sub && t->sub->nr)
		return count_group(t->sub);
	c.passed = t->status == PASS;
	c.failed = t->status == FAIL;
	c.skipped = t->status == SKIP;
	return c;
}

static struct count count_group(const struct group *g)
{
	struct count sum = { 0 };
	size_t i;

	for (i = 0; i < g->nr; i++) {
		struct count c = count_test(&g->tests[i]);

		sum.passed += c.passed;
		sum.failed += c.failed;
		sum.skipped += c.skipped;
	}
	return sum;
}

static enum status verdict(const struct test *t)
{
	struct count c = count_test(t);

	return c.failed ? FAIL : c.passed ? PASS : SKIP;
}

/* The parser */

static struct group *top(const struct parser *p)
{
	return p->depth ? p->stack[p->depth - 1] : NULL;
}

static struct group *push(struct parser *p, int indent)
{
	struct group *g = mem(sizeof(*g));

	g->indent = indent;
	p->stack[p->depth++] = g;
	return g;
}

static void keep_diag(struct parser *p, char *line)
{
	const char *s = line + strspn(line, " \t");

	/* kselftest: what a test program itself reported, behind "# " */
	if (!strncmp(s, "# not ok ", 9) && isdigit((unsigned char)s[9]) &&
	    !strstr(s, "# SKIP") && !strstr(s, "# XFAIL") && !strstr(s, "# TODO"))
		p->hidden = line;
	p->diag[p->nr_diag++ % MAX_DIAG] = line;
}

static struct diag take_diag(struct parser *p)
{
	struct diag d = { 0 };
	size_t i;

	d.cut = p->nr_diag > MAX_DIAG ? p->nr_diag - MAX_DIAG : 0;
	for (i = d.cut; i < p->nr_diag; i++) {
		d.line = more(d.line, d.nr, sizeof(*d.line));
		d.line[d.nr++] = p->diag[i % MAX_DIAG];
	}
	p->nr_diag = 0;
	p->hidden = NULL;
	return d;
}

static int cmp_num(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a;
	unsigned long y = *(const unsigned long *)b;

	return (x > y) - (x < y);
}

/* Does @g keep to its plan, each number once?  If not, one failure more. */
static void check_group(struct group *g)
{
	unsigned long *num = mem(g->nr * sizeof(*num));
	size_t i, nr = 0;

	/* what never reported has no number: it has failed for that already */
	for (i = 0; i < g->nr; i++)
		if (g->tests[i].num)
			num[nr++] = g->tests[i].num;
	qsort(num, nr, sizeof(*num), cmp_num);
	for (i = 1; i < nr; i++) {
		if (num[i] != num[i - 1])
			continue;
		add_failure(g, "(numbers)",
			    text("number %lu was used twice", num[i]));
		return;
	}
	if (g->two_plans)
		add_failure(g, "(plan)", text("two plans that differ"));
	else if (g->planned && g->plan > g->nr)
		add_failure(g, "(plan)", text("%lu planned, only %zu reported",
					      g->plan, g->nr));
	else if (g->planned && g->plan < g->nr)
		add_failure(g, "(plan)", text("%lu planned, but %zu reported",
					      g->plan, g->nr));
}

/* @g, indented deeper than @up, is left without a result of its own. */
static void fold(struct parser *p, struct group *up, struct group *g)
{
	struct test t = {
		.name = g->name ? g->name : text("(unnamed)"),
		.why = text("it began but reported no result"),
		.status = FAIL,
	};
	size_t i;

	if (!g->header) {
		for (i = 0; i < g->nr; i++)
			add_test(up, &g->tests[i]);
		return;
	}
	if (g->nr) {
		t.sub = g;
		add_failure(g, "(end)", t.why);
		g->tests[g->nr - 1].diag = take_diag(p);
	} else {
		t.diag = take_diag(p);
	}
	add_test(up, &t);
}

/* Close what is deeper than @indent; the outermost of it, or NULL. */
static struct group *close_deeper(struct parser *p, int indent)
{
	struct group *g = NULL;

	while (p->depth && top(p)->indent > indent) {
		g = top(p);
		p->depth--;
		if (p->depth && top(p)->indent > indent) {
			fold(p, top(p), g);
			g = NULL;
		}
	}
	return g;
}

/* The group at @indent for a header line, after what is deeper is closed. */
static struct group *level(struct parser *p, int indent)
{
	struct group *g = close_deeper(p, indent);

	if (!p->depth || top(p)->indent < indent)
		push(p, indent);
	if (g)
		fold(p, top(p), g);
	return top(p);
}

/* The innermost open group ends without a result behind it. */
static void leave(struct parser *p)
{
	struct group *g = top(p);
	size_t i;

	p->depth--;
	if (p->depth) {
		fold(p, top(p), g);
		return;
	}
	if (g->name && g->indent) {
		/* the log began, and went on, inside of a suite */
		fold(p, push(p, 0), g);
		return;
	}
	/* the outermost level: its tests are suites of the run */
	check_group(g);
	for (i = 0; i < g->nr; i++)
		add_test(&p->run->top, &g->tests[i]);
}

static void on_version(struct parser *p, int indent)
{
	struct group *g = level(p, indent);

	/* another begins where one was: that one is over */
	if (g->nr || g->header) {
		leave(p);
		g = push(p, indent);
	}
	g->header = true;
}

static bool on_subtest(struct parser *p, int indent, const char *name)
{
	struct group *g = top(p);

	/* at the outermost level it is but a remark, unless it opens it */
	if (!indent && (p->depth != 1 || g->indent || g->nr || g->name))
		return false;
	g = level(p, indent);
	if (g->nr || g->name) {
		leave(p);
		g = push(p, indent);
	}
	g->header = true;
	g->name = copy(name, strlen(name));
	return true;
}

static void on_plan(struct parser *p, int indent, unsigned long plan)
{
	struct group *g = level(p, indent);

	if (g->planned && g->plan != plan)
		g->two_plans = true;
	g->header = true;
	g->planned = true;
	g->plan = plan;
}

static bool has_word(const char *s, const char *word)
{
	size_t len = strlen(word);

	return !strncasecmp(s, word, len) && !isalnum((unsigned char)s[len]);
}

/* "name # DIRECTIVE why", "# SKIP name", "name # remark" */
static void split_name(struct test *t, char *s)
{
	static const struct {
		const char *word;
		enum status status;
	} directives[] = {
		{ "SKIP", SKIP }, { "TODO", SKIP }, { "XFAIL", SKIP },
		{ "TIMEOUT", FAIL }, { "ERROR", FAIL },
	};
	char *hash = s[0] == '#' ? s : strstr(s, " #");
	char *end, *why;
	size_t i;

	end = hash ? hash : s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	t->name = copy(s, end - s);
	if (!hash)
		return;
	why = strchr(hash, '#') + 1;
	why += strspn(why, " \t");
	for (i = 0; i < ARRAY_SIZE(directives); i++) {
		size_t len = strlen(directives[i].word);

		if (!has_word(why, directives[i].word))
			continue;
		t->status = directives[i].status;
		if (!*t->name) {
			/* kselftest's ksft_test_result_skip() */
			t->name = copy(why + len, strlen(why + len));
			t->name += strspn(t->name, " \t");
		}
		break;
	}
	if (*why)
		t->why = copy(why, strlen(why));
}

/* Is @g, closed by a result, that of a test @rest, "name # ..."? */
static bool is_sub(const struct group *g, const char *rest)
{
	size_t len = g->name ? strlen(g->name) : 0;

	return !len || !*rest || *rest == '#' ||
		(!strncmp(rest, g->name, len) &&
		 (!rest[len] || isspace((unsigned char)rest[len])));
}

static void on_result(struct parser *p, int indent, bool ok,
		      unsigned long num, char *rest)
{
	struct test t = { .num = num, .status = ok ? PASS : FAIL };
	char *hidden = p->hidden;

	t.sub = close_deeper(p, indent);
	if (!p->depth || top(p)->indent < indent)
		push(p, indent);
	if (t.sub && !is_sub(t.sub, rest)) {
		fold(p, top(p), t.sub);
		t.sub = NULL;
	}
	split_name(&t, rest);
	t.diag = take_diag(p);
	if (t.sub) {
		if (t.status != SKIP)
			check_group(t.sub);
		if (!*t.name && t.sub->name)
			t.name = t.sub->name;
		if (!t.sub->nr && t.status == PASS) {
			t.status = SKIP;
			t.why = text("no test ran in it");
		} else if (t.sub->nr && t.status == FAIL &&
			   !count_group(t.sub).failed) {
			add_failure(t.sub, "(result)", text(
				"reported as failed though no test in it did%s%s",
				t.why ? ": " : "", t.why ? t.why : ""));
			t.sub->tests[t.sub->nr - 1].diag = t.diag;
		}
	} else if (t.status == PASS && hidden) {
		t.status = FAIL;
		t.why = text("reported as ok, but in its output: %s", hidden);
	}
	if (!*t.name)
		t.name = text("(test %lu)", num);
	add_test(top(p), &t);
}

/* Is @line KTAP?  If so it is taken. */
static bool parse_line(struct parser *p, const char *line)
{
	const char *s = line;
	char *end;
	bool ok;
	int indent = 0;
	unsigned long n;

	for (; *s == ' ' || *s == '\t'; s++)
		indent += *s == '\t' ? TAB : 1;
	if (indent > MAX_INDENT - 1)
		return false;
	if (!strncmp(s, "KTAP version ", 13) || !strncmp(s, "TAP version ", 12)) {
		on_version(p, indent);
		return true;
	}
	if (!strncmp(s, "# Subtest: ", 11))
		return on_subtest(p, indent, s + 11);
	if (!strncmp(s, "1..", 3) && isdigit((unsigned char)s[3])) {
		n = strtoul(s + 3, &end, 10);
		end += strspn(end, " \t");
		if (*end && *end != '#')
			return false;
		on_plan(p, indent, n);
		return true;
	}
	ok = !strncmp(s, "ok ", 3);
	if (!ok && strncmp(s, "not ok ", 7))
		return false;
	s += ok ? 3 : 7;
	if (!isdigit((unsigned char)*s))
		return false;
	n = strtoul(s, &end, 10);
	if (*end && *end != ' ' && *end != '\t')
		return false;
	end += strspn(end, " \t");
	if (!strncmp(end, "- ", 2))
		end += 2;
	on_result(p, indent, ok, n, end);
	return true;
}

static void parse_log(struct run *run)
{
	struct parser p = { .run = run };
	size_t len;
	char *pos = read_file(run->path, &len), *line;

	if (!pos) {
		run->err = text("cannot read %s: %s", run->path, strerror(errno));
		return;
	}
	p.partial = len && pos[len - 1] != '\n';
	while ((line = next_line(&pos))) {
		line = skip_prefix(line);
		if (parse_line(&p, line))
			p.cut = p.partial && !*pos;
		else if (*line)
			keep_diag(&p, line);
	}
	while (p.depth)
		leave(&p);
	if (p.cut)
		add_failure(&run->top, "(log)",
			    text("it ends in the middle of a line of results"));
}

/* What must have run */

static void demand(struct run *run, const char *suite, bool may_skip)
{
	struct test *t, *skipped = NULL;
	size_t i;

	for (i = 0; i < run->top.nr; i++) {
		t = &run->top.tests[i];
		if (strcmp(t->name, suite))
			continue;
		if (may_skip || verdict(t) != SKIP)
			return;
		skipped = t;
	}
	if (!skipped) {
		add_failure(&run->top, suite, text("suite did not run%s%s",
			    run->path && !run->err ? "" : ": ",
			    run->err ? run->err : run->path ? "" : "no log given"));
		return;
	}
	if (skipped->sub && skipped->sub->nr) {
		add_failure(skipped->sub, "(required)",
			    text("listed but skipped"));
		return;
	}
	skipped->status = FAIL;
	skipped->why = text("listed but skipped%s%s", skipped->why ? ": " : "",
			    skipped->why ? skipped->why : "");
}

static void read_required(const char *path)
{
	char *pos = read_file(path, NULL), *line;
	unsigned int nr = 0;

	if (!pos)
		die("cannot read the list of suites %s: %s; name it with --required",
		    path, strerror(errno));
	while ((line = next_line(&pos))) {
		static const char word[] = "may-skip";
		bool may_skip = false;
		char *run, *end;

		nr++;
		end = strchr(line, '#');
		if (end)
			*end = '\0';
		run = next_word(&line);
		if (!run)
			continue;
		line += strspn(line, " \t");
		end = line + strlen(line);
		while (end > line && isspace((unsigned char)end[-1]))
			*--end = '\0';
		if (end - line > (int)strlen(word) &&
		    !strcmp(end - strlen(word), word) &&
		    isspace((unsigned char)end[-1 - (int)strlen(word)])) {
			may_skip = true;
			end -= strlen(word);
			while (end > line && isspace((unsigned char)end[-1]))
				*--end = '\0';
		}
		if (!*line)
			die("%s:%u: no suite behind '%s'; a line is: RUN SUITE [may-skip]",
			    path, nr, run);
		demand(get_run(run, strlen(run)), line, may_skip);
	}
}

static void judge_run(struct run *run)
{
	size_t i;

	for (i = 0; i < run->nr_notes; i++)
		add_failure(&run->top, "(run)", run->notes[i]);
	if (run->top.nr)
		return;
	add_failure(&run->top, "(run)", run->err ? run->err :
		    run->path ? text("no result in %s", run->path) :
		    text("no log given"));
}

/* Text for people */

static void print_leaf(const struct test *t, const char *path)
{
	size_t i;

	printf("      not ok  ");
	put_plain(stdout, path);
	if (t->why) {
		printf(": ");
		put_plain(stdout, t->why);
	}
	putchar('\n');
	if (t->diag.cut)
		printf("          | (%zu lines before)\n", t->diag.cut);
	for (i = 0; i < t->diag.nr; i++) {
		printf("          | ");
		put_plain(stdout, t->diag.line[i]);
		putchar('\n');
	}
}

static void print_failures(const struct test *t, const char *path)
{
	size_t i;

	if (!t->sub || !t->sub->nr) {
		if (t->status == FAIL)
			print_leaf(t, path);
		return;
	}
	for (i = 0; i < t->sub->nr; i++) {
		const struct test *sub = &t->sub->tests[i];

		print_failures(sub, text("%s/%s", path, sub->name));
	}
}

static struct count print_runs(void)
{
	static const char * const word[] = { "ok", "skip", "FAIL" };
	static const char * const colour[] = { "32", "33", "1;31" };
	struct count sum = { 0 };
	int run_len = 0, suite_len = 0;
	const struct run *run;
	bool tty = colours();
	size_t i;

	for (run = runs; run < runs + nr_runs; run++) {
		if (run_len < (int)strlen(run->name))
			run_len = strlen(run->name);
		for (i = 0; i < run->top.nr; i++) {
			int len = strlen(run->top.tests[i].name);

			if (suite_len < len && len <= 48)
				suite_len = len;
		}
	}
	for (run = runs; run < runs + nr_runs; run++) {
		for (i = 0; i < run->top.nr; i++) {
			const struct test *t = &run->top.tests[i];
			struct count c = count_test(t);
			enum status v = verdict(t);
			int pad = suite_len - (int)strlen(t->name);

			if (tty)
				printf("\033[%sm%-4s\033[m", colour[v], word[v]);
			else
				printf("%-4s", word[v]);
			printf("  %-*s  ", run_len, run->name);
			put_plain(stdout, t->name);
			printf("%*s  %lu/%lu/%lu\n", pad > 0 ? pad : 0, "",
			       c.passed, c.failed, c.skipped);
			print_failures(t, t->name);
			sum.passed += c.passed;
			sum.failed += c.failed;
			sum.skipped += c.skipped;
		}
	}
	return sum;
}

/* JUnit */

static void junit_text(FILE *f, const struct test *t)
{
	size_t i;

	for (i = 0; i < t->diag.nr; i++) {
		fputc('\n', f);
		put_xml(f, t->diag.line[i]);
	}
}

static void junit_case(FILE *f, const struct test *t, const char *suite,
		       const char *path)
{
	const char *kind = t->status == FAIL ? "failure" : "skipped";
	size_t i;

	if (t->sub && t->sub->nr) {
		for (i = 0; i < t->sub->nr; i++) {
			const struct test *sub = &t->sub->tests[i];

			junit_case(f, sub, suite, !path ? sub->name :
				   text("%s/%s", path, sub->name));
		}
		return;
	}
	fprintf(f, "\t\t<testcase classname=\"");
	put_xml(f, suite);
	fprintf(f, "\" name=\"");
	put_xml(f, path ? path : t->name);
	if (t->status == PASS) {
		fprintf(f, "\"/>\n");
		return;
	}
	fprintf(f, "\">\n\t\t\t<%s message=\"", kind);
	put_xml(f, t->why ? t->why : t->status == FAIL ? "not ok" : "");
	fprintf(f, "\">");
	if (t->status == FAIL)
		junit_text(f, t);
	fprintf(f, "</%s>\n\t\t</testcase>\n", kind);
}

static void junit_counts(FILE *f, struct count c)
{
	fprintf(f, "tests=\"%lu\" failures=\"%lu\" errors=\"0\" skipped=\"%lu\">\n",
		c.passed + c.failed + c.skipped, c.failed, c.skipped);
}

static void write_junit(const char *path, struct count sum)
{
	struct out out = out_open(path);
	const struct run *run;
	size_t i;

	fprintf(out.f, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites ");
	junit_counts(out.f, sum);
	for (run = runs; run < runs + nr_runs; run++) {
		for (i = 0; i < run->top.nr; i++) {
			const struct test *t = &run->top.tests[i];
			char *suite = text("%s.%s", run->name, t->name);

			fprintf(out.f, "\t<testsuite name=\"");
			put_xml(out.f, suite);
			fprintf(out.f, "\" ");
			junit_counts(out.f, count_test(t));
			junit_case(out.f, t, suite, NULL);
			fprintf(out.f, "\t</testsuite>\n");
		}
	}
	fprintf(out.f, "</testsuites>\n");
	out_commit(&out);
}

static void usage(FILE *f)
{
	fputs(
"usage: ktap [--required FILE] [--junit OUT.xml] [--run-note RUN=TEXT]...\n"
"            RUN=LOG...\n"
"\n"
"Judges the KTAP or TAP that guests wrote: LOG is what the boot RUN reported.\n"
"Counts the innermost results.  Prints a line a suite (passed/failed/skipped),\n"
"the failures with what was printed before them, and a closing line\n"
"'N passed, N failed, N skipped'.  A log named twice for one RUN adds to it.\n"
"\n"
"  --required FILE      the suites that must have run, a line each:\n"
"                           RUN SUITE [may-skip]      # remark\n"
"                       One that has no result in the log of its RUN, whose\n"
"                       log is missing, or that was skipped as a whole though\n"
"                       the line does not say may-skip, is a failed test\n"
"  --junit OUT.xml      write the results as JUnit XML too\n"
"  --run-note RUN=TEXT  RUN crashed or timed out: one failed test that says TEXT\n"
"  -h, --help           this text\n"
"\n"
"Failures too: a plan (1..N) that was not kept, a number used twice, a suite\n"
"that began but reported no result, one that reports ok around a failure, a log\n"
"that ends inside a line, a log without results.  TODO and XFAIL count as\n"
"skipped.  Missing plans and numbers out of order are accepted.\n"
"\n"
"Exit status: 0 all passed; 1 a test failed, or none passed; 4 cannot run\n", f);
}

/* The name in front of '=' in @arg; *@value is what is behind. */
static struct run *run_arg(const char *arg, const char *what, const char **value)
{
	const char *eq = strchr(arg, '=');

	if (!eq || eq == arg || !eq[1])
		die("'%s' is not %s; see ktap --help", arg, what);
	*value = eq + 1;
	return get_run(arg, eq - arg);
}

int main(int argc, char **argv)
{
	enum { REQUIRED = 256, JUNIT, NOTE };
	static const struct option options[] = {
		{ "required", required_argument, NULL, REQUIRED },
		{ "junit", required_argument, NULL, JUNIT },
		{ "run-note", required_argument, NULL, NOTE },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	const char *required = NULL, *junit = NULL, *value;
	char **notes = mem(argc * sizeof(*notes));
	size_t nr_notes = 0, i;
	struct count sum;
	struct run *run;
	int c;

	prog = "ktap";
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case REQUIRED:
			required = optarg;
			break;
		case JUNIT:
			junit = optarg;
			break;
		case NOTE:
			notes[nr_notes++] = optarg;
			break;
		case 'h':
			usage(stdout);
			return E_OK;
		default:
			usage(stderr);
			return E_CANNOT;
		}
	}
	if (optind == argc && !required && !nr_notes)
		die("no RUN=LOG given; see ktap --help");
	for (; optind < argc; optind++) {
		run = run_arg(argv[optind], "RUN=LOG", &value);
		run->path = copy(value, strlen(value));
		parse_log(run);
	}
	for (i = 0; i < nr_notes; i++) {
		run = run_arg(notes[i], "RUN=TEXT", &value);
		run->notes = more(run->notes, run->nr_notes, sizeof(*run->notes));
		run->notes[run->nr_notes++] = copy(value, strlen(value));
	}
	if (required)
		read_required(required);
	for (run = runs; run < runs + nr_runs; run++)
		judge_run(run);
	sum = print_runs();
	if (junit)
		write_junit(junit, sum);
	printf("%lu passed, %lu failed, %lu skipped\n", sum.passed, sum.failed,
	       sum.skipped);
	return sum.failed || !sum.passed ? E_FAIL : E_OK;
}
