/* options.h - the command line of every program of ours, from one table.
 *
 * A table row says name, argument, default, help and where the value goes;
 * parsing, `--help`, `MQL_...` environment variables and error sentences all
 * come from it. The command line wins over the environment, this over a file,
 * where the table has an option that names one, and this over the default.
 * Such a file has a line for each option, `name = value`, named as on the
 * command line without the dashes; empty lines, and those that begin with #,
 * say nothing. Start-up, or where a daemon reads its file again. */
#ifndef COMMON_OPTIONS_H
#define COMMON_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {
	OPTION_FLAG,     /* bool; `--no-name` switches it off */
	OPTION_STRING,   /* const char *, borrowed from argv or environment */
	OPTION_STRINGS,  /* struct option_list: may be given several times */
	OPTION_UINT,     /* uint64_t */
	OPTION_BYTES,    /* uint64_t; 64k, 4M and 1G are multiples of 1024 */
	OPTION_DURATION, /* int64_t ms */
	OPTION_CHOICE,   /* int: index into `arg`, which lists them as a|b|c */
	OPTION_CONFIG,   /* struct option_file: the file; one in a table */
};

struct option_list {
	const char **item; /* heap; see option_list_fini() */
	size_t       n;
};

struct option_file {
	const char *path; /* borrowed; NULL: there is none */
	char       *text; /* heap: values of the file point into it */
};

struct option {
	const char      *name; /* without the dashes; NULL ends the table */
	char             letter; /* 0 when there is none */
	enum option_kind kind;
	const char      *arg;  /* what --help calls the value; choices */
	const char      *init; /* default as text, or NULL */
	const char      *help; /* one line */
	void            *to;
};

struct option_usage {
	const char *prog;     /* "mql tap" */
	const char *synopsis; /* "[options] --app NAME [FILE...]" */
	const char *about;    /* one or more lines under it */
	const char *tail;     /* after the options: examples; or NULL */
};

/* Parse argv[1..]; what is no option is moved to the front of argv (from
 * argv[1]) in order, and *nrest says how many. `--` ends options. `--help`
 * and `--version` print to standard output and set *done. On an error one
 * sentence that begins with usage->prog goes to standard error and
 * MQL_EINVAL is returned: the program exits with status 2. */
int options_parse(const struct option_usage *usage, const struct option *table,
		  int argc, char **argv, int *nrest, bool *done);

/* The same; complain (NULL: as above) takes the sentence, without prog. */
int options_parse_with(const struct option_usage *usage,
		       const struct option *table, int argc, char **argv,
		       void (*complain)(const char *text), int *nrest,
		       bool *done);

void options_help(const struct option_usage *usage, const struct option *table,
		  FILE *to);

/* Free what options_parse() allocated for a value. */
void option_list_fini(struct option_list *list); /* it is empty then */
void option_file_fini(struct option_file *f);

#endif
