/* json_check.c - the masks say yes, or the scanner says where it is wrong.
 *
 * That there are two ways to tell is for speed alone: what json_check.h takes
 * for valid the scanner takes too, which the tests and the fuzzer hold it to.
 * A text that is not pays for both. */
#include "event/json_check.h"

#include "event/json_scan.h"
#include "event/json_seek.h"
#include "mql/error.h"

static bool
may_follow_scalar(const struct scan *s)
{
	const unsigned char c = scan_peek(s);

	return s->p == s->end || c == ',' || c == '}' || c == ']' ||
	       c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

bool
check_scalar(const char *p, const char *end)
{
	struct scan s = { .p = p, .end = end };

	return scan_peek(&s) != '"' && scan_scalar(&s) &&
	       may_follow_scalar(&s);
}

bool
check_escape(const char *p, const char *end)
{
	struct scan s = { .p = p - 1, .end = end };

	return scan_escape(&s);
}

check_fn *
check_best(void)
{
#ifdef __x86_64__
	if (seek_has_avx512())
		return check_avx512;
	if (seek_has_avx2())
		return check_avx2;
#endif
	return NULL;
}

static bool
is_container(struct str t)
{
	return t.len > 1 && (*t.ptr == '{' || *t.ptr == '[');
}

static struct str
without_space(struct str text)
{
	struct scan s = scan_of(text);

	scan_space(&s);
	while (s.end > s.p && (s.end[-1] == ' ' || s.end[-1] == '\n' ||
			       s.end[-1] == '\r' || s.end[-1] == '\t'))
		s.end--;
	return (struct str){ s.p, (size_t)(s.end - s.p) };
}

int
json_check(struct str text, size_t *at)
{
	struct scan s = scan_of(text);
	const struct str inner = without_space(text);
	check_fn *fast = check_best();

	if (fast && is_container(inner) && fast(inner))
		return 0;
	scan_space(&s);
	if (scan_skip(&s)) {
		scan_space(&s);
		if (s.p == s.end)
			return 0;
	}
	if (at)
		*at = (size_t)(s.p - text.ptr);
	return MQL_EBADEVENT;
}
