// SPDX-License-Identifier: GPL-2.0
/*
 * bench: compare what two kernels measured.  The guests print lines
 *
 *	BENCH <case> <metric> <value>
 *
 * and kunit/bench.cases (its head comment describes the format) says which of
 * them must be there, which way is better, and how much worse than vanilla the
 * patched kernel may be.  What nobody asked for is named, not judged.
 *
 * A kernel may have been measured several times: then the median of its runs is
 * what is shown and judged, because a single boot of it may be off by 1-2 %.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"

#define SLACK	1.02	/* less than 2 % is neither faster nor slower */
#define REF_OFF	0.10	/* how far vanilla may be from its published figure */
#define EPSILON	1e-9	/* a ratio of exactly the bar holds it */

enum better { LOWER, HIGHER, EQUAL, NONE };

static const char * const better_name[] = { "lower", "higher", "equal", "none" };

enum verdict { SAME, FASTER, UNJUDGED, OPEN, REF_IS_OFF, MISSED, SLOWER, INVALID,
	       MISSING };

static const char * const verdict_name[] = {
	"same", "faster", "unjudged", "open", "ref-off", "missed", "slower",
	"invalid", "missing",
};

struct value {
	const char *test, *metric;
	const char *text;	/* as printed in the last run */
	/* NaN if it is no number, infinite or negative */
	double val;		/* in the last run; settle() makes it the median */
	double *all;		/* one a run that has it */
	size_t nr;
	unsigned int run;	/* the last that has it */
	const char *bad;	/* the first text that is no number, or NULL */
	bool asked;
};

struct variant {
	const char *name;
	struct value *values;
	size_t nr;
	unsigned int runs;
};

struct metric {
	const char *name, *title;
	bool time;		/* "faster" instead of "better" */
};

/* A column of the table of shapes: a metric with one bar for all of them */
struct column {
	const char *metric, *head;
	enum better better;
	double bar, plus;	/* the most: bar * vanilla's + plus; NaN: none */
};

struct row {
	const char *test, *metric, *title;
	enum better better;
	double bar, max, ref;	/* NaN: none */
	bool exact_ref, demo, used;
	const struct column *column;	/* of a shape, or NULL */
	const char *open;	/* the section that has to hold the bar, or NULL */

	const struct value *vanilla, *patched;
	double ratio;		/* NaN: none */
	enum verdict verdict;
	bool bar_held, missed;
	const char *problems;	/* or NULL */
};

static struct variant variants[] = {
	{ .name = "vanilla" }, { .name = "patched" },
};

static struct metric *metrics;
static size_t nr_metrics;
static struct row *rows;
static size_t nr_rows;
static struct column *columns;
static size_t nr_columns;
static bool shaped;	/* a shape with these columns was read */

static struct {
	unsigned int cases, faster, slower, held, missed, open;
} sum;

/* Input */

static struct value *find_value(struct variant *var, const char *test,
				const char *metric)
{
	size_t i;

	for (i = 0; i < var->nr; i++) {
		struct value *v = &var->values[i];

		if (!strcmp(v->test, test) && !strcmp(v->metric, metric))
			return v;
	}
	return NULL;
}

static const struct value *ask(struct variant *var, const struct row *r)
{
	struct value *v = find_value(var, r->test, r->metric);

	if (v)
		v->asked = true;
	return v;
}

static double number(const char *s)
{
	char *end;
	double val = strtod(s, &end);

	if (end == s || *end || !isfinite(val) || val < 0)
		return NAN;
	return val;
}

/* What one more run has measured */
static void add_figure(struct value *v, const struct value *new)
{
	v->text = new->text;
	v->val = new->val;
	v->run = new->run;
	if (isnan(v->val) && !v->bad)
		v->bad = v->text;
	v->all = more(v->all, v->nr, sizeof(*v->all));
	v->all[v->nr++] = v->val;
}

static void read_log(struct variant *var, const char *path)
{
	char *pos = read_file(path, NULL), *line;
	unsigned int nr = 0, found = 0;

	if (!pos)
		die("cannot read %s, a log of %s: %s; run the benchmarks first",
		    path, var->name, strerror(errno));
	while ((line = next_line(&pos))) {
		struct value v = { .run = var->runs }, *old;
		char *word;

		nr++;
		line = skip_prefix(line);
		word = next_word(&line);
		if (!word || strcmp(word, "BENCH"))
			continue;
		v.test = next_word(&line);
		v.metric = next_word(&line);
		v.text = next_word(&line);
		if (!v.text || next_word(&line))
			die("%s:%u: broken line, it should be: BENCH <case> <metric> <value>; run the benchmarks again",
			    path, nr);
		v.val = number(v.text);
		found++;
		old = find_value(var, v.test, v.metric);
		if (!old) {
			var->values = more(var->values, var->nr, sizeof(v));
			old = &var->values[var->nr++];
			*old = v;
		} else if (old->run == var->runs) {
			if (same_number(old->val, v.val) ||
			    !strcmp(old->text, v.text))
				continue;
			die("%s:%u: %s %s is %s for %s, but %s was read before; give the logs of one run only, and those of another run as another %s=",
			    path, nr, v.test, v.metric, v.text, var->name,
			    old->text, var->name);
		}
		add_figure(old, &v);
	}
	if (!found)
		warn("no BENCH line in %s, a log of %s", path, var->name);
}

