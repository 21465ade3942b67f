// SPDX-License-Identifier: GPL-2.0
/*
 * report: one HTML file from the JSON of "bench compare".  Needs no network to
 * be read: style and plots stand in it.  gnuplot draws the plots as SVG; what
 * it draws in black follows the page's light or dark colours.
 */
#include <cjson/cJSON.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util.h"

#define MAX_RATIO	2.0	/* where bars of the ratio plot are cut */

#define COLOUR_VANILLA	"#8d99ae"
#define COLOUR_PATCHED	"#2f7de1"
#define COLOUR_GOOD	"#2e9e5b"
#define COLOUR_BAD	"#d64545"

extern char **environ;

struct run {
	const char *path, *base, *date;
	cJSON *rows, *metrics, *summary;
};

static struct run *runs;	/* oldest first, the one to report is last */
static size_t nr_runs;
static struct run *now;

/* Input */

static const char *string(const cJSON *o, const char *name)
{
	const char *s = cJSON_GetStringValue(cJSON_GetObjectItem(o, name));

	return s ? s : "";
}

static double value(const cJSON *o, const char *name)
{
	const cJSON *n = cJSON_GetObjectItem(o, name);

	return cJSON_IsNumber(n) && isfinite(n->valuedouble) ?
		n->valuedouble : NAN;
}

static struct run read_run(const char *path)
{
	struct run run = { .path = path };
	char *s = read_file(path, NULL);
	cJSON *root;

	if (!s)
		die("cannot read %s: %s; write it with bench compare --json",
		    path, strerror(errno));
	root = cJSON_Parse(s);
	run.base = string(root, "base");
	run.date = string(root, "date");
	run.rows = cJSON_GetObjectItem(root, "rows");
	run.metrics = cJSON_GetObjectItem(root, "metrics");
	run.summary = cJSON_GetObjectItem(root, "summary");
	if (!cJSON_IsArray(run.rows) || !cJSON_IsArray(run.metrics))
		die("%s is no result of bench compare --json; write it again",
		    path);
	return run;
}

static int cmp_date(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return strcmp(x->date, y->date);
}

static bool is_time(const cJSON *metric)
{
	return !strcmp(string(metric, "kind"), "time");
}

static cJSON *find_metric(const char *name)
{
	cJSON *m;

	cJSON_ArrayForEach(m, now->metrics)
		if (!strcmp(string(m, "name"), name))
			return m;
	return NULL;
}

static cJSON *find_row(const struct run *run, const cJSON *like)
{
	cJSON *r;

	cJSON_ArrayForEach(r, run->rows)
		if (!strcmp(string(r, "case"), string(like, "case")) &&
		    !strcmp(string(r, "metric"), string(like, "metric")))
			return r;
	return NULL;
}

/* The group of a case is what stands before the first '/'. */
static char *group_of(const cJSON *row)
{
	const char *s = string(row, "case");

	return copy(s, strcspn(s, "/"));
}

/* Rows of a metric and, unless it is NULL, of a group. */
static bool belongs(const cJSON *row, const char *metric, const char *group)
{
	return !strcmp(string(row, "metric"), metric) &&
		(!group || !strcmp(group_of(row), group));
}

/* Is @row the first of its metric and group? */
static bool first_of_group(const cJSON *row)
{
	const char *group = group_of(row);
	cJSON *r;

	cJSON_ArrayForEach(r, now->rows) {
		if (r == row)
			return true;
		if (belongs(r, string(row, "metric"), group))
			return false;
	}
	return false;
}

/* gnuplot */

/* @s as a string of gnuplot; in single quotes nothing is expanded */
static char *quote(const char *s)
{
	char *q = mem(2 * strlen(s) + 3), *p = q;

	*p++ = '\'';
	while (*s) {
		int len = utf8_len(s);

		if (len == 0 || *s == '\n' || *s == '\r' || *s == '\t') {
			*p++ = ' ';
			s++;
			continue;
		}
		if (*s == '\'')
			*p++ = '\'';
		memcpy(p, s, len);
		p += len;
		s += len;
	}
	*p = '\'';
	return q;
}

