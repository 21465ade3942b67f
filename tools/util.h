/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ktap, bench and report share: memory, files, and text that is safe to
 * show on a terminal or to put into XML and HTML.
 */
#ifndef TOOLS_UTIL_H
#define TOOLS_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Exit codes, as in scripts/lib/lib.sh */
enum { E_OK = 0, E_FAIL = 1, E_CANNOT = 4 };

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

extern const char *prog;

/* One line on standard error: what is wrong, what to do; then exit 4. */
_Noreturn void die(const char *fmt, ...)
	__attribute__((format(printf, 1, 2)));
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Zeroed memory that lives until exit; none of these returns NULL. */
void *mem(size_t size);
/* Room for one more in an array of @nr elements; returns its new place. */
void *more(void *array, size_t nr, size_t size);
char *copy(const char *s, size_t len);
char *text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The whole of @path with a NUL behind it, NULs inside replaced by '?'.
 * NULL when it cannot be read: errno says why.
 */
char *read_file(const char *path, size_t *len);

/* The next line of *@pos, without its end; NULL when there is none. */
char *next_line(char **pos);
/* @line behind a printk prefix such as "[    1.234567][    T1] ". */
char *skip_prefix(char *line);
/* The next word of *@pos, NULL when there is none; cuts *@pos. */
char *next_word(char **pos);

/* A file that appears under its name only when it is complete. */
struct out {
	FILE *f;
	char *path;
	char *tmp;
};
struct out out_open(const char *path);
void out_commit(struct out *out);

/* Colours go to a terminal, unless NO_COLOR is set. */
bool colours(void);

/* @s for a terminal: control characters become '?'. */
void put_plain(FILE *f, const char *s);
/* @s for XML and HTML; what XML 1.0 cannot hold becomes U+FFFD. */
void put_xml(FILE *f, const char *s);
/* Length of the UTF-8 character at @s, 0 if it is none or not for XML. */
int utf8_len(const char *s);

bool same_number(double a, double b);
/* 1234567.8 as "1,234,568", 0.5 as "0.50", NaN as "-" */
char *figure(double val);

#endif
