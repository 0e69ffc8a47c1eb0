/* function.c - the table of the scalar functions, and a call of one.
 *
 * A row: name, arguments, result, what nulls do, what it costs, may an agent
 * run it, group, one line, an example and what it gives, and the function in
 * fn_*.c (see function.h). The reference is printed in this order. */
#include "mql/function.h"

#include <errno.h>
#include <math.h>

#include "mql/fn.h"
#include "mql/word.h"

static const struct function table[] = {
	{ "lower", "s", "string", FUNCTION_STRICT, FUNCTION_TEXT, true, "Text",
	  "the letters A to Z in lower case; other bytes stay as they are",
	  "lower('Größe XL')", "\"größe xl\"", fn_lower },
	{ "upper", "s", "string", FUNCTION_STRICT, FUNCTION_TEXT, true, "Text",
	  "the letters a to z in upper case; other bytes stay as they are",
	  "upper('us-east-1')", "\"US-EAST-1\"", fn_upper },
	{ "trim", "ss?", "string", FUNCTION_STRICT, FUNCTION_HEAVY, true, "Text",
	  "without white space at both ends, or without any of the second "
	  "argument's characters (64 bytes at most)",
	  "trim('--on--', '-')", "\"on\"", fn_trim },
	{ "ltrim", "ss?", "string", FUNCTION_STRICT, FUNCTION_HEAVY, true, "Text",
	  "trim() at the beginning only",
	  "ltrim('  on ')", "\"on \"", fn_ltrim },
	{ "rtrim", "ss?", "string", FUNCTION_STRICT, FUNCTION_HEAVY, true, "Text",
	  "trim() at the end only",
	  "rtrim('/a/b///', '/')", "\"/a/b\"", fn_rtrim },
	{ "length", "v", "integer", FUNCTION_STRICT, FUNCTION_TEXT, true, "Text",
	  "how many characters a string has, or members an array or object; "
	  "null for the rest",
	  "length('Größe')", "5", fn_length },
	{ "substr", "sii?", "string", FUNCTION_STRICT, FUNCTION_TEXT, true, "Text",
	  "from the n-th character on (the first is 1, the last is -1), all "
	  "or so many",
	  "substr('i-0abc12', 3, 4)", "\"0abc\"", fn_substr },
	{ "replace", "sss", "string", FUNCTION_STRICT, FUNCTION_HEAVY, true, "Text",
	  "each occurrence of the second text replaced by the third",
	  "replace('a.b.c', '.', '/')", "\"a/b/c\"", fn_replace },
	{ "split_part", "ssi", "string", FUNCTION_STRICT, FUNCTION_TEXT, true, "Text",
	  "the n-th part (the first is 1, the last is -1) between separators; "
	  "null when there are fewer",
	  "split_part('10.1.2.3', '.', -1)", "\"3\"", fn_split_part },
	{ "concat", "v*", "string", FUNCTION_LENIENT, FUNCTION_TEXT, true, "Text",
	  "the texts of all arguments as one; null is the empty text",
	  "concat('v', 2, null, '.', 1.5)", "\"v2.1.5\"", fn_concat },
	{ "starts_with", "ss", "boolean", FUNCTION_STRICT, FUNCTION_TEXT, true, "Text",
	  "does the first text begin with the second?",
	  "starts_with('/api/v2', '/api/')", "true", fn_starts_with },
	{ "ends_with", "ss", "boolean", FUNCTION_STRICT, FUNCTION_TEXT, true, "Text",
	  "does the first text end with the second?",
	  "ends_with('logo.png', '.gif')", "false", fn_ends_with },
	{ "contains", "ss", "boolean", FUNCTION_STRICT, FUNCTION_TEXT, true, "Text",
	  "is the second text somewhere in the first?",
	  "contains('connection refused', 'refused')", "true", fn_contains },
	{ "regexp_extract", "ssi?", "string", FUNCTION_STRICT, FUNCTION_HEAVY, true, "Text",
	  "what the n-th group of a regular expression matched first; 0 is "
	  "the whole match, which is also the default",
	  "regexp_extract('/api/v2/users', /v([0-9]+)/, 1)", "\"2\"", NULL },

	{ "abs", "n", "number", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Numbers",
	  "without its sign",
	  "abs(-7)", "7", fn_abs },
	{ "floor", "n", "number", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Numbers",
	  "the greatest integer that is not above it",
	  "floor(-1.5)", "-2", fn_floor },
	{ "ceil", "n", "number", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Numbers",
	  "the least integer that is not below it",
	  "ceil(1.2)", "2", fn_ceil },
	{ "round", "ni?", "number", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Numbers",
	  "to the nearest integer, or to so many digits behind the point "
	  "(before it when negative); halves away from zero",
	  "round(3.14159, 2)", "3.14", fn_round },
	{ "sqrt", "n", "number", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Numbers",
	  "the square root; null below 0",
	  "sqrt(2.25)", "1.5", fn_sqrt },
	{ "log", "n", "number", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Numbers",
	  "the natural logarithm; null up to 0",
	  "log(exp(2))", "2", fn_log },
	{ "log10", "n", "number", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Numbers",
	  "the decimal logarithm; null up to 0",
	  "log10(1000)", "3", fn_log10 },
	{ "exp", "n", "number", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Numbers",
	  "e to this power",
	  "exp(0)", "1", fn_exp },
	{ "pow", "nn", "number", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Numbers",
	  "the first to the power of the second",
	  "pow(2, 62)", "4611686018427387904", fn_pow },
	{ "mod", "nn", "number", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Numbers",
	  "the remainder, as `%` has it: with the sign of the first; null "
	  "when the second is 0",
	  "mod(-7, 3)", "-1", fn_mod },
	{ "bucket", "nn", "number", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Numbers",
	  "the beginning of the bucket of that width that holds it; null "
	  "when the width is not above 0",
	  "bucket(1234, 100)", "1200", fn_bucket },
	{ "least", "v*", "any", FUNCTION_LENIENT, FUNCTION_TEXT, true, "Numbers",
	  "the least of numbers, or of strings; nulls are skipped; null when "
	  "they have no order",
	  "least(3, 1.5, null)", "1.5", fn_least },
	{ "greatest", "v*", "any", FUNCTION_LENIENT, FUNCTION_TEXT, true, "Numbers",
	  "the greatest, by the same rules",
	  "greatest('a', 'b')", "\"b\"", fn_greatest },

	{ "coalesce", "v*", "any", FUNCTION_LENIENT, FUNCTION_CHEAP, true, "Values",
	  "the first that is not null",
	  "coalesce(null, 'none')", "\"none\"", NULL },
	{ "nullif", "vv", "any", FUNCTION_LENIENT, FUNCTION_HEAVY, true, "Values",
	  "the first, or null when it equals the second",
	  "nullif('-', '-')", "null", fn_nullif },
	{ "if", "bvv?", "any", FUNCTION_LENIENT, FUNCTION_CHEAP, true, "Values",
	  "the second when the condition holds, else the third, or null",
	  "if(1 < 2, 'yes', 'no')", "\"yes\"", NULL },
	{ "exists", "v", "boolean", FUNCTION_LENIENT, FUNCTION_CHEAP, true, "Values",
	  "is it there, and not null?",
	  "exists(null)", "false", NULL },
	{ "typeof", "v", "string", FUNCTION_LENIENT, FUNCTION_CHEAP, true, "Values",
	  "null, boolean, integer, float, string, array or object",
	  "typeof(1.5)", "\"float\"", fn_typeof },
	{ "int", "v", "integer", FUNCTION_STRICT, FUNCTION_TEXT, true, "Values",
	  "a number without its fraction, a number in a text, 1 or 0 of a "
	  "boolean; null when it is none or beyond 64 bits",
	  "int('3.9')", "3", fn_to_int },
	{ "float", "v", "number", FUNCTION_STRICT, FUNCTION_TEXT, true, "Values",
	  "a number, or the number in a text, as a float",
	  "float('1e3')", "1000", fn_to_float },
	{ "string", "v", "string", FUNCTION_STRICT, FUNCTION_TEXT, true, "Values",
	  "a string as it is, the rest as JSON",
	  "string(404)", "\"404\"", fn_to_string },
	{ "bool", "v", "boolean", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Values",
	  "of the texts true and false in any case, and of numbers, of which "
	  "only 0 is false",
	  "bool('true')", "true", fn_to_bool },
	{ "json", "s", "any", FUNCTION_STRICT, FUNCTION_TEXT, true, "Values",
	  "the value of a JSON text; null when it is not valid",
	  "json('{\"a\":[1,2]}')", "{\"a\":[1,2]}", fn_json },
	{ "hash", "v", "integer", FUNCTION_STRICT, FUNCTION_HEAVY, true, "Values",
	  "64 bits by XXH3 that are the same everywhere, and for equal values",
	  "hash('abc')", "9192226437555665683", fn_hash },

	{ "now", "", "integer", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Time",
	  "the time of evaluation in milliseconds since 1970",
	  "typeof(now())", "\"integer\"", fn_now },
	{ "tick", "", "integer", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Time",
	  "now() by Mantis's name",
	  "typeof(tick())", "\"integer\"", fn_now },
	{ "iso", "t", "string", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Time",
	  "a time as ISO 8601 text",
	  "iso(1600000000)", "\"2020-09-13T12:26:40Z\"", fn_iso },
	{ "time_bucket", "ti", "integer", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Time",
	  "the beginning, in milliseconds since 1970, of the bucket of that "
	  "many milliseconds that holds the time",
	  "iso(time_bucket('2020-09-13T12:26:40Z', 1m))",
	  "\"2020-09-13T12:26:00Z\"", fn_time_bucket },
	{ "year", "t", "integer", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Time",
	  "the year of a time in UTC",
	  "year('2020-12-31T23:30:00-01:00')", "2021", fn_year },
	{ "month", "t", "integer", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Time",
	  "the month, from 1",
	  "month('2020-09-13')", "9", fn_month },
	{ "day", "t", "integer", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Time",
	  "the day of the month, from 1",
	  "day('2020-09-13')", "13", fn_day },
	{ "hour", "t", "integer", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Time",
	  "the hour, from 0 to 23",
	  "hour('2020-09-13T12:26:40+02:00')", "10", fn_hour },
	{ "minute", "t", "integer", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Time",
	  "the minute",
	  "minute('2020-09-13T12:26:40Z')", "26", fn_minute },
	{ "second", "t", "integer", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Time",
	  "the second",
	  "second('2020-09-13T12:26:40Z')", "40", fn_second },
	{ "weekday", "t", "integer", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Time",
	  "from 1, Monday, to 7, Sunday",
	  "weekday('2020-09-13')", "7", fn_weekday },

	{ "cidr_match", "ss", "boolean", FUNCTION_STRICT, FUNCTION_CHEAP, true, "Network",
	  "is the address, IPv4 or IPv6, in the network? null when either "
	  "is none",
	  "cidr_match('::ffff:10.1.2.3', '10.0.0.0/8')", "true",
	  fn_cidr_match },
	{ "url_path", "s", "string", FUNCTION_STRICT, FUNCTION_TEXT, true, "Network",
	  "the path of a URL as it stands there",
	  "url_path('https://example.com/a/b?c=d')", "\"/a/b\"", fn_url_path },
	{ "url_host", "s", "string", FUNCTION_STRICT, FUNCTION_TEXT, true, "Network",
	  "the host of a URL, without port and brackets; null when it has none",
	  "url_host('https://example.com:8443/')", "\"example.com\"",
	  fn_url_host },
	{ "url_query_param", "ss", "string", FUNCTION_STRICT, FUNCTION_TEXT, true, "Network",
	  "the first value of that name in a URL's query, decoded; null when "
	  "there is none",
	  "url_query_param('/find?q=caf%C3%A9+noir', 'q')", "\"café noir\"",
	  fn_url_query_param },
};
enum { NFUNCTION = sizeof table / sizeof table[0] };