static FILE *scratch(void)
{
	FILE *f = tmpfile();

	if (!f)
		die("cannot write a temporary file: %s; free disk space, or set TMPDIR",
		    strerror(errno));
	return f;
}

static char *slurp(FILE *f)
{
	long len = ftell(f);
	char *s;

	if (fseek(f, 0, SEEK_END) || (len = ftell(f)) < 0)
		die("cannot read a temporary file: %s; free disk space",
		    strerror(errno));
	rewind(f);
	s = mem(len + 1);
	if (fread(s, 1, len, f) != (size_t)len)
		die("cannot read a temporary file: %s; free disk space",
		    strerror(errno));
	fclose(f);
	return s;
}

/* Run gnuplot on @script, which it closes; the SVG that it draws. */
static char *gnuplot(FILE *script)
{
	static char name[] = "gnuplot";
	char *args[] = { name, NULL };
	FILE *out = scratch(), *err = scratch();
	posix_spawn_file_actions_t fa;
	int status, ret;
	char *svg, *errors;
	pid_t pid;

	fflush(script);
	rewind(script);
	lseek(fileno(script), 0, SEEK_SET);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fileno(script), STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&fa, fileno(out), STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&fa, fileno(err), STDERR_FILENO);
	ret = posix_spawnp(&pid, name, &fa, NULL, args, environ);
	posix_spawn_file_actions_destroy(&fa);
	if (ret)
		die("cannot run gnuplot: %s; apt-get install gnuplot-nox",
		    strerror(ret));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("lost gnuplot: %s; run again", strerror(errno));
	fclose(script);
	svg = slurp(out);
	errors = slurp(err);
	if (!WIFEXITED(status) || WEXITSTATUS(status) || !strstr(svg, "</svg>")) {
		errors += strspn(errors, "\n ");
		die("gnuplot drew nothing (status %d): %.*s; apt-get install gnuplot-nox of version 5 or later",
		    status, (int)strcspn(errors, "\n"), errors);
	}
	return strstr(svg, "<svg");
}

/*
 * Put @svg into the page: without namespaces, which HTML does not need, and
 * with ids that no other plot has.
 */
static void embed(FILE *f, const char *svg, const char *label)
{
	static unsigned int nr;
	static const struct {
		const char *from, *to;
	} ids[] = {
		{ " id='", " id='p%u-" }, { " id=\"", " id=\"p%u-" },
		{ "xlink:href='#", "href='#p%u-" },
		{ "url(#", "url(#p%u-" },
	};
	bool tag = false;
	const char *s = svg;

	nr++;
	while (*s) {
		size_t i;

		if (!strncmp(s, "<title>", 7)) {
			s = strstr(s, "</title>") + 8;
			continue;
		}
		if (!strncmp(s, "<desc>", 6)) {
			s = strstr(s, "</desc>") + 7;
			continue;
		}
		if (!strncmp(s, "<svg", 4)) {
			fprintf(f, "<svg role=\"img\" aria-label=\"");
			put_xml(f, label);
			fputc('"', f);
			s += 4;
			tag = true;
			continue;
		}
		tag = *s == '<' || (tag && *s != '>');
		if (tag && !strncmp(s, " xmlns", 6)) {
			s += strcspn(s, "\"") + 1;
			s += strcspn(s, "\"") + 1;
			continue;
		}
		for (i = 0; tag && i < ARRAY_SIZE(ids); i++)
			if (!strncmp(s, ids[i].from, strlen(ids[i].from)))
				break;
		if (tag && i < ARRAY_SIZE(ids)) {
			const char *to = strstr(ids[i].to, "%u");

			fprintf(f, "%.*s%u-", (int)(to - ids[i].to), ids[i].to,
				nr);
			s += strlen(ids[i].from);
			continue;
		}
		fputc(*s++, f);
	}
}