/* NAME=LOG[,LOG...]: one run */
static void read_variant(char *arg)
{
	char *log = strchr(arg, '=');
	size_t i;

	if (!log)
		die("'%s' is not vanilla=LOG[,LOG...] or patched=LOG[,LOG...]",
		    arg);
	*log++ = '\0';
	for (i = 0; i < ARRAY_SIZE(variants); i++) {
		struct variant *var = &variants[i];

		if (strcasecmp(arg, var->name) &&
		    (i || strcasecmp(arg, "baseline")))
			continue;
		var->runs++;
		for (log = strtok(log, ","); log; log = strtok(NULL, ","))
			read_log(var, log);
		return;
	}
	die("there is no variant '%s'; it is vanilla or patched", arg);
}

static int cmp_figure(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* All runs are read: the median of those that have it, if all are numbers */
static void settle(struct value *v)
{
	size_t mid = v->nr / 2;

	if (v->bad) {
		v->val = NAN;
		return;
	}
	qsort(v->all, v->nr, sizeof(*v->all), cmp_figure);
	v->val = v->all[mid];
	if (v->nr % 2 == 0)
		v->val = v->all[mid - 1] + (v->val - v->all[mid - 1]) / 2;
}

static const struct metric *find_metric(const char *name)
{
	size_t i;

	for (i = 0; i < nr_metrics; i++)
		if (!strcmp(metrics[i].name, name))
			return &metrics[i];
	return NULL;
}

/* A column that is a number or '-' */
static double column(const char *word, const char *what, const char *path,
		     unsigned int nr)
{
	double val;

	if (!strcmp(word, "-"))
		return NAN;
	val = number(word);
	if (isnan(val))
		die("%s:%u: %s is '%s'; write a number or -", path, nr, what,
		    word);
	return val;
}

static void read_metric(char *line, const char *path, unsigned int nr)
{
	const char *name = next_word(&line), *kind = next_word(&line);
	struct metric m = { .name = name };

	line += strspn(line, " \t");
	if (!kind || !*line || (strcmp(kind, "time") && strcmp(kind, "count")))
		die("%s:%u: a metric is: @metric NAME time|count TITLE", path,
		    nr);
	if (find_metric(name))
		die("%s:%u: metric '%s' stands there twice; remove one", path,
		    nr, name);
	m.title = line;
	m.time = !strcmp(kind, "time");
	metrics = more(metrics, nr_metrics, sizeof(m));
	metrics[nr_metrics++] = m;
}

/* What all rows want of their names */
static void add_row(const struct row *r, const char *path, unsigned int nr)
{
	size_t i;

	if (!find_metric(r->metric))
		die("%s:%u: metric '%s' is unknown; add '@metric %s count TITLE' above",
		    path, nr, r->metric, r->metric);
	for (i = 0; i < nr_rows; i++)
		if (!strcmp(rows[i].test, r->test) &&
		    !strcmp(rows[i].metric, r->metric))
			die("%s:%u: %s %s stands there twice; remove one", path,
			    nr, r->test, r->metric);
	rows = more(rows, nr_rows, sizeof(*r));
	rows[nr_rows++] = *r;
}

static enum better read_better(const char *word, const char *path,
			       unsigned int nr)
{
	enum better better = LOWER;

	while (strcmp(word, better_name[better]))
		if (++better > NONE)
			die("%s:%u: better is '%s'; write lower, higher, equal or none",
			    path, nr, word);
	return better;
}

static void read_row(char *line, const char *path, unsigned int nr)
{
	static const double usual[] = { SLACK, 1 / SLACK, 1, NAN };
	const char *word[7], *ref;
	struct row r = { 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(word); i++)
		word[i] = next_word(&line);
	line += strspn(line, " \t");
	if (!word[6] || !*line)
		die("%s:%u: a row is: CASE METRIC BETTER BAR MAX REF SHOW TITLE",
		    path, nr);
	r.test = word[0];
	r.metric = word[1];
	r.title = line;
	r.better = read_better(word[2], path, nr);
	r.bar = !strcmp(word[3], "default") ? usual[r.better] :
		column(word[3], "the bar", path, nr);
	r.max = column(word[4], "the maximum", path, nr);
	ref = word[5];
	if (*ref == '=') {
		r.exact_ref = true;
		ref++;
	}
	r.ref = column(ref, "the reference", path, nr);
	r.demo = !strcmp(word[6], "demo");
	if (!r.demo && strcmp(word[6], "-"))
		die("%s:%u: show is '%s'; write demo or -", path, nr, word[6]);
	if (r.better == NONE && !isnan(r.bar))
		die("%s:%u: a bar says nothing when better is none; write -",
		    path, nr);
	add_row(&r, path, nr);
}

/* Is @name in @list, "a,b,c"?  Without a list everything is. */
static bool listed(const char *list, const char *name)
{
	size_t len = strlen(name);

	if (!list)
		return true;
	for (; list; list = strchr(list, ',')) {
		list += *list == ',';
		if (!strncmp(list, name, len) && strchr(",", list[len]))
			return true;
	}
	return false;
}

static void read_column(char *line, const char *path, unsigned int nr)
{
	struct column c = { .metric = next_word(&line) };
	const char *better = next_word(&line), *bar = next_word(&line);
	const char *plus = next_word(&line);

	line += strspn(line, " \t");
	if (!plus || !*line)
		die("%s:%u: a column is: @column METRIC BETTER BAR PLUS HEAD",
		    path, nr);
	c.head = line;
	c.better = read_better(better, path, nr);
	if (c.better != LOWER && c.better != NONE)
		die("%s:%u: a column is better when it is lower, or none", path,
		    nr);
	c.bar = column(bar, "the bar", path, nr);
	c.plus = column(plus, "what may be added", path, nr);
	if (shaped) {
		/* Of another set; the rows before keep theirs */
		columns = NULL;
		nr_columns = 0;
		shaped = false;
	}
	columns = more(columns, nr_columns, sizeof(c));
	columns[nr_columns++] = c;
}

/* SECTION:METRIC,METRIC: those that the section does not hold yet */
static void read_shape(char *line, const char *path, unsigned int nr)
{
	const char *test = next_word(&line);
	char *open = next_word(&line), *list;
	size_t i, known = 0, left = 0;

	line += strspn(line, " \t");
	if (!open || !*line)
		die("%s:%u: a shape is: @shape CASE SECTION:METRIC,METRIC|- TITLE",
		    path, nr);
	list = strchr(open, ':');
	if (list)
		*list++ = '\0';
	else if (strcmp(open, "-"))
		die("%s:%u: what is open is '%s'; write SECTION:METRIC,METRIC or -",
		    path, nr, open);
	for (i = 0; list && list[i]; i++)
		left += list[i] == ',' || !list[i + 1];
	for (i = 0; i < nr_columns; i++) {
		struct row r = {
			.test = test, .metric = columns[i].metric,
			.title = line, .better = columns[i].better,
			.bar = columns[i].bar, .max = NAN, .ref = NAN,
		};

		if (list && listed(list, r.metric)) {
			r.open = open;
			known++;
		}
		add_row(&r, path, nr);
		rows[nr_rows - 1].column = &columns[i];
	}
	shaped = true;
	if (known != left)
		die("%s:%u: '%s' has a metric that is no @column above", path,
		    nr, list);
}

static void read_cases(const char *path)
{
	char *pos = read_file(path, NULL), *line;
	unsigned int nr = 0;

	if (!pos)
		die("cannot read the list of cases %s: %s; name it with --cases",
		    path, strerror(errno));
	while ((line = next_line(&pos))) {
		size_t len = strlen(line);

		nr++;
		while (len && strchr(" \t", line[len - 1]))
			line[--len] = '\0';
		line += strspn(line, " \t");
		if (!*line || *line == '#')
			continue;
		if (!strncmp(line, "@metric ", 8))
			read_metric(line + 8, path, nr);
		else if (!strncmp(line, "@column ", 8))
			read_column(line + 8, path, nr);
		else if (!strncmp(line, "@shape ", 7))
			read_shape(line + 7, path, nr);
		else
			read_row(line, path, nr);
	}
}

/* Judgement */

static void problem(struct row *r, enum verdict verdict, char *what)
{
	if (r->verdict < verdict)
		r->verdict = verdict;
	r->problems = r->problems ? text("%s; %s", r->problems, what) : what;
	r->missed = true;
}

static bool have_values(struct row *r)
{
	size_t i;

	r->vanilla = ask(&variants[0], r);
	r->patched = ask(&variants[1], r);
	for (i = 0; i < ARRAY_SIZE(variants); i++) {
		const struct value *v = i ? r->patched : r->vanilla;

		if (!v)
			problem(r, MISSING, text("no figure of %s",
						 variants[i].name));
		else if (isnan(v->val))
			problem(r, INVALID, text("%s measured '%s'",
						 variants[i].name, v->bad));
	}
	return !r->missed;
}

/* Of a shape: at most so much more than vanilla */
static void judge_shape(struct row *r)
{
	const struct column *c = r->column;
	const double v = r->vanilla->val, p = r->patched->val;

	if (isnan(r->bar))
		r->verdict = UNJUDGED;
	else if (p <= r->bar * v + c->plus + EPSILON)
		r->verdict = p * SLACK < v ? FASTER : SAME;
	else if (r->open)
		r->verdict = OPEN;
	else
		problem(r, r->bar > SLACK ? MISSED : SLOWER,
			text("at most %.2f * vanilla + %s", r->bar,
			     figure(c->plus)));
	r->bar_held = !isnan(r->bar) && !r->missed && r->verdict != OPEN;
}

static void judge(struct row *r, bool check_ref)
{
	double v, p, gain;

	r->ratio = NAN;
	if (!have_values(r))
		return;
	v = r->vanilla->val;
	p = r->patched->val;
	r->ratio = v > 0 ? p / v : p > 0 ? INFINITY : 1;
	if (r->column) {
		judge_shape(r);
		return;
	}

	/* how many times better, and what that must be at least */
	gain = r->better == HIGHER ? r->ratio : 1 / r->ratio;
	if (r->better == NONE || (isnan(r->bar) && isnan(r->max)))
		r->verdict = UNJUDGED;
	if (r->better == EQUAL && !isnan(r->bar)) {
		double far = fmax(r->ratio, 1 / r->ratio);

		if (far > fmax(r->bar, 1 / r->bar) + EPSILON)
			problem(r, MISSED, text("not as in vanilla"));
	} else if (!isnan(r->bar)) {
		double least = r->better == HIGHER ? r->bar : 1 / r->bar;

		/* short of a bar that asks for a gain is not yet slower */
		if (gain < least - EPSILON)
			problem(r, gain < fmin(least, 1 / SLACK) ?
				SLOWER : MISSED, text("bar %.2f", r->bar));
	}
	if (r->better != NONE && r->better != EQUAL && !r->missed &&
	    gain > SLACK)
		r->verdict = FASTER;
	if (!isnan(r->max) && r->better == HIGHER && p < r->max)
		problem(r, MISSED, text("at least %s asked", figure(r->max)));
	else if (!isnan(r->max) && r->better != HIGHER && p > r->max)
		problem(r, MISSED, text("at most %s allowed", figure(r->max)));
	else if (r->max == 0 && r->patched->all[r->patched->nr - 1] > 0)
		/* What must not happen must not happen once */
		problem(r, MISSED, text("0 in each run allowed, %s in one",
			figure(r->patched->all[r->patched->nr - 1])));
	r->bar_held = !r->missed && !(isnan(r->bar) && isnan(r->max));

	if (!check_ref || isnan(r->ref))
		return;
	if (r->exact_ref && !same_number(v, r->ref))
		problem(r, REF_IS_OFF, text("vanilla should be %s",
					    figure(r->ref)));
	else if (fabs(v - r->ref) > REF_OFF * r->ref)
		problem(r, REF_IS_OFF, text("vanilla should be %s within 10 %%",
					    figure(r->ref)));
}

static void judge_all(bool check_ref)
{
	size_t i;

	for (i = 0; i < nr_rows; i++) {
		struct row *r = &rows[i];

		/* Not every shape has all columns. */
		if (r->column && !find_value(&variants[0], r->test, r->metric) &&
		    !find_value(&variants[1], r->test, r->metric))
			r->used = false;
		if (!r->used) {
			/* left out on purpose: known all the same */
			ask(&variants[0], r);
			ask(&variants[1], r);
			continue;
		}
		judge(r, check_ref);
		sum.open += r->verdict == OPEN;
		sum.cases++;
		sum.faster += r->verdict == FASTER;
		sum.slower += r->verdict == SLOWER;
		sum.held += r->bar_held;
		sum.missed += r->missed;
	}
	if (!sum.cases)
		die("no case is left to compare; see the list of cases and the options");
}

/* Text for people */

/* Worse than vanilla by more than the slack, though within its bar? */
static bool worse(const struct row *r)
{
	double gain = r->better == HIGHER ? r->ratio : 1 / r->ratio;

	return !isnan(gain) && gain * SLACK < 1 - EPSILON;
}

static const char *mark(const struct row *r)
{
	bool time = find_metric(r->metric)->time;

	switch (r->verdict) {
	case SAME:
		return worse(r) ? "held" : "same";
	case FASTER:
		return time ? "faster" : "better";
	case UNJUDGED:
		return "";
	case OPEN:
		return "open";
	case REF_IS_OFF:
		return "VANILLA OFF";
	case MISSED:
		return "MISSED";
	case SLOWER:
		return time ? "SLOWER" : "WORSE";
	case INVALID:
		return "INVALID";
	case MISSING:
		return "MISSING";
	}
	return "?";
}

static char *ratio_text(const struct row *r, int digits)
{
	return isnan(r->ratio) ? text("-") : text("%.*f", digits, r->ratio);
}

static double value_of(const struct value *v)
{
	return v ? v->val : NAN;
}

static void print_row(const struct row *r, const char *title, int width,
		      const char *sep, int digits)
{
	bool tty = colours();

	printf("%-*s%s%13s%s%13s%s%6s", width, title, sep,
	       figure(value_of(r->vanilla)), sep, figure(value_of(r->patched)),
	       sep, ratio_text(r, digits));
	if (*mark(r)) {
		const char *colour = r->missed ? "\033[1;31m" :
			r->verdict == FASTER ? "\033[32m" : "";

		printf("%s%s%s%s", sep[1] == '|' ? "   " : "  ",
		       tty ? colour : "", mark(r), tty ? "\033[m" : "");
	}
	if (r->problems)
		printf(": %s", r->problems);
	putchar('\n');
}

static int title_width(void)
{
	int width = strlen("capability");
	size_t i;

	for (i = 0; i < nr_rows; i++)
		if (rows[i].used && (int)strlen(rows[i].title) > width)
			width = strlen(rows[i].title);
	return width;
}

static void print_head(const char *what, int width, const char *sep)
{
	printf("%-*s%s%13s%s%13s%s%6s\n", width, what, sep, "vanilla", sep,
	       "patched", sep, "ratio");
}

/* A section a metric */
static void print_sections(void)
{
	int width = title_width();
	size_t m, i;

	for (m = 0; m < nr_metrics; m++)
		if ((int)strlen(metrics[m].title) > width)
			width = strlen(metrics[m].title);
	for (m = 0; m < nr_metrics; m++) {
		bool head = false;

		for (i = 0; i < nr_rows; i++) {
			const struct row *r = &rows[i];

			if (!r->used || r->column ||
			    strcmp(r->metric, metrics[m].name))
				continue;
			if (!head)
				print_head(metrics[m].title, width, "  ");
			head = true;
			print_row(r, r->title, width, "  ", 2);
		}
		if (head)
			putchar('\n');
	}
}

/* A ratio in six places, and a mark */
static void print_cell(const struct row *r)
{
	const char *colour = r->missed ? "\033[1;31m" :
		r->verdict == OPEN ? "\033[33m" :
		r->verdict == FASTER ? "\033[32m" : "";
	bool tty = colours() && *colour;

	printf(" %s%6s%c%s", tty ? colour : "",
	       r->ratio >= 1000 && !isinf(r->ratio) ? "1000+" :
	       ratio_text(r, r->ratio >= 100 ? 0 : 2),
	       r->missed ? '!' : r->verdict == OPEN ? 'o' : ' ',
	       tty ? "\033[m" : "");
}

/* The shapes: a line each, with the ratio of each column of their set */
static void print_shapes(void)
{
	const struct column *set = NULL;
	unsigned int bad = 0;
	size_t i, j, nr, used;

	for (i = 0; i < nr_rows; i += nr) {
		for (nr = used = 0; i + nr < nr_rows && rows[i + nr].column &&
		     !strcmp(rows[i + nr].test, rows[i].test); nr++)
			used += rows[i + nr].used;
		if (!used) {
			nr += !nr;
			continue;
		}
		if (set != rows[i].column) {
			printf("%s%-38s", set ? "\n" : "", "patched / vanilla");
			for (j = i; j < i + nr; j++)
				printf(" %6s ", rows[j].column->head);
			putchar('\n');
			set = rows[i].column;
		}
		printf("%-38s", rows[i].title);
		for (j = i; j < i + nr; j++) {
			if (rows[j].used)
				print_cell(&rows[j]);
			else
				printf("        ");
			bad += rows[j].used &&
				(rows[j].missed || rows[j].verdict == OPEN);
		}
		putchar('\n');
	}
	if (set)
		printf("%u are above the bar: '!' missed, 'o' open for the section that the list of cases names\n\n",
		       bad);
}

static char *row_name(const struct row *r)
{
	return text("%s %s", r->test, r->metric);
}

/* What is open and holds may be taken off the list. */
static void name_open(void)
{
	const struct row *first = NULL;
	unsigned int nr = 0;
	size_t i;

	for (i = 0; i < nr_rows; i++) {
		if (!rows[i].used || !rows[i].open || !rows[i].bar_held)
			continue;
		nr++;
		if (!first)
			first = &rows[i];
	}
	if (nr)
		printf("%u listed as open, and held here, as %s\n", nr,
		       row_name(first));
	if (sum.open)
		printf("%u open\n", sum.open);
}

static void print_demo(void)
{
	int width = title_width(), i;

	print_head("capability", width, " | ");
	for (i = 0; i < width + 42; i++)
		putchar(i == width + 1 || i == width + 17 || i == width + 33 ?
			'+' : '-');
	putchar('\n');
	for (i = 0; i < (int)nr_rows; i++)
		if (rows[i].used)
			print_row(&rows[i], rows[i].title, width, " | ", 2);
}

/*
 * Once more at the end, which is all that some logs keep; by the names that
 * stand in the list of cases, and with more of the ratio, to tell it from the bar.
 */
static void print_missed(void)
{
	int width = strlen("missed:");
	size_t i;

	for (i = 0; i < nr_rows; i++)
		if (rows[i].missed && (int)strlen(row_name(&rows[i])) > width)
			width = strlen(row_name(&rows[i]));
	print_head("missed:", width, "  ");
	for (i = 0; i < nr_rows; i++)
		if (rows[i].missed)
			print_row(&rows[i], row_name(&rows[i]), width, "  ", 4);
	putchar('\n');
}

static void name_unasked(const char *path)
{
	unsigned int nr = 0;
	const struct value *first = NULL;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(variants); i++) {
		for (j = 0; j < variants[i].nr; j++) {
			const struct value *v = &variants[i].values[j];

			if (v->asked)
				continue;
			nr++;
			if (!first)
				first = v;
		}
	}
	if (nr)
		warn("%u measured value%s no row in %s, as %s %s", nr,
		     nr == 1 ? " has" : "s have", path, first->test,
		     first->metric);
}

