/* options.c - see options.h.
 *
 * The command line is read first, then the environment, the file and the
 * defaults fill in what it did not give: `--help` works whatever these hold. */
#include "common/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "common/duration.h"
#include "common/str.h"
#include "mql/error.h"

enum { MAX_NAME = 32, MAX_FILE = 64 << 10 };

struct parse {
	const struct option_usage *usage;
	void (*complain)(const char *text);
	const struct option       *table;
	uint64_t given; /* one bit a row: already has its value */
	int      argc, at;
	char   **argv;
	int      nrest;
	bool     done;
};

__attribute__((format(printf, 2, 3)))
static int
refuse(const struct parse *p, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (p->complain)
		p->complain(text);
	else
		fprintf(stderr, "%s: %s\n", p->usage->prog, text);
	return MQL_EINVAL;
}

/* --- values ----------------------------------------------------------------- */

/* Digits, then for bytes a letter that multiplies. */
static bool
parse_number(const char *z, bool bytes, uint64_t *out)
{
	static const char letters[] = "kmg";
	const char *letter;
	uint64_t n = 0;

	if (!isdigit((unsigned char)*z))
		return false;
	for (; isdigit((unsigned char)*z); z++)
		if (__builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*z - '0'), &n))
			return false;
	if (bytes && *z && (letter = strchr(letters, tolower(*z)))) {
		z++;
		if (__builtin_mul_overflow(
			    n, UINT64_C(1024) << 10 * (letter - letters), &n))
			return false;
	}
	*out = n;
	return !*z;
}

static bool
parse_bool(const char *z, bool *out)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "off", "on", "0", "1",
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		if (!strcmp(words[i], z)) {
			*out = i % 2;
			return true;
		}
	}
	return false;
}

static bool
parse_choice(const char *choices, const char *z, int *out)
{
	const struct str want = str_of(z);
	const char *p = choices;

	for (int i = 0;; i++) {
		size_t n = strcspn(p, "|");
		if (str_eq((struct str){ p, n }, want)) {
			*out = i;
			return true;
		}
		if (!p[n])
			return false;
		p += n + 1;
	}
}

static int
list_add(struct option_list *list, const char *z)
{
	const char **item = reallocarray(list->item, list->n + 1,
					 sizeof *item);

	if (!item)
		return MQL_ENOMEM;
	list->item = item;
	list->item[list->n++] = z;
	return 0;
}

/* Returns 0, MQL_EINVAL when z is no such value, or MQL_ENOMEM. */
static int
set(const struct option *o, const char *z)
{
	bool good = false;

	switch (o->kind) {
	case OPTION_FLAG:
		good = parse_bool(z, o->to);
		break;
	case OPTION_STRING:
		*(const char **)o->to = z;
		return 0;
	case OPTION_STRINGS:
		return list_add(o->to, z);
	case OPTION_UINT:
	case OPTION_BYTES:
		good = parse_number(z, o->kind == OPTION_BYTES, o->to);
		break;
	case OPTION_DURATION:
		good = !duration_parse(str_of(z), o->to);
		break;
	case OPTION_CHOICE:
		good = parse_choice(o->arg, z, o->to);
		break;
	case OPTION_CONFIG:
		((struct option_file *)o->to)->path = z;
		return 0;
	}
	return good ? 0 : MQL_EINVAL;
}

static const char *
expected(const struct option *o)
{
	switch (o->kind) {
	case OPTION_FLAG:
		return "yes or no";
	case OPTION_UINT:
		return "a whole number";
	case OPTION_BYTES:
		return "a number of bytes like 4096, 64k, 4M or 1G";
	case OPTION_DURATION:
		return "a duration like 250ms, 10s, 5m or 1h";
	case OPTION_CHOICE:
		return o->arg;
	case OPTION_STRING:
	case OPTION_STRINGS:
		break;
	case OPTION_CONFIG:
		return "a file";
	}
	return "a text";
}

/* Take z for o; from says for people where it stood. */
static int
take(struct parse *p, const struct option *o, const char *from, const char *z)
{
	int err = set(o, z);

	p->given |= UINT64_C(1) << (o - p->table);
	if (err == MQL_EINVAL)
		return refuse(p, "%s takes %s, not '%s'", from, expected(o), z);
	if (err)
		refuse(p, "%s", mql_strerror(err));
	return err;
}

/* --- names ------------------------------------------------------------------ */

static const struct option *
find(const struct parse *p, struct str name)
{
	for (const struct option *o = p->table; o->name; o++)
		if (str_eq(str_of(o->name), name))
			return o;
	return NULL;
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* How many letters must be put in, left out or changed: Levenshtein. */
static size_t
distance(struct str a, struct str b)
{
	size_t row[MAX_NAME + 1];

	if (a.len > MAX_NAME || b.len > MAX_NAME)
		return MAX_NAME;
	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 0; i < a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i + 1;
		for (size_t j = 0; j < b.len; j++) {
			size_t change = diagonal + (a.ptr[i] != b.ptr[j]);
			diagonal = row[j + 1];
			row[j + 1] = least(row[j] + 1, diagonal + 1, change);
		}
	}
	return row[b.len];
}