/* --- finding ----------------------------------------------------------------- */

const struct function *
function_table(size_t *n)
{
	*n = NFUNCTION;
	return table;
}

bool
fn_is_word(struct str s, const char *word)
{
	for (size_t i = 0; i < s.len; i++)
		if (!word[i] || fn_lower_char(s.ptr[i]) != word[i])
			return false;
	return !word[s.len];
}

const struct function *
function_find(struct str name)
{
	for (size_t i = 0; i < NFUNCTION; i++)
		if (fn_is_word(name, table[i].name))
			return &table[i];
	return NULL;
}

const char *
function_near(struct str name)
{
	for (size_t i = 0; i < NFUNCTION; i++)
		if (word_is_near(name, str_of(table[i].name)))
			return table[i].name;
	return NULL;
}

/* --- arguments ---------------------------------------------------------------- */

bool
function_takes(const struct function *f, unsigned narg)
{
	unsigned least = 0, most = 0;

	for (const char *p = f->args; *p; p++) {
		if (*p == '*') {
			most = FUNCTION_MAX_ARGS;
		} else if (*p == '?') {
			least--;
		} else {
			least++;
			most++;
		}
	}
	return narg >= least && narg <= most;
}

char
function_arg(const struct function *f, unsigned i)
{
	char letter = 'v';

	for (const char *p = f->args; *p; p++) {
		if (*p == '?' || *p == '*')
			continue;
		letter = *p;
		if (!i--)
			break;
	}
	return letter;
}