static FILE *new_plot(int width, int height)
{
	FILE *p = scratch();

	fprintf(p, "set encoding utf8\n"
		"set terminal svg size %d,%d fixed noenhanced font 'sans-serif,13' linewidth 1\n"
		"set border 0\n"
		"set tics nomirror scale 0\n"
		"set grid xtics lt 1 lc rgb '" COLOUR_VANILLA "' lw 0.4\n"
		"set style fill solid 1.0 noborder\n"
		"set datafile missing '?'\n", width, height);
	return p;
}

/* The label of a tick is a format to gnuplot: its per cent signs are doubled. */
static void plot_title(FILE *p, int nr, const char *title)
{
	char *format = mem(2 * strlen(title) + 1), *q = format;

	for (; *title; title++) {
		if (*title == '%')
			*q++ = '%';
		*q++ = *title;
	}
	*q = '\0';
	fprintf(p, "%s%s %d", nr ? ", " : "set ytics (", quote(format), nr);
}

/* Four to five ticks from 0 to @most, as 0.5M. */
static void plot_ticks(FILE *p, double most)
{
	double decade = pow(10, floor(log10(most)));
	double lead = most / decade;
	double step = decade * (lead >= 5 ? 2 : lead >= 2 ? 1 : 0.5);
	double unit = most >= 1e6 ? 1e6 : most >= 1e4 ? 1e3 : 1;
	int i;

	for (i = 0; i * step <= most * 1.1; i++)
		fprintf(p, "%s'%g%s' %.10g", i ? ", " : "set xtics (",
			i * step / unit, !i || unit < 10 ? "" :
			unit > 1e5 ? "M" : "k", i * step);
	fprintf(p, ")\n");
}

static void figcaption(FILE *f, const char *title, const char *remark)
{
	fprintf(f, "<figcaption><b>");
	put_xml(f, title);
	fprintf(f, "</b> ");
	put_xml(f, remark);
	fprintf(f, "</figcaption>\n");
}

/* One horizontal bar of @height around @y. */
static void bar(FILE *p, double val, double y, double height)
{
	fprintf(p, "%.10g %.10g 0 %.10g %.10g %.10g\n", val / 2, y, val,
		y - height / 2, y + height / 2);
}

static bool both(const cJSON *row)
{
	return !isnan(value(row, "vanilla")) && !isnan(value(row, "patched"));
}

/* Vanilla and patched of the rows of @metric in @group, in pairs of bars. */
static void plot_pairs(FILE *f, const cJSON *metric, const char *group)
{
	const char *name = string(metric, "name");
	double most = 0;
	int nr = 0, i;
	cJSON *r;
	FILE *p;

	cJSON_ArrayForEach(r, now->rows) {
		if (!belongs(r, name, group) || !both(r))
			continue;
		nr++;
		most = fmax(most, fmax(value(r, "vanilla"), value(r, "patched")));
	}
	if (!nr)
		return;
	fprintf(f, "<figure>\n");
	figcaption(f, group ? group : string(metric, "title"),
		   group ? string(metric, "title") : "");
	if (most <= 0) {
		fprintf(f, "<p>0 in each case, on both kernels.</p>\n</figure>\n");
		return;
	}
	p = new_plot(560, 40 + 46 * nr);
	i = 0;
	cJSON_ArrayForEach(r, now->rows)
		if (belongs(r, name, group) && both(r))
			plot_title(p, i++, string(r, "title"));
	/* The figures stand behind the bars, however narrow long titles make it */
	fprintf(p, ")\nset xrange [0:%.10g]\nset yrange [%d.5:-0.5]\nunset key\n"
		"set rmargin 9\n", most, nr - 1);
	plot_ticks(p, most);
	fprintf(p, "$vanilla << EOD\n");
	i = 0;
	cJSON_ArrayForEach(r, now->rows)
		if (belongs(r, name, group) && both(r))
			bar(p, value(r, "vanilla"), i++ - 0.2, 0.36);
	fprintf(p, "EOD\n$patched << EOD\n");
	i = 0;
	cJSON_ArrayForEach(r, now->rows)
		if (belongs(r, name, group) && both(r))
			bar(p, value(r, "patched"), i++ + 0.2, 0.36);
	fprintf(p, "EOD\n");
	i = 0;
	cJSON_ArrayForEach(r, now->rows) {
		if (!belongs(r, name, group) || !both(r))
			continue;
		fprintf(p, "set label %s at %.10g,%.10g left offset 0.5,0 font ',11'\n",
			quote(figure(value(r, "vanilla"))),
			value(r, "vanilla"), i - 0.2);
		fprintf(p, "set label %s at %.10g,%.10g left offset 0.5,0 font ',11'\n",
			quote(figure(value(r, "patched"))),
			value(r, "patched"), i + 0.2);
		i++;
	}
	fprintf(p, "plot $vanilla with boxxyerror lc rgb '" COLOUR_VANILLA
		"', $patched with boxxyerror lc rgb '" COLOUR_PATCHED "'\n");
	embed(f, gnuplot(p), group ? group : string(metric, "title"));
	fprintf(f, "</figure>\n");
}