/* A median of fewer figures than there are runs is one all the same */
static void name_gaps(void)
{
	const struct value *first = NULL;
	unsigned int nr = 0;
	size_t i, j, at = 0;

	for (i = 0; i < ARRAY_SIZE(variants); i++) {
		for (j = 0; j < variants[i].nr; j++) {
			const struct value *v = &variants[i].values[j];

			if (!v->asked || v->nr == variants[i].runs)
				continue;
			nr++;
			if (first)
				continue;
			first = v;
			at = i;
		}
	}
	if (nr)
		warn("%u figure%s not from all runs, as %s %s of %s: %zu of %u",
		     nr, nr == 1 ? " is" : "s are", first->test, first->metric,
		     variants[at].name, first->nr, variants[at].runs);
}

/* JSON */

/* Of the variant that has fewer of them */
static unsigned int count_runs(void)
{
	unsigned int runs = variants[0].runs;
	size_t i;

	for (i = 1; i < ARRAY_SIZE(variants); i++)
		if (variants[i].runs < runs)
			runs = variants[i].runs;
	return runs;
}

static void add_number(cJSON *o, const char *name, double val)
{
	if (isfinite(val))
		cJSON_AddNumberToObject(o, name, val);
	else
		cJSON_AddNullToObject(o, name);
}

