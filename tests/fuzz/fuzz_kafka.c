/* fuzz_kafka.c - any bytes as a row that a source-job sends to the Kafka sink:
 * what is cut off and what is made a key stays within them, and of a row that
 * is JSON the value is, too. */
#include <stdint.h>
#include <stdlib.h>

#include "event/json.h"
#include "sink/kafka/cut.h"
#include "sink/kafka/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { NKEYS = 3 };

static struct key *key[NKEYS];

static void
begin(void)
{
	struct mql_query *q;
	struct mql_diag d;

	if (key_new("id", &key[0], &d) || key_new("upper(a.b)", &key[1], &d) ||
	    mql_query_compile("select a, b as 'it''s', count(*) group by a, b",
			      &q, &d) ||
	    key_of_groups(q, "name", &key[2]))
		abort();
	mql_query_free(q);
}

static volatile char seen;

static void
look_at(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		seen = s.ptr[i];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct cut cut;
	char *copy = malloc(n + !n); /* its end is an end for the sanitizer */
	struct str row = { copy, n }, value, text;
	struct origin o;

	if (!copy)
		return 0;
	if (!key[0])
		begin();
	memcpy(copy, data, n);
	if (cut_row(&cut, row, &o, &value))
		abort();
	if (!json_check(row, NULL) && json_check(value, NULL))
		abort();
	look_at(o.agent);
	look_at(o.host);
	for (int i = 0; i < NKEYS; i++)
		if (!key_make(key[i], value, &text))
			look_at(text);
	free(copy);
	return 0;
}