static int
refuse_unknown(const struct parse *p, struct str name)
{
	size_t best = name.len < 4 ? 2 : 3; /* nearer than this is a typo */
	const char *near = NULL;

	for (const struct option *o = p->table; o->name; o++) {
		size_t d = distance(name, str_of(o->name));
		if (d < best) {
			best = d;
			near = o->name;
		}
	}
	if (near)
		return refuse(p, "there is no option --%.*s; did you mean "
			      "--%s?", (int)name.len, name.ptr, near);
	return refuse(p, "there is no option --%.*s; try --help",
		      (int)name.len, name.ptr);
}

/* --- the command line ------------------------------------------------------ */

/* z is the value if the same word holds one, else NULL: then it is next. */
static int
option(struct parse *p, const struct option *o, const char *z)
{
	char from[MAX_NAME + sizeof "--"];

	snprintf(from, sizeof from, "--%s", o->name);
	if (!z && o->kind == OPTION_FLAG)
		z = "yes";
	if (!z && ++p->at < p->argc)
		z = p->argv[p->at];
	if (!z)
		return refuse(p, "%s needs a value: %s", from, expected(o));
	return take(p, o, from, z);
}

/* The two options that every program has. */
static bool
builtin(struct parse *p, struct str name)
{
	if (str_eq(name, STR("help")))
		options_help(p->usage, p->table, stdout);
	else if (str_eq(name, STR("version")))
		printf("%s %s\n", p->usage->prog, MQL_VERSION);
	else
		return false;
	p->done = true;
	return true;
}

static int
long_option(struct parse *p, const char *word)
{
	struct str name = { word, strcspn(word, "=") };
	const char *z = word[name.len] ? word + name.len + 1 : NULL;
	const struct option *o = find(p, name);

	if (o)
		return option(p, o, z);
	if (!z && name.len > 3 && !strncmp(word, "no-", 3)) {
		o = find(p, str_of(word + 3));
		if (o && o->kind == OPTION_FLAG)
			return option(p, o, "no");
	}
	return builtin(p, name) ? 0 : refuse_unknown(p, name);
}

static int
short_option(struct parse *p, const char *word)
{
	const struct option *o = p->table;

	while (o->name && o->letter != *word)
		o++;
	if (o->name && (!word[1] || o->kind != OPTION_FLAG))
		return option(p, o, word[1] ? word + 1 : NULL);
	if (!strcmp(word, "h") && builtin(p, STR("help")))
		return 0;
	return refuse(p, "there is no option -%s; try --help", word);
}

static int
command_line(struct parse *p)
{
	bool ended = false;
	int err = 0;

	for (p->at = 1; p->at < p->argc && !err && !p->done; p->at++) {
		char *word = p->argv[p->at];
		if (ended || word[0] != '-' || !word[1])
			p->argv[1 + p->nrest++] = word;
		else if (!strcmp(word, "--"))
			ended = true;
		else if (word[1] == '-')
			err = long_option(p, word + 2);
		else
			err = short_option(p, word + 1);
	}
	return err;
}

/* --- where the command line is silent --------------------------------------- */

static void
variable_name(const struct option *o, char *name, size_t size)
{
	snprintf(name, size, "MQL_%s", o->name);
	for (char *c = name; *c; c++)
		*c = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
}

static bool
is_given(const struct parse *p, const struct option *o)
{
	return p->given & UINT64_C(1) << (o - p->table);
}

static int
take_environment(struct parse *p)
{
	char name[MAX_NAME + sizeof "MQL_"];
	int err = 0;

	for (const struct option *o = p->table; o->name && !err; o++) {
		const char *z;
		if (is_given(p, o))
			continue;
		variable_name(o, name, sizeof name);
		z = getenv(name);
		if (z && *z)
			err = take(p, o, name, z);
	}
	return err;
}

static int
take_defaults(struct parse *p)
{
	int err = 0;

	for (const struct option *o = p->table; o->name && !err; o++)
		if (!is_given(p, o) && o->init)
			err = take(p, o, o->name, o->init);
	return err;
}

/* --- the file --------------------------------------------------------------- */

/* Gives its text, of *len bytes; on failure errno says why. */
static char *
read_file(const char *path, size_t *len)
{
	FILE *from = fopen(path, "re");
	char *text = from ? malloc(MAX_FILE + 1) : NULL;
	size_t n = text ? fread(text, 1, MAX_FILE + 1, from) : 0;
	int err = 0;

	*len = n;
	if (text && (ferror(from) || n > MAX_FILE)) {
		err = n > MAX_FILE ? EFBIG : errno;
		free(text);
		text = NULL;
	}
	if (text)
		text[n] = '\0';
	if (from)
		fclose(from);
	if (err)
		errno = err;
	return text;
}

