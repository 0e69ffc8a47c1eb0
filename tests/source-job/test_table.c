/* test_table.c - a topic as a table, on librdkafka's mock cluster. Compaction,
 * and topics that are made or refused, are a matter of real brokers: see
 * tests/kafka/saved.sh. */
#include "source-job/kafka/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/kafka/cluster.h"

enum { FLUSH_MS = 60000, SEEN_MAX = 64 };

static struct table_options opt;
static char why[400];

/* What has been read, one line a record. */
struct seen {
	struct table *table;
	size_t n;
	char   line[SEEN_MAX][100];
};

static struct seen one, two;

static void
begin_cluster(void)
{
	cluster_begin();
	rd_kafka_mock_topic_create(cluster, "q", 2, 1);
	opt = (struct table_options){
		.bootstrap = rd_kafka_mock_cluster_bootstraps(cluster),
		.topic = "q",
	};
	/* The host of the cluster is no client of it: make it one. */
	ck_assert_int_gt(rd_kafka_brokers_add(host, opt.bootstrap), 0);
}

static void
see(void *arg, const struct table_record *r)
{
	struct seen *s = arg;

	ck_assert_uint_lt(s->n, SEEN_MAX);
	snprintf(s->line[s->n++], sizeof *s->line, "%.*s %s%.*s",
		 (int)r->name.len, r->name.ptr,
		 r->bad ? r->bad : r->text.ptr ? "= " : "gone",
		 r->bad ? 0 : (int)r->text.len, r->text.ptr);
}

static enum table_is
look(struct seen *s)
{
	table_take(s->table, see, s);
	return table_is(s->table);
}

#define AWAIT(condition) CLUSTER_AWAIT(condition, cluster_nap())

static void
begin(struct seen *s)
{
	s->n = 0;
	ck_assert_msg(!table_open(&opt, &s->table, why, sizeof why), "%s", why);
}

static void
end(struct seen *s)
{
	table_close(s->table);
	s->table = NULL;
}

static enum state_is
written(struct seen *s)
{
	table_take(s->table, see, s);
	return table_look(s->table, why, sizeof why);
}

static void
write_one(struct seen *s, const char *name, const char *text)
{
	enum state_is is;

	ck_assert_int_eq(table_write(s->table, str_of(name), str_of(text)), 0);
	ck_assert_int_eq(table_write(s->table, str_of(name), str_of(text)),
			 MQL_EINUSE);
	AWAIT((is = written(s)) != STATE_WRITING);
	ck_assert_msg(is == STATE_WRITTEN, "%s", why);
	ck_assert_int_eq(written(s), STATE_IDLE);
}

static bool
is_last(const struct seen *s, const char *line)
{
	return s->n && !strcmp(s->line[s->n - 1], line);
}

/* As anybody may; key or value may be NULL. */
static void
produce(const char *key, const char *value, size_t len)
{
	char *k = key ? strdup(key) : NULL;
	char *v = value ? strndup(value, len) : NULL;
	const rd_kafka_vu_t vu[] = {
		{ .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = "q" },
		{ .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 1 },
		{ .vtype = RD_KAFKA_VTYPE_KEY,
		  .u.mem = { k, k ? strlen(k) : 0 } },
		{ .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { v, len } },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS,
		  .u.i = RD_KAFKA_MSG_F_COPY },
	};

	ck_assert_ptr_null(rd_kafka_produceva(host, vu,
					      sizeof vu / sizeof *vu));
	ck_assert_int_eq(rd_kafka_flush(host, FLUSH_MS), 0);
	free(k);
	free(v);
}

START_TEST(an_empty_topic_is_read_at_once)
{
	begin_cluster();
	begin(&one);
	AWAIT(look(&one) == TABLE_READ);
	ck_assert_uint_eq(one.n, 0);
	end(&one);
	cluster_end();
}
END_TEST

