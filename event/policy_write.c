/* policy_write.c - values and texts as queries see them.
 *
 * One forward scan copies a text and leaves out, masks or hashes what rules
 * name. What no rule can reach is copied whole. The three forms of an event
 * need no writer each: what is not JSON text yet becomes it first. */
#include "event/policy.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "event/json_scan.h"
#include "event/policy_rules.h"
#include "mql/error.h"

enum {
	HASH_DIGITS = 32,
	KEY_ROOM = 4096, /* a longer key with escapes, and what it names, is
			    left out */
};

static const struct str mask = { "***", 3 };

/* --- one value ----------------------------------------------------------------- */

static struct value
text_value(struct str s)
{
	return (struct value){ .type = VALUE_STR, .ptr = s.ptr,
			       .len = (uint32_t)s.len };
}

static struct value
hash_of(const struct policy *p, struct str text, struct buf *room)
{
	static const char hex[] = "0123456789abcdef";
	XXH128_canonical_t sum;
	char *to = (char *)buf_room(room, HASH_DIGITS);

	if (!to)
		return VALUE_NONE;
	XXH128_canonicalFromHash(&sum, XXH3_128bits_withSecret(text.ptr,
				 text.len, p->secret, sizeof p->secret));
	for (unsigned i = 0; i < sizeof sum.digest; i++) {
		to[2 * i] = hex[sum.digest[i] >> 4];
		to[2 * i + 1] = hex[sum.digest[i] & 15];
	}
	room->len += HASH_DIGITS;
	return text_value((struct str){ to, HASH_DIGITS });
}

/* Equal values have one text: a number is written anew, but for one that only
 * its digits tell exactly. */
static struct value
hash_value(const struct policy *p, struct value v, struct buf *room)
{
	char digits[64];
	struct buf b = BUF_FIXED(digits, sizeof digits);
	bool exact = v.type == VALUE_FLOAT && v.raw &&
		     !memchr(v.raw, '.', v.nraw) &&
		     !memchr(v.raw, 'e', v.nraw) &&
		     !memchr(v.raw, 'E', v.nraw);

	if (v.type >= VALUE_STR)
		return hash_of(p, value_str(&v), room);
	if (exact)
		return hash_of(p, (struct str){ v.raw, v.nraw }, room);
	v.raw = NULL;
	value_write_text(&v, &b);
	return hash_of(p, (struct str){ digits, b.len }, room);
}

/* A container without what it must not show. */
static struct value
pruned(const struct policy *p, const struct policy_at *at, struct value v,
       struct buf *room)
{
	size_t begun = room->len;

	policy_write(p, at, value_str(&v), room);
	if (room->err)
		return VALUE_NONE;
	v.ptr = v.raw = (const char *)room->data + begun;
	v.len = v.nraw = (uint32_t)(room->len - begun);
	return v;
}

struct value
policy_value(const struct policy *p, enum policy_verdict verdict,
	     const struct policy_at *at, struct value v, struct buf *room)
{
	size_t begun = room->len;
	struct value seen = VALUE_NONE;

	if (v.type == VALUE_NULL)
		return seen;
	switch (verdict) {
	case POLICY_OPEN:
		return v;
	case POLICY_INSIDE:
		if (v.type != VALUE_ARRAY && v.type != VALUE_OBJECT)
			return v;
		seen = pruned(p, at, v, room);
		break;
	case POLICY_HASH:
		seen = hash_value(p, v, room);
		break;
	case POLICY_MASK:
		return text_value(mask);
	case POLICY_GONE:
	case POLICY_DENY:
		break;
	}
	if (room->err) { /* no room: nothing is seen */
		room->len = begun;
		room->err = 0;
		return VALUE_NONE;
	}
	return seen;
}

/* --- a text ---------------------------------------------------------------------- */

struct rewrite {
	const struct policy *p;
	struct scan          s;
	struct buf          *out;
	char                 key[KEY_ROOM];
};

static bool rewrite_value(struct rewrite *w, const struct policy_at *at,
			  enum policy_verdict verdict);

/* Over one value; *raw is its text. */
static bool
skip(struct rewrite *w, struct str *raw)
{
	const char *begun = w->s.p;
	bool ok = scan_skip(&w->s);

	*raw = (struct str){ begun, (size_t)(w->s.p - begun) };
	return ok;
}

/* The verdict on the member of this name, and its place in *at. */
static enum policy_verdict
judge(struct rewrite *w, struct str name, struct policy_at *at)
{
	struct buf b = BUF_FIXED(w->key, sizeof w->key);
	struct str key = json_unquote(name, &b);

	return key.ptr ? policy_key(w->p, at, key) : POLICY_DENY;
}

static bool
rewrite_member(struct rewrite *w, const struct policy_at *at, bool *comma)
{
	struct policy_at in = *at;
	enum policy_verdict verdict;
	struct str name, raw;

	if (!scan_name(&w->s, &name))
		return false;
	verdict = judge(w, name, &in);
	if (verdict >= POLICY_GONE)
		return skip(w, &raw);
	if (*comma)
		buf_put_u8(w->out, ',');
	*comma = true;
	buf_put(w->out, name.ptr, name.len);
	buf_put_u8(w->out, ':');
	return rewrite_value(w, &in, verdict);
}

static bool
rewrite_container(struct rewrite *w, const struct policy_at *at)
{
	const bool object = scan_peek(&w->s) == '{';
	bool comma = false;

	buf_put_u8(w->out, object ? '{' : '[');
	if (!scan_open(&w->s))
		return false;
	if (scan_close(&w->s))
		goto end;
	do {
		if (object) {
			if (!rewrite_member(w, at, &comma))
				return false;
			continue;
		}
		if (comma)
			buf_put_u8(w->out, ',');
		comma = true;
		if (!rewrite_value(w, at, POLICY_INSIDE))
			return false;
	} while (scan_comma(&w->s));
	if (!scan_close(&w->s))
		return false;
end:
	buf_put_u8(w->out, object ? '}' : ']');
	return true;
}

/* What stands where a masked or hashed value stood. The end of out is room to
 * undo its escapes. */
static void
replace(struct rewrite *w, enum policy_verdict verdict, struct str raw)
{
	char digits[HASH_DIGITS];
	struct buf hash = BUF_FIXED(digits, sizeof digits);
	struct buf undone = BUF_FIXED(buf_room(w->out, raw.len), raw.len);
	struct value v;

	if (!undone.data)
		return; /* out->err says it */
	v = json_value(raw, &undone);
	v = policy_value(w->p, verdict, NULL, v, &hash);
	value_write_json(&v, w->out);
}

/* Calls itself as deep as containers go: JSON_MAX_DEPTH, which the scanner
 * holds. */
static bool
rewrite_value(struct rewrite *w, const struct policy_at *at,
	      enum policy_verdict verdict)
{
	unsigned char c = scan_peek(&w->s);
	struct str raw;

	if (verdict == POLICY_INSIDE && (c == '{' || c == '['))
		return rewrite_container(w, at);
	if (!skip(w, &raw))
		return false;
	if (verdict <= POLICY_INSIDE)
		json_write_line(raw, w->out);
	else
		replace(w, verdict, raw);
	return true;
}

void
policy_write(const struct policy *p, const struct policy_at *at,
	     struct str text, struct buf *out)
{
	struct rewrite w; /* the room for keys is not to be cleared each time */

	w.p = p;
	w.s = scan_of(text);
	w.out = out;
	scan_space(&w.s);
	if (!rewrite_value(&w, at, POLICY_INSIDE))
		out->err = out->err ? out->err : MQL_EBADEVENT;
}
