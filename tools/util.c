// SPDX-License-Identifier: GPL-2.0
/* What ktap, bench and report share, see util.h. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

const char *prog = "?";

void warn(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: ", prog);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

void die(const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s: error: ", prog);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(E_CANNOT);
}

/*
 * Nothing is given back before exit: these programs live for a moment.  The
 * list keeps every piece reachable, so that a leak checker stays quiet and
 * still sees each piece's bounds.
 */
static struct piece {
	struct piece *next;
	size_t pad;	/* keeps data aligned for every type */
	char data[];
} *pieces;

void *mem(size_t size)
{
	struct piece *p = NULL;

	if (size <= SIZE_MAX - sizeof(*p))
		p = calloc(1, sizeof(*p) + size);
	if (!p)
		die("out of memory for %zu bytes; free some and run again", size);
	p->next = pieces;
	pieces = p;
	return p->data;
}

void *more(void *array, size_t nr, size_t size)
{
	void *bigger;

	/* A power of two is full; the old piece stays until exit. */
	if (nr & (nr - 1) || (!nr && array))
		return array;
	bigger = mem((nr ? 2 * nr : 1) * size);
	if (nr)
		memcpy(bigger, array, nr * size);
	return bigger;
}

char *copy(const char *s, size_t len)
{
	char *c = mem(len + 1);

	memcpy(c, s, len);
	return c;
}

char *text(const char *fmt, ...)
{
	va_list args, again;
	char *s;
	int len;

	va_start(args, fmt);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len < 0)
		die("cannot format a message: %s", strerror(errno));
	s = mem(len + 1);
	vsnprintf(s, len + 1, fmt, again);
	va_end(again);
	va_end(args);
	return s;
}

char *read_file(const char *path, size_t *len)
{
	struct stat st;
	size_t got = 0, room = 1 << 16, n;
	char *buf, *nul;
	FILE *f = fopen(path, "r");

	if (!f)
		return NULL;
	if (!fstat(fileno(f), &st) && st.st_size > 0)
		room = st.st_size + 1;
	buf = mem(room + 1);
	errno = 0;
	while ((n = fread(buf + got, 1, room - got, f))) {
		got += n;
		if (got == room) {
			char *bigger = mem(2 * room + 1);

			memcpy(bigger, buf, got);
			buf = bigger;
			room *= 2;
		}
	}
	if (ferror(f)) {
		int err = errno;

		fclose(f);
		errno = err;
		return NULL;
	}
	fclose(f);
	while ((nul = memchr(buf, '\0', got)))
		*nul = '?';
	if (len)
		*len = got;
	return buf;
}

char *next_line(char **pos)
{
	char *line = *pos, *end;

	if (!*line)
		return NULL;
	end = strchrnul(line, '\n');
	*pos = *end ? end + 1 : end;
	*end = '\0';
	while (end > line && end[-1] == '\r')
		*--end = '\0';
	return line;
}

char *skip_prefix(char *line)
{
	char *s = line, *p;

	if (s[0] == '<' && (p = strchr(s, '>')) && p > s + 1 &&
	    strspn(s + 1, "0123456789") == (size_t)(p - s - 1))
		s = p + 1;
	p = s;
	/* "[ time]", then perhaps "[ caller]" */
	while (p[0] == '[') {
		size_t n = strspn(p + 1, p == s ? " 0123456789." :
				  " 0123456789TC");

		if (!n || p[1 + n] != ']')
			break;
		p += n + 2;
	}
	if (p == s)
		return s;
	return *p == ' ' ? p + 1 : p;
}

char *next_word(char **pos)
{
	char *word = *pos + strspn(*pos, " \t\r");
	char *end = word + strcspn(word, " \t\r");

	if (!*word)
		return NULL;
	*pos = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static char *unfinished;

static void drop_unfinished(void)
{
	if (unfinished)
		unlink(unfinished);
}

struct out out_open(const char *path)
{
	struct out out = {
		.path = copy(path, strlen(path)),
		.tmp = text("%s.%ld.tmp", path, (long)getpid()),
	};

	out.f = fopen(out.tmp, "w");
	if (!out.f)
		die("cannot write %s: %s; choose another place", path,
		    strerror(errno));
	unfinished = out.tmp;
	atexit(drop_unfinished);
	return out;
}

void out_commit(struct out *out)
{
	bool bad = ferror(out->f);

	bad |= fclose(out->f) != 0;
	if (bad || rename(out->tmp, out->path))
		die("cannot write %s: %s; free disk space or choose another place",
		    out->path, strerror(errno));
	unfinished = NULL;
}

bool colours(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no);
}

void put_plain(FILE *f, const char *s)
{
	for (; *s; s++) {
		unsigned char c = *s;

		fputc((c < ' ' && c != '\t') || c == 0x7f ? '?' : c, f);
	}
}

int utf8_len(const char *str)
{
	const unsigned char *s = (const unsigned char *)str;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = s[0];
	int len, i;

	if (c < 0x80)
		return c >= ' ' || c == '\t' || c == '\n' || c == '\r';
	if (c >= 0xf8 || c < 0xc0)
		return 0;
	len = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
	c &= 0x7f >> len;
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ||
	    c == 0xfffe || c == 0xffff)
		return 0;
	return len;
}

void put_xml(FILE *f, const char *s)
{
	while (*s) {
		int len = utf8_len(s);

		switch (*s) {
		case '<':
			fputs("&lt;", f);
			break;
		case '>':
			fputs("&gt;", f);
			break;
		case '&':
			fputs("&amp;", f);
			break;
		case '"':
			fputs("&quot;", f);
			break;
		case '\'':
			fputs("&#39;", f);
			break;
		default:
			if (len)
				fwrite(s, 1, len, f);
			else
				fputs("\xef\xbf\xbd", f);
		}
		s += len ? len : 1;
	}
}

bool same_number(double a, double b)
{
	return a <= b && a >= b;
}

char *figure(double val)
{
	char *s, *digits, *p;

	if (isnan(val))
		return text("-");
	if (val < 100 && !same_number(val, floor(val)))
		return text("%.2f", val);
	digits = text("%.0f", val);
	s = mem(2 * strlen(digits) + 1);
	for (p = s; *digits; digits++) {
		*p++ = *digits;
		if (digits[1] && strlen(digits + 1) % 3 == 0)
			*p++ = ',';
	}
	return s;
}