/* Without the white space around it; changes z. */
static char *
trim(char *z)
{
	size_t n;

	z += strspn(z, " \t\r");
	for (n = strlen(z); n && strchr(" \t\r", z[n - 1]); n--)
		z[n - 1] = '\0';
	return z;
}

/* before: what was given by then, and wins. */
static int
take_line(struct parse *p, const char *path, unsigned n, char *line,
	  uint64_t before)
{
	char *name = trim(line), *value = strchr(name, '=');
	const struct option *o;
	char from[256];

	if (!*name || *name == '#')
		return 0;
	if (!value)
		return refuse(p, "%s:%u: this is no `name = value`", path, n);
	*value++ = '\0';
	name = trim(name);
	o = find(p, str_of(name));
	if (!o || o->kind == OPTION_CONFIG)
		return refuse(p, "%s:%u: '%s' is not an option here; try "
			      "--help", path, n, name);
	if (before & UINT64_C(1) << (o - p->table))
		return 0;
	snprintf(from, sizeof from, "%s:%u: %s", path, n, name);
	return take(p, o, from, trim(value));
}

static int
take_file(struct parse *p)
{
	const struct option *o = p->table;
	const uint64_t before = p->given;
	struct option_file *f;
	unsigned n = 0;
	size_t len;
	char *at, *line;
	int err = 0;

	while (o->name && o->kind != OPTION_CONFIG)
		o++;
	f = o->name ? o->to : NULL;
	if (!f || !f->path)
		return 0;
	f->text = read_file(f->path, &len);
	if (!f->text)
		return refuse(p, "--%s %s: %s", o->name, f->path,
			      strerror(errno));
	for (at = f->text; !err && (line = strsep(&at, "\n"));) {
		n++;
		if (!at && line + strlen(line) != f->text + len)
			err = refuse(p, "%s:%u: there is a NUL byte in this "
				     "line", f->path, n);
		else
			err = take_line(p, f->path, n, line, before);
	}
	return err;
}

int
options_parse(const struct option_usage *usage, const struct option *table,
	      int argc, char **argv, int *nrest, bool *done)
{
	return options_parse_with(usage, table, argc, argv, NULL, nrest, done);
}

int
options_parse_with(const struct option_usage *usage,
		   const struct option *table, int argc, char **argv,
		   void (*complain)(const char *text), int *nrest, bool *done)
{
	struct parse p = {
		.usage = usage, .table = table, .argc = argc, .argv = argv,
		.complain = complain,
	};
	int err = command_line(&p);

	*nrest = p.nrest;
	*done = p.done;
	if (err || p.done || (err = take_environment(&p)) ||
	    (err = take_file(&p)))
		return err;
	return take_defaults(&p);
}

void
option_list_fini(struct option_list *list)
{
	free(list->item);
	*list = (struct option_list){ 0 };
}

void
option_file_fini(struct option_file *f)
{
	free(f->text);
	f->text = NULL;
}

/* --- help --------------------------------------------------------------------- */

enum { HELP_COLUMN = 32 };

static void
help_row(FILE *to, char letter, const char *name, const char *arg,
	 const char *help, const char *init)
{
	int n = letter ? fprintf(to, "  -%c, --%s", letter, name)
		       : fprintf(to, "      --%s", name);

	if (arg)
		n += fprintf(to, " %s", arg);
	if (n + 2 > HELP_COLUMN) {
		fputc('\n', to);
		n = 0;
	}
	fprintf(to, "%*s%s", HELP_COLUMN - n, "", help);
	if (init && *init)
		fprintf(to, " (default: %s)", init);
	fputc('\n', to);
}

static void
help_text(FILE *to, const char *text)
{
	size_t n = strlen(text);

	fprintf(to, "\n%s%s", text, n && text[n - 1] == '\n' ? "" : "\n");
}

static void
help_environment(const struct option *o, FILE *to)
{
	char name[MAX_NAME + sizeof "MQL_"];

	variable_name(o, name, sizeof name);
	fprintf(to, "\nAn option that is not given is looked for in the "
		"environment: %s\nfor --%s, and so on.\n", name, o->name);
}

void
options_help(const struct option_usage *usage, const struct option *table,
	     FILE *to)
{
	fprintf(to, "Usage: %s %s\n", usage->prog, usage->synopsis);
	if (usage->about)
		help_text(to, usage->about);
	fputs("\nOptions:\n", to);
	for (const struct option *o = table; o->name; o++)
		help_row(to, o->letter, o->name, o->arg, o->help, o->init);
	help_row(to, 'h', "help", NULL, "print this", NULL);
	help_row(to, 0, "version", NULL, "print the version", NULL);
	if (table->name)
		help_environment(table, to);
	if (usage->tail)
		help_text(to, usage->tail);
}
