/* prometheus.c - see prometheus.h. */
#include "tests/source-job/prometheus.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/check_main.h"

enum { MAX_LINES = 2000, MAX_NAME = 160 };

struct check {
	char   help[MAX_NAME];  /* the family that is described, */
	char   type[MAX_NAME], kind[16]; /* and typed */
	char  *seen[MAX_LINES]; /* samples, and families behind a space */
	size_t nseen;
	double bucket;          /* the last of the histogram at hand */
	double inf;             /* and its +Inf; -1: not yet */
};

static void
once(struct check *c, const char *before, const char *what)
{
	char text[512];

	snprintf(text, sizeof text, "%s%s", before, what);
	for (size_t i = 0; i < c->nseen; i++)
		ck_assert_msg(strcmp(c->seen[i], text), "twice: %s", text);
	ck_assert_uint_lt(c->nseen, MAX_LINES);
	c->seen[c->nseen++] = strdup(text);
}

static void
comment(struct check *c, const char *line)
{
	int n = 0;

	if (sscanf(line, "# HELP %159s %n", c->help, &n) == 1) {
		ck_assert_msg(line[n] != '\0', "no help: %s", line);
		once(c, " ", c->help);
		return;
	}
	ck_assert_msg(sscanf(line, "# TYPE %159s %15s", c->type, c->kind) == 2,
		      "what is this? %s", line);
	ck_assert_msg(!strcmp(c->type, c->help), "no help: %s", line);
	ck_assert_msg(!strcmp(c->kind, "counter") ||
		      !strcmp(c->kind, "gauge") ||
		      !strcmp(c->kind, "histogram"), "no kind: %s", line);
	size_t len = strlen(c->type);
	bool total = len > 6 && !strcmp(c->type + len - 6, "_total");
	ck_assert_msg(total == !strcmp(c->kind, "counter"),
		      "_total is for counters: %s", line);
	c->bucket = 0;
	c->inf = -1;
}

/* {name="value",...}: where it ends. */
static const char *
labels(const char *p, const char *line)
{
	if (*p != '{')
		return p;
	do {
		p++;
		ck_assert_msg(isalpha((unsigned char)*p), "label: %s", line);
		p += strspn(p, "abcdefghijklmnopqrstuvwxyz_");
		ck_assert_msg(!strncmp(p, "=\"", 2), "label: %s", line);
		for (p += 2; *p && *p != '"'; p++)
			p += *p == '\\';
		ck_assert_msg(*p++ == '"', "label: %s", line);
	} while (*p == ',');
	ck_assert_msg(*p == '}', "label: %s", line);
	return p + 1;
}

/* What follows the family's name in a sample of a histogram. */
static void
histogram(struct check *c, const char *rest, double value, const char *line)
{
	if (!strncmp(rest, "_bucket{le=\"", 12)) {
		ck_assert_msg(value >= c->bucket, "goes down: %s", line);
		c->bucket = value;
		if (!strncmp(rest + 12, "+Inf\"", 5))
			c->inf = value;
	} else if (!strcmp(rest, "_count")) {
		ck_assert_msg(value == c->inf, "is not +Inf: %s", line);
		ck_assert_msg(value == c->bucket, "is not the last: %s", line);
	} else {
		ck_assert_msg(!strcmp(rest, "_sum"), "no sample of it: %s",
			      line);
		ck_assert_msg(c->inf >= 0, "no +Inf before: %s", line);
	}
}

static void
sample(struct check *c, const char *line)
{
	char name[MAX_NAME] = "", *end;
	const char *p = line + strcspn(line, "{ ");
	size_t len = strlen(c->type);

	ck_assert_msg(!strncmp(line, c->type, len), "no type: %s", line);
	p = labels(p, line);
	ck_assert_msg(*p == ' ', "no value: %s", line);
	double value = strtod(p + 1, &end);
	ck_assert_msg(end > p + 1 && !*end, "no number: %s", line);
	snprintf(name, sizeof name, "%.*s", (int)(p - line), line);
	once(c, "", name);
	if (!strcmp(c->kind, "histogram"))
		histogram(c, name + len, value, line);
	else
		ck_assert_msg(strchr(" {", line[len]), "no type: %s", line);
}

void
prometheus_check(const char *text)
{
	const char *body = strstr(text, "\r\n\r\n");
	char *copy = strdup(body ? body + 4 : text), *at = copy, *line;
	struct check c = { 0 };

	ck_assert_msg(*copy && copy[strlen(copy) - 1] == '\n', "cut short");
	while ((line = strsep(&at, "\n")))
		if (*line == '#')
			comment(&c, line);
		else if (*line)
			sample(&c, line);
	ck_assert_uint_gt(c.nseen, 20);
	while (c.nseen)
		free(c.seen[--c.nseen]);
	free(copy);
}

double
prometheus_value(const char *text, const char *sample)
{
	const size_t len = strlen(sample);

	for (const char *p = text; (p = strstr(p, sample)); p += len)
		if ((p == text || p[-1] == '\n') && p[len] == ' ')
			return strtod(p + len, NULL);
	return -1;
}