static cJSON *row_json(const struct row *r)
{
	cJSON *o = cJSON_CreateObject();

	cJSON_AddStringToObject(o, "case", r->test);
	cJSON_AddStringToObject(o, "metric", r->metric);
	cJSON_AddStringToObject(o, "title", r->title);
	cJSON_AddStringToObject(o, "better", better_name[r->better]);
	add_number(o, "vanilla", value_of(r->vanilla));
	add_number(o, "patched", value_of(r->patched));
	add_number(o, "ratio", r->ratio);
	add_number(o, "bar", r->bar);
	add_number(o, "max", r->max);
	add_number(o, "ref", r->ref);
	if (r->column)
		add_number(o, "plus", r->column->plus);
	if (r->open)
		cJSON_AddStringToObject(o, "open", r->open);
	cJSON_AddStringToObject(o, "verdict", verdict_name[r->verdict]);
	if (r->problems)
		cJSON_AddStringToObject(o, "problems", r->problems);
	return o;
}

static void write_json(const char *path, const char *base, const char *stamp)
{
	cJSON *root = cJSON_CreateObject(), *a, *o;
	struct out out = out_open(path);
	size_t i;

	cJSON_AddStringToObject(root, "base", base);
	cJSON_AddStringToObject(root, "date", stamp);
	cJSON_AddNumberToObject(root, "runs", count_runs());
	a = cJSON_AddArrayToObject(root, "variants");
	for (i = 0; i < ARRAY_SIZE(variants); i++)
		cJSON_AddItemToArray(a, cJSON_CreateString(variants[i].name));
	a = cJSON_AddArrayToObject(root, "metrics");
	for (i = 0; i < nr_metrics; i++) {
		o = cJSON_CreateObject();
		cJSON_AddStringToObject(o, "name", metrics[i].name);
		cJSON_AddStringToObject(o, "kind",
					metrics[i].time ? "time" : "count");
		cJSON_AddStringToObject(o, "title", metrics[i].title);
		cJSON_AddItemToArray(a, o);
	}
	a = cJSON_AddArrayToObject(root, "rows");
	for (i = 0; i < nr_rows; i++)
		if (rows[i].used)
			cJSON_AddItemToArray(a, row_json(&rows[i]));
	o = cJSON_AddObjectToObject(root, "summary");
	cJSON_AddNumberToObject(o, "cases", sum.cases);
	cJSON_AddNumberToObject(o, "faster", sum.faster);
	cJSON_AddNumberToObject(o, "slower", sum.slower);
	cJSON_AddNumberToObject(o, "held", sum.held);
	cJSON_AddNumberToObject(o, "missed", sum.missed);
	fprintf(out.f, "%s\n", cJSON_Print(root));
	out_commit(&out);
}