static bool
is_of(const struct value *v, char letter)
{
	switch (letter) {
	case 's':
		return v->type == VALUE_STR;
	case 'n':
		return value_is_number(v);
	case 'i':
		return v->type == VALUE_INT;
	case 'b':
		return v->type == VALUE_BOOL;
	case 't':
		return v->type == VALUE_STR || value_is_number(v);
	default:
		return true;
	}
}

static bool
args_fit(const struct function *f, const struct function_call *c)
{
	for (unsigned i = 0; i < c->narg; i++) {
		const struct value *v = &c->arg[i];
		if (v->type == VALUE_NULL ? f->null == FUNCTION_STRICT
					  : !is_of(v, function_arg(f, i)))
			return false;
	}
	return true;
}

/* --- a call -------------------------------------------------------------------- */

struct value
function_apply(const struct function *f, const struct function_call *c)
{
	const size_t len = c->scratch->len;
	const int err = c->scratch->err;
	const int saved = errno; /* the host's; the C library's log() sets it */
	struct value v;

	if (!f->run || !args_fit(f, c))
		return VALUE_NONE;
	v = f->run(c);
	errno = saved;
	if (c->scratch->err != err) { /* what is shorter may fit again */
		c->scratch->len = len;
		c->scratch->err = err;
		return VALUE_NONE;
	}
	return v.type == VALUE_FLOAT && !isfinite(v.f) ? VALUE_NONE : v;
}