static bool is_bad(const cJSON *row)
{
	static const char * const bad[] = {
		"missed", "slower", "invalid", "missing", "ref-off",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (!strcmp(string(row, "verdict"), bad[i]))
			return true;
	return false;
}

static bool has_ratio(const cJSON *row)
{
	const cJSON *m = find_metric(string(row, "metric"));

	return m && is_time(m) && !isnan(value(row, "ratio"));
}

/* The ratio of every timed row, coloured by its verdict. */
static void plot_ratios(FILE *f)
{
	static const char * const colour[] = {
		COLOUR_GOOD, COLOUR_BAD, COLOUR_VANILLA,
	};
	double most = 1.1;
	int nr = 0, i, c;
	cJSON *r;
	FILE *p;

	cJSON_ArrayForEach(r, now->rows) {
		if (!has_ratio(r))
			continue;
		nr++;
		most = fmax(most, fmin(value(r, "ratio"), MAX_RATIO));
	}
	if (!nr)
		return;
	p = new_plot(900, 50 + 27 * nr);
	i = 0;
	cJSON_ArrayForEach(r, now->rows)
		if (has_ratio(r))
			plot_title(p, i++, string(r, "title"));
	fprintf(p, ")\nset xrange [0:%.10g]\nset yrange [%d.5:-0.5]\n"
		"set xtics 0,0.25\nunset key\n"
		"set arrow from 1,-0.5 to 1,%d.5 nohead lc rgb 'black' lw 1.2 front\n",
		most + 0.12, nr - 1, nr - 1);
	for (c = 0; c < (int)ARRAY_SIZE(colour); c++) {
		i = 0;
		/* a block that is never empty, which gnuplot would refuse */
		fprintf(p, "$ratio%d << EOD\n0 0 0 0 0 0\n", c);
		cJSON_ArrayForEach(r, now->rows) {
			double ratio = value(r, "ratio");

			if (!has_ratio(r))
				continue;
			if (c == (is_bad(r) ? 1 : strcmp(string(r, "verdict"),
							 "faster") ? 2 : 0))
				bar(p, fmin(ratio, MAX_RATIO), i, 0.62);
			i++;
		}
		fprintf(p, "EOD\n");
	}
	i = 0;
	cJSON_ArrayForEach(r, now->rows)
		if (has_ratio(r))
			fprintf(p, "set label '%.2f' at %.10g,%d left offset 0.5,0 font ',11' front\n",
				value(r, "ratio"),
				fmin(value(r, "ratio"), MAX_RATIO), i++);
	fprintf(p, "plot $ratio0 with boxxyerror lc rgb '%s', "
		"$ratio1 with boxxyerror lc rgb '%s', "
		"$ratio2 with boxxyerror lc rgb '%s'\n",
		colour[0], colour[1], colour[2]);
	fprintf(f, "<h2>Ratio</h2>\n<figure class=\"wide\">\n");
	figcaption(f, "patched / vanilla",
		   "the line at 1 is vanilla; shorter is better");
	embed(f, gnuplot(p), "ratio of patched to vanilla");
	fprintf(f, "</figure>\n");
}

/* The ratios of one group in all runs. */
static void plot_history(FILE *f, const cJSON *first)
{
	const char *name = string(first, "metric");
	char *group = group_of(first);
	int nr = 0, i;
	size_t run;
	cJSON *r;
	FILE *p;

	cJSON_ArrayForEach(r, now->rows)
		nr += belongs(r, name, group) && has_ratio(r);
	if (!nr)
		return;
	p = new_plot(560, 200 + 20 * nr);
	fprintf(p, "unset grid\nset grid ytics lt 1 lc rgb '" COLOUR_VANILLA
		"' lw 0.4\nset yrange [0:1.1<*<2]\nset xrange [-0.3:%zu.3]\n"
		"set key below vertical maxcols 1 Left reverse samplen 2\n"
		"set xtics (", nr_runs - 1);
	for (run = 0; run < nr_runs; run++)
		fprintf(p, "%s%s %zu", run ? ", " : "",
			quote(*runs[run].date ? runs[run].date : runs[run].path),
			run);
	fprintf(p, ")\nset arrow from graph 0,first 1 to graph 1,first 1 "
		"nohead lc rgb 'black' lw 0.8\n");
	i = 0;
	cJSON_ArrayForEach(r, now->rows) {
		if (!belongs(r, name, group) || !has_ratio(r))
			continue;
		fprintf(p, "$row%d << EOD\n", i++);
		for (run = 0; run < nr_runs; run++) {
			cJSON *then = find_row(&runs[run], r);
			double ratio = then ? value(then, "ratio") : NAN;

			if (isnan(ratio))
				fprintf(p, "%zu ?\n", run);
			else
				fprintf(p, "%zu %.10g\n", run, ratio);
		}
		fprintf(p, "EOD\n");
	}
	i = 0;
	cJSON_ArrayForEach(r, now->rows) {
		static const char * const colour[] = {
			COLOUR_PATCHED, "#e08a1e", COLOUR_GOOD, "#9b5de5",
			COLOUR_BAD, COLOUR_VANILLA, "#17a2a2", "#c2649a",
		};

		if (!belongs(r, name, group) || !has_ratio(r))
			continue;
		fprintf(p, "%s $row%d with linespoints lw 2 pt 7 ps 0.6 lc rgb '%s' title %s",
			i ? "," : "plot", i, colour[i % ARRAY_SIZE(colour)],
			quote(string(r, "title")));
		i++;
	}
	fputc('\n', p);
	fprintf(f, "<figure>\n");
	figcaption(f, group, "patched / vanilla in each run");
	embed(f, gnuplot(p), text("history of %s", group));
	fprintf(f, "</figure>\n");
}

/* The page */

static const char style[] =
":root{color-scheme:light dark;--bg:#fbfbfc;--card:#fff;--fg:#1c2430;--dim:#5d6878;\n"
"--line:#e1e5eb;--good:#1c7a43;--bad:#bd2c2c;--badbg:#fdecec;--goodbg:#eaf6ef}\n"
"@media (prefers-color-scheme:dark){:root{--bg:#14181e;--card:#1c222b;--fg:#e6e9ee;\n"
"--dim:#9aa6b6;--line:#303946;--good:#5fcf8d;--bad:#ff8080;--badbg:#402226;--goodbg:#1b3427}}\n"
"body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.45 system-ui,sans-serif}\n"
"main{max-width:1180px;margin:0 auto;padding:24px 20px 60px}\n"
"h1{font-size:26px;margin:8px 0 2px}h2{font-size:19px;margin:38px 0 10px}\n"
"h3{font-size:15px;margin:26px 0 6px}p.dim,small,figcaption{color:var(--dim)}\n"
"figcaption b{color:var(--fg)}\n"
".cards{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}\n"
".card{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:8px 18px}\n"
".card b{display:block;font-size:24px}\n"
".card.bad b{color:var(--bad)}.card.good b{color:var(--good)}\n"
".scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:8px}\n"
"table{border-collapse:collapse;width:100%}th,td{padding:6px 12px;text-align:right;\n"
"border-top:1px solid var(--line);font-variant-numeric:tabular-nums;white-space:nowrap}\n"
"thead th{border-top:0;color:var(--dim);font-weight:600}\n"
"th:first-child,td:first-child,th:last-child,td:last-child{text-align:left}\n"
"td small{font-family:ui-monospace,monospace;margin-left:8px}\n"
"tr.good td:last-child{color:var(--good)}tr.bad td{background:var(--badbg)}\n"
"tr.bad td:last-child{color:var(--bad);font-weight:600}\n"
".plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(480px,100%),1fr));gap:14px}\n"
"figure{margin:0;padding:12px 14px;background:var(--card);\n"
"border:1px solid var(--line);border-radius:8px}\n"
"svg{max-width:100%;height:auto;display:block;margin:6px auto 0}\n"
"svg text{font-family:system-ui,sans-serif}\n"
"svg [stroke='rgb(  0,   0,   0)']{stroke:var(--fg)}\n"
"svg [fill=black]{fill:var(--fg)}\n"
"svg [stroke=black]{stroke:var(--fg)}svg [color=black]{color:var(--fg)}\n"
".key i{display:inline-block;width:12px;height:12px;border-radius:2px;\n"
"margin:0 6px 0 14px;vertical-align:-1px}\n"
"@media print{body{background:#fff}}\n";

static void card(FILE *f, const char *name, const char *what, const char *kind)
{
	double val = value(now->summary, name);

	fprintf(f, "<div class=\"card %s\"><b>%s</b>%s</div>\n",
		val > 0 ? kind : "", figure(val), what);
}

static const char *word(const cJSON *row, bool time)
{
	const char *verdict = string(row, "verdict");

	if (!strcmp(verdict, "unjudged"))
		return "";
	if (!strcmp(verdict, "faster"))
		return time ? "faster" : "better";
	if (!strcmp(verdict, "slower"))
		return time ? "SLOWER" : "WORSE";
	if (!strcmp(verdict, "ref-off"))
		return "vanilla off";
	return verdict;
}

static char *bars(const cJSON *row)
{
	double max = value(row, "max"), ratio = value(row, "bar");
	bool least = !strcmp(string(row, "better"), "higher");
	const char *sign = least ? "\u2265" : "\u2264";
	char *s = isnan(ratio) ? NULL : text("%s %.2f\u00d7", sign, ratio);

	if (isnan(max))
		return s ? s : text("-");
	return text("%s%s%s %s", s ? s : "", s ? ", " : "", sign, figure(max));
}

static void table_row(FILE *f, const cJSON *row, bool time)
{
	double ratio = value(row, "ratio");
	const char *problems = string(row, "problems");
	const char *kind = is_bad(row) ? "bad" :
		strcmp(string(row, "verdict"), "faster") ? "" : "good";

	fprintf(f, "<tr class=\"%s\"><td>", kind);
	put_xml(f, string(row, "title"));
	fprintf(f, "<small>");
	put_xml(f, string(row, "case"));
	fprintf(f, "</small></td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>",
		figure(value(row, "vanilla")), figure(value(row, "patched")),
		isnan(ratio) ? "-" : text("%.2f", ratio), bars(row),
		figure(value(row, "ref")));
	put_xml(f, word(row, time));
	if (*problems) {
		fprintf(f, ": ");
		put_xml(f, problems);
	}
	fprintf(f, "</td></tr>\n");
}

static const char table_head[] =
"</h3>\n<div class=\"scroll\"><table><thead><tr><th>case</th><th>vanilla</th>"
"<th>patched</th><th>ratio</th><th>bar</th><th>published</th><th>verdict</th>"
"</tr></thead><tbody>\n";

static void tables(FILE *f)
{
	cJSON *m, *r;

	cJSON_ArrayForEach(m, now->metrics) {
		bool head = false;

		cJSON_ArrayForEach(r, now->rows) {
			if (!belongs(r, string(m, "name"), NULL))
				continue;
			if (!head) {
				fprintf(f, "<h3>");
				put_xml(f, string(m, "title"));
				fprintf(f, "%s", table_head);
			}
			head = true;
			table_row(f, r, is_time(m));
		}
		if (head)
			fprintf(f, "</tbody></table></div>\n");
	}
}

static void key(FILE *f)
{
	fprintf(f, "<p class=\"key dim\"><i style=\"background:" COLOUR_VANILLA
		"\"></i>vanilla<i style=\"background:" COLOUR_PATCHED
		"\"></i>patched</p>\n");
}

static void page(FILE *f)
{
	cJSON *r, *m;

	fprintf(f, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		"<title>Linux ");
	put_xml(f, now->base);
	fprintf(f, ": vanilla and patched</title>\n<style>\n%s</style>\n</head>\n<body><main>\n<h1>Linux ",
		style);
	put_xml(f, now->base);
	fprintf(f, ": vanilla and patched</h1>\n<p class=\"dim\">");
	if (*now->date) {
		fprintf(f, "measured ");
		put_xml(f, now->date);
		fprintf(f, "; ");
	}
	fprintf(f, "ratio is patched/vanilla</p>\n<div class=\"cards\">\n");
	card(f, "cases", "cases", "");
	card(f, "faster", "faster or better", "good");
	card(f, "slower", "slower or worse", "bad");
	card(f, "held", "bars held", "good");
	card(f, "missed", "missed", "bad");
	fprintf(f, "</div>\n");

	plot_ratios(f);
	fprintf(f, "<h2>Vanilla and patched</h2>\n");
	key(f);
	fprintf(f, "<div class=\"plots\">\n");
	cJSON_ArrayForEach(r, now->rows) {
		m = find_metric(string(r, "metric"));
		if (m && is_time(m) && first_of_group(r))
			plot_pairs(f, m, group_of(r));
	}
	cJSON_ArrayForEach(m, now->metrics)
		if (!is_time(m))
			plot_pairs(f, m, NULL);
	fprintf(f, "</div>\n");
	if (nr_runs > 1) {
		fprintf(f, "<h2>History</h2>\n<div class=\"plots\">\n");
		cJSON_ArrayForEach(r, now->rows)
			if (first_of_group(r))
				plot_history(f, r);
		fprintf(f, "</div>\n");
	}
	fprintf(f, "<h2>All figures</h2>\n");
	tables(f);
	fprintf(f, "</main></body>\n</html>\n");
}

static void usage(FILE *f)
{
	fputs(
"usage: report RUN.json [OLDER.json...] -o REPORT.html\n"
"\n"
"Draws what 'bench compare --json' wrote as one HTML file that needs no network:\n"
"plots of vanilla beside patched for each group of cases, of the ratios, the\n"
"history over the older runs if there are any (in the order of their dates), and\n"
"a table of all figures with verdicts.\n"
"\n"
"  -o, --output FILE   where the page goes\n"
"  -h, --help          this text\n"
"\n"
"Exit status: 0 written; 4 cannot run (no gnuplot, broken input)\n", f);
}

static void cjson_free(void *p)
{
	(void)p;	/* lives until exit, see mem() */
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 }
	};
	cJSON_Hooks hooks = { .malloc_fn = mem, .free_fn = cjson_free };
	const char *output = NULL;
	struct out out;
	int c;

	prog = "report";
	cJSON_InitHooks(&hooks);
	while ((c = getopt_long(argc, argv, "o:h", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			output = optarg;
			break;
		case 'h':
			usage(stdout);
			return E_OK;
		default:
			usage(stderr);
			return E_CANNOT;
		}
	}
	if (optind == argc)
		die("no RUN.json given; write one with bench compare --json");
	if (!output)
		die("no place for the page given; add -o REPORT.html");
	nr_runs = argc - optind;
	runs = mem(nr_runs * sizeof(*runs));
	now = &runs[nr_runs - 1];
	*now = read_run(argv[optind]);
	for (c = 1; c < (int)nr_runs; c++)
		runs[c - 1] = read_run(argv[optind + c]);
	qsort(runs, nr_runs - 1, sizeof(*runs), cmp_date);
	out = out_open(output);
	page(out.f);
	out_commit(&out);
	return E_OK;
}