/* The verbs */

static void usage(FILE *f)
{
	fputs(
"usage: bench compare --cases FILE [options] vanilla=LOG[,LOG...]... patched=LOG[,LOG...]...\n"
"       bench demo    --cases FILE [options] vanilla=LOG[,LOG...]... patched=LOG[,LOG...]...\n"
"       bench repeat  [--limit PERCENT] [--metrics LIST] A.json B.json\n"
"\n"
"compare  judges what two kernels measured (lines BENCH <case> <metric> <value>)\n"
"         by the rows of FILE, kunit/bench.cases: a table for each metric with\n"
"         the ratio patched/vanilla; then the rows that missed, if any.  Last\n"
"         line: N cases, N faster, N slower, N bars held, N missed (what is\n"
"         slower, absent, no number, or measured on a vanilla kernel far from\n"
"         its published figure is missed too)\n"
"demo     the same for the rows marked demo, as one table side by side\n"
"repeat   how far two runs that compare wrote to JSON differ, row by row\n"
"\n"
"  --cases FILE      the rows: what is measured, and the bars\n"
"  --json OUT.json   write the rows and verdicts there too, also if one is missed\n"
"  --base VERSION    the base kernel's version, for the JSON\n"
"  --stamp DATE      the date of the run, for the JSON\n"
"  --only-bars       only rows with a bar or a maximum; vanilla is not held\n"
"                    against its published figures\n"
"  --metrics A,B     only rows with these metrics\n"
"  --part            only rows that at least one of the kernels measured\n"
"  --limit PERCENT   repeat: the difference that is allowed, default 1.5\n"
"  -h, --help        this text\n"
"\n"
"baseline= means vanilla=.  vanilla= and patched= may be given several times: each\n"
"is a run of its own, and a row's figure is the median of the runs that have it\n"
"(of an even number, the mean of the middle two); what is no number in one of them\n"
"is none.  In a run the same case and metric may be measured twice only with the\n"
"same value.  NO_COLOR=1 turns colours off.\n"
"\n"
"Exit status: 0 all held; 1 slower, missed, missing, or above the limit; 4 cannot run\n",
	f);
}

