#include "wire/endpoints.h"

#include <stdio.h>
#include <stdlib.h>

#include "mql/error.h"
#include "wire/endpoint.h"
#include "wire/rendezvous.h"
#include "wire/socket.h"

struct gather { /* the list while it is read */
	char   at[WIRE_ENDPOINTS_MAX][ENDPOINT_MAX];
	size_t n;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct str
trim(struct str s)
{
	while (s.len && is_blank(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && is_blank(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

/* Put one into its place of the order. */
static int
insert(struct gather *g, const char *endpoint, char *why, size_t nwhy)
{
	size_t i = 0;
	int c = 1;

	while (i < g->n && (c = strcmp(g->at[i], endpoint)) < 0)
		i++;
	if (i < g->n && !c)
		return 0;
	if (g->n == WIRE_ENDPOINTS_MAX) {
		snprintf(why, nwhy, "more than %d endpoints",
			 WIRE_ENDPOINTS_MAX);
		return MQL_EADDRESS;
	}
	memmove(g->at[i + 1], g->at[i], (g->n++ - i) * ENDPOINT_MAX);
	snprintf(g->at[i], ENDPOINT_MAX, "%s", endpoint);
	return 0;
}

static int
add(struct gather *g, struct str one, char *why, size_t nwhy)
{
	char text[ENDPOINT_MAX], to[ENDPOINT_MAX];
	struct endpoint ep;
	bool ipv6;
	int err;

	if (one.len >= sizeof text || memchr(one.ptr, 0, one.len)) {
		snprintf(why, nwhy, "an endpoint is too long");
		return MQL_EADDRESS;
	}
	snprintf(text, sizeof text, "%.*s", (int)one.len, one.ptr);
	if ((err = wire_dealer_check(text, why, nwhy)) ||
	    (err = endpoint_parse(text, &ep, why, nwhy)))
		return err;
	endpoint_to_connect(text, &ep, to, &ipv6);
	return insert(g, to, why, nwhy);
}

/* The list and its texts in one block. */
static int
make(const struct gather *g, struct wire_endpoints **out)
{
	const size_t head = sizeof(struct wire_endpoints) +
			    g->n * sizeof(char *);
	struct wire_endpoints *list;
	size_t size = head;
	char *text;

	for (size_t i = 0; i < g->n; i++)
		size += strlen(g->at[i]) + 1;
	if (!(list = malloc(size)))
		return MQL_ENOMEM;
	*list = (struct wire_endpoints){ .n = g->n };
	text = (char *)list + head;
	for (size_t i = 0; i < g->n; i++) {
		list->at[i] = text;
		text = stpcpy(text, g->at[i]) + 1;
	}
	*out = list;
	return 0;
}

/* The next item of the text, which is advanced; false at its end. */
static bool
next(struct str *text, bool lines, struct str *item)
{
	const char *end;

	if (!text->len)
		return false;
	end = memchr(text->ptr, lines ? '\n' : ',', text->len);
	*item = *text;
	if (end)
		item->len = (size_t)(end - text->ptr);
	text->ptr += item->len + (end != NULL);
	text->len -= item->len + (end != NULL);
	if (lines && item->len &&
	    (end = memchr(item->ptr, '#', item->len)))
		item->len = (size_t)(end - item->ptr);
	*item = trim(*item);
	return true;
}

int
wire_endpoints_of(struct str text, bool lines, struct wire_endpoints **out,
		  char *why, size_t nwhy)
{
	struct gather *g = calloc(1, sizeof *g);
	struct str item;
	int err = g ? 0 : MQL_ENOMEM;

	*out = NULL;
	if (err)
		snprintf(why, nwhy, "%s", mql_strerror(err));
	while (!err && next(&text, lines, &item))
		if (item.len)
			err = add(g, item, why, nwhy);
	if (!err && !g->n) {
		snprintf(why, nwhy, "it names no endpoint");
		err = MQL_EADDRESS;
	}
	if (!err)
		err = make(g, out);
	free(g);
	return err;
}

bool
wire_endpoints_equal(const struct wire_endpoints *a,
		     const struct wire_endpoints *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->at[i], b->at[i]))
			return false;
	return true;
}

int
wire_endpoints_find(const struct wire_endpoints *list, const char *endpoint)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->at[i], endpoint))
			return (int)i;
	return -1;
}

void
wire_endpoints_rank(const struct wire_endpoints *list, struct str who,
		    uint8_t *order)
{
	const uint64_t of = rendezvous_of(who);
	uint64_t weight[WIRE_ENDPOINTS_MAX];

	for (size_t i = 0; i < list->n; i++) {
		const uint64_t w = rendezvous_weight(str_of(list->at[i]), of);
		size_t k = i;

		for (; k > 0 && weight[k - 1] < w; k--) {
			weight[k] = weight[k - 1];
			order[k] = order[k - 1];
		}
		weight[k] = w;
		order[k] = (uint8_t)i;
	}
}