START_TEST(what_is_written_is_read_by_all_and_by_who_comes_later)
{
	begin_cluster();
	begin(&one);
	begin(&two);
	AWAIT(look(&one) == TABLE_READ && look(&two) == TABLE_READ);
	write_one(&one, "a", "1");
	ck_assert(is_last(&one, "a = 1")); /* when it is said to be written */
	write_one(&two, "a", "2");
	write_one(&one, "b", "3");
	write_one(&one, "b", NULL);
	AWAIT((look(&two), two.n == 4));
	ck_assert_uint_eq(one.n, 4);
	end(&two);
	begin(&two);
	AWAIT(look(&two) == TABLE_READ);
	ck_assert_uint_eq(two.n, 4); /* of any partition first, but in order */
	const char *last[2] = { 0 };
	for (size_t i = 0; i < two.n; i++)
		last[*two.line[i] == 'b'] = two.line[i];
	ck_assert_str_eq(last[0], "a = 2");
	ck_assert_str_eq(last[1], "b gone");
	end(&one);
	end(&two);
	cluster_end();
}
END_TEST

START_TEST(what_is_no_record_of_ours_is_told_apart)
{
	static char large[TABLE_TEXT_BYTES + 2], name[TABLE_NAME_BYTES + 2];

	begin_cluster();
	memset(large, 'x', sizeof large - 1);
	memset(name, 'n', sizeof name - 1);
	produce(NULL, "1", 1);
	produce("big", large, TABLE_TEXT_BYTES + 1);
	produce(name, "2", 1);
	produce("none", "", 0);
	produce("a", "3", 1);
	begin(&one);
	AWAIT(look(&one) == TABLE_READ);
	ck_assert_uint_eq(one.n, 5);
	ck_assert_str_eq(one.line[0], " it has no key");
	ck_assert_str_eq(one.line[1], "big it is too large");
	ck_assert_str_eq(one.line[2], " its key is too long");
	ck_assert_str_eq(one.line[3], "none = ");
	ck_assert_str_eq(one.line[4], "a = 3");
	end(&one);
	cluster_end();
}
END_TEST

START_TEST(a_broker_may_be_away)
{
	enum state_is is;

	begin_cluster();
	rd_kafka_mock_broker_set_down(cluster, -1);
	begin(&one);
	ck_assert_int_eq(look(&one), TABLE_ASKED);
	rd_kafka_mock_broker_set_up(cluster, -1);
	AWAIT(look(&one) == TABLE_READ);
	rd_kafka_mock_broker_set_down(cluster, -1);
	ck_assert_int_eq(table_write(one.table, STR("a"), STR("1")), 0);
	AWAIT((is = written(&one)) != STATE_WRITING);
	ck_assert_int_eq(is, STATE_FAILED);
	ck_assert_ptr_nonnull(strstr(why, "topic 'q'"));
	rd_kafka_mock_broker_set_up(cluster, -1);
	write_one(&one, "b", "2");
	ck_assert(is_last(&one, "b = 2"));
	end(&one);
	cluster_end();
}
END_TEST

START_TEST(a_topic_that_is_forbidden_is_permanent)
{
	begin_cluster();
	rd_kafka_mock_topic_set_error(cluster, "q",
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	begin(&one);
	AWAIT(look(&one) == TABLE_FAILED);
	end(&one);
	cluster_end();
}
END_TEST

START_TEST(what_the_table_rests_on_is_not_to_be_changed)
{
	const char *given[] = { "acks=1", "enable.partition.eof=false",
				"no.such=1" };
	const char *named[] = { "acks", "enable.partition.eof", "no.such" };
	struct option_list property = { .n = 1 };

	begin_cluster();
	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		property.item = &given[i];
		opt.property = &property;
		ck_assert_int_eq(table_open(&opt, &one.table, why, sizeof why),
				 MQL_EINVAL);
		ck_assert_ptr_null(one.table);
		ck_assert_ptr_nonnull(strstr(why, named[i]));
	}
	cluster_end();
}
END_TEST

TEST_MAIN(table, an_empty_topic_is_read_at_once,
	  what_is_written_is_read_by_all_and_by_who_comes_later,
	  what_is_no_record_of_ours_is_told_apart, a_broker_may_be_away,
	  a_topic_that_is_forbidden_is_permanent,
	  what_the_table_rests_on_is_not_to_be_changed)