static struct {
	const char *cases, *json, *base, *stamp, *metrics;
	double limit;
	bool only_bars, part;
} opt = { .base = "", .stamp = "", .limit = 1.5 };

static int compare(int argc, char **argv, bool demo)
{
	size_t i, j;

	if (!opt.cases)
		die("no list of cases; name it with --cases kunit/bench.cases");
	read_cases(opt.cases);
	for (i = 0; i < nr_rows; i++) {
		struct row *r = &rows[i];

		r->used = listed(opt.metrics, r->metric) && (!demo || r->demo) &&
			(!opt.only_bars || !isnan(r->bar) || !isnan(r->max));
	}
	for (; argc; argc--, argv++)
		read_variant(*argv);
	for (i = 0; i < ARRAY_SIZE(variants); i++) {
		if (!variants[i].runs)
			die("no log of the %s kernel; give %s=LOG",
			    variants[i].name, variants[i].name);
		for (j = 0; j < variants[i].nr; j++)
			settle(&variants[i].values[j]);
	}
	for (i = 0; opt.part && i < nr_rows; i++)
		rows[i].used &= ask(&variants[0], &rows[i]) ||
				ask(&variants[1], &rows[i]);
	judge_all(!opt.only_bars);
	if (demo) {
		print_demo();
	} else {
		print_sections();
		print_shapes();
	}
	if (!demo)
		name_unasked(opt.cases);
	name_gaps();
	if (opt.json)
		write_json(opt.json, opt.base, opt.stamp);
	if (sum.missed) {
		/* print_sections() ends with an empty line */
		if (demo)
			putchar('\n');
		print_missed();
	}
	name_open();
	printf("%u cases, %u faster, %u slower, %u bars held, %u missed\n",
	       sum.cases, sum.faster, sum.slower, sum.held, sum.missed);
	return sum.missed ? E_FAIL : E_OK;
}

static cJSON *read_rows(const char *path)
{
	char *s = read_file(path, NULL);
	cJSON *a;

	if (!s)
		die("cannot read %s: %s; write it with bench compare --json",
		    path, strerror(errno));
	a = cJSON_GetObjectItem(cJSON_Parse(s), "rows");
	if (!cJSON_IsArray(a))
		die("%s is no result of bench compare --json; write it again",
		    path);
	return a;
}

static const char *string(const cJSON *o, const char *name)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItem(o, name));

	return s ? s : "";
}

static cJSON *find_json(cJSON *a, const char *test, const char *metric)
{
	cJSON *o;

	cJSON_ArrayForEach(o, a)
		if (!strcmp(string(o, "case"), test) &&
		    !strcmp(string(o, "metric"), metric))
			return o;
	return NULL;
}

/* In percent of the smaller one, so that the order does not matter */
static double difference(double a, double b)
{
	if (same_number(a, b))
		return 0;
	return 100 * fabs(a - b) / fmin(a, b);
}

/* Rows of @a that @b has too; what one lacks is counted in *@absent. */
static unsigned int repeat_rows(cJSON *a, cJSON *b, const char *b_name,
				double *most, char **where,
				unsigned int *absent)
{
	unsigned int nr = 0;
	cJSON *x;
	size_t i;

	cJSON_ArrayForEach(x, a) {
		const char *test = string(x, "case");
		const char *metric = string(x, "metric");
		cJSON *y = find_json(b, test, metric);

		if (!listed(opt.metrics, metric))
			continue;
		if (!y) {
			printf("%s %s: MISSING in %s\n", test, metric, b_name);
			++*absent;
			continue;
		}
		for (i = 0; where && i < ARRAY_SIZE(variants); i++) {
			const char *name = variants[i].name;
			cJSON *p = cJSON_GetObjectItem(x, name);
			cJSON *q = cJSON_GetObjectItem(y, name);
			double d;

			if (!cJSON_IsNumber(p) || !cJSON_IsNumber(q)) {
				printf("%s %s, %s: MISSING\n", test, metric,
				       name);
				++*absent;
				continue;
			}
			nr++;
			d = difference(p->valuedouble, q->valuedouble);
			if (d > opt.limit)
				printf("%s %s, %s: %s and %s, %.2f %%\n", test,
				       metric, name, figure(p->valuedouble),
				       figure(q->valuedouble), d);
			if (d > *most || !*where) {
				*most = d;
				*where = text("%s %s, %s", test, metric, name);
			}
		}
	}
	return nr;
}

static int repeat(int argc, char **argv)
{
	unsigned int nr, absent = 0;
	char *where = NULL;
	double most = 0;
	cJSON *a, *b;

	if (argc != 2)
		die("two results are compared; see bench --help");
	a = read_rows(argv[0]);
	b = read_rows(argv[1]);
	nr = repeat_rows(a, b, argv[1], &most, &where, &absent);
	repeat_rows(b, a, argv[0], &most, NULL, &absent);
	if (!nr && !absent)
		die("%s and %s have no row to compare; run the benchmarks first",
		    argv[0], argv[1]);
	printf("%u values, %u missing, largest difference %.2f %% (%s), limit %.2f %%\n",
	       nr, absent, most, where ? where : "none", opt.limit);
	return absent || most > opt.limit ? E_FAIL : E_OK;
}

static void cjson_free(void *p)
{
	(void)p;	/* lives until exit, see mem() */
}

int main(int argc, char **argv)
{
	enum { CASES = 256, JSON, BASE, STAMP, ONLY_BARS, METRICS, LIMIT, PART };
	static const struct option options[] = {
		{ "cases", required_argument, NULL, CASES },
		{ "json", required_argument, NULL, JSON },
		{ "base", required_argument, NULL, BASE },
		{ "stamp", required_argument, NULL, STAMP },
		{ "only-bars", no_argument, NULL, ONLY_BARS },
		{ "metrics", required_argument, NULL, METRICS },
		{ "part", no_argument, NULL, PART },
		{ "limit", required_argument, NULL, LIMIT },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	cJSON_Hooks hooks = { .malloc_fn = mem, .free_fn = cjson_free };
	const char *verb;
	int c;

	prog = "bench";
	cJSON_InitHooks(&hooks);
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case CASES:
			opt.cases = optarg;
			break;
		case JSON:
			opt.json = optarg;
			break;
		case PART:
			opt.part = true;
			break;
		case BASE:
			opt.base = optarg;
			break;
		case STAMP:
			opt.stamp = optarg;
			break;
		case ONLY_BARS:
			opt.only_bars = true;
			break;
		case METRICS:
			opt.metrics = optarg;
			break;
		case LIMIT:
			opt.limit = number(optarg);
			if (isnan(opt.limit))
				die("the limit '%s' is no percentage; write 1.5",
				    optarg);
			break;
		case 'h':
			usage(stdout);
			return E_OK;
		default:
			usage(stderr);
			return E_CANNOT;
		}
	}
	verb = optind < argc ? argv[optind++] : "";
	argc -= optind;
	argv += optind;
	if (!strcmp(verb, "compare"))
		return compare(argc, argv, false);
	if (!strcmp(verb, "demo"))
		return compare(argc, argv, true);
	if (!strcmp(verb, "repeat"))
		return repeat(argc, argv);
	die("'%s' is no verb; it is compare, demo or repeat", verb);
}
