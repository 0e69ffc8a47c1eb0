/* sample.c - see sample.h. */
#include "tests/wire/sample.h"

#include "wire/message.h"
#include "wire/partials.h"
#include "wire/rows.h"

/* 1, 2, 3 ... by the order of the lists. */
static struct books_agent
counted_agent(void)
{
	struct books_agent b;
	uint64_t n = 0;

#define X(name, text) b.name = ++n;
	BOOKS_AGENT(X)
#undef X
	return b;
}

static struct books
counted(void)
{
	struct books b = { .agent = counted_agent(), .targeted = 5, .live = 4,
			   .refused = 3, .lost_agents = 2, .left = 1 };
	uint64_t n = 0;

#define X(name, text) b.source.name = ++n;
	BOOKS_SOURCE(X)
#undef X
	return b;
}

static void
hello(struct buf *b)
{
	struct wire_label label[] = { { STR("team"), STR("play") } };
	struct str stream[] = { STR("requests"), STR("errors") };
	struct str can[] = { STR("sketches") };
	struct wire_suspect suspect[] = {
		{ STR("00c0ffee00c0ffee"), 2, STR("it was there") },
	};
	struct wire_hello m = {
		.agent = STR("playback-1f3a"), .app = STR("playback"),
		.host = STR("web-17"), .zone = STR("us-east-1"),
		.version = STR("2.4.1"), .language = STR("1"), .pid = 4711,
		.session = 2, .stream = stream, .nstream = 2, .label = label,
		.nlabel = 1, .capability = can, .ncapability = 1,
		.suspect = suspect, .nsuspect = 1,
	};
	wire_hello_encode(&m, b);
}

static void
welcome(struct buf *b)
{
	struct str can[] = { WIRE_WEIGHTS };
	struct wire_welcome m = { .source_job = STR("sj-9"),
				  .capability = can, .ncapability = 1,
				  .heartbeat_ms = 1000, .silence_ms = 3000,
				  .lease_ms = 5000, .credit = 4194304 };
	wire_welcome_encode(&m, b);
}

static void
queries(struct buf *b)
{
	struct wire_query add[] = {
		{ .id = 7, .text = STR("select * where country == \"BR\""),
		  .rate = 2500 },
		{ .id = 8, .text = STR("select country, @ts"),
		  .fold = STR("select count(*) group by country"),
		  .force = true },
	};
	uint32_t out[] = { 5, 6 };
	struct wire_queries m = { .version = 12, .base = 11, .add = add,
				  .nadd = 2, .remove = out, .nremove = 2 };
	wire_queries_encode(&m, b);
}

static void
ack(struct buf *b)
{
	struct wire_ack_entry entry[] = {
		{ .id = 7, .state = WIRE_LIVE, .since = 1700000000000,
		  .books = counted_agent() },
		{ .id = 8, .state = WIRE_REFUSED, .why = STR("no room") },
		{ .id = 6, .state = WIRE_ENDED },
	};
	struct wire_ack m = { .version = 12, .resync = true, .entry = entry,
			      .nentry = 3 };
	wire_ack_encode(&m, b);
}

static void
rows(struct buf *b)
{
	uint32_t id[] = { 7, 9 };
	uint64_t seq[] = { 41, 1 };
	struct rows_writer w;

	rows_writer_init(&w);
	w.timed = true;
	w.sent = 1700000000000000;
	rows_writer_add(&w, id, seq, 2, STR("{\"a\":1}"));
	seq[0]++;
	rows_writer_add(&w, id, seq, 1, STR("{\"a\":2}"));
	rows_writer_take(&w, b);
	rows_writer_fini(&w);
}

static void
partials(struct buf *b)
{
	struct wire_partial item[] = {
		{ .id = 7, .first = 43, .events = 300, .upto = 1700000010000,
		  .bytes = STR("groups") },
		{ .id = 9, .first = 2, .upto = 1700000010000 },
	};
	struct wire_partials m = { .item = item, .n = 2 };

	wire_partials_encode(&m, b);
}

static void
heartbeat(struct buf *b)
{
	struct wire_counts query[] = {
		{ .id = 7, .books = counted_agent(), .every = 8,
		  .why = STR("over 1% of a core"),
		  .cost = { 250000, 120, 24000 } },
	};
	struct str stream[] = { STR("late") };
	struct wire_heartbeat m = { .at = 1700000000000, .version = 12,
				    .query = query, .nquery = 1,
				    .stream = stream, .nstream = 1,
				    .health = { 1000, 65536, true, 5, 70000,
						1700000000000000 } };

	query[0].books.seen = 5000000000;
	wire_heartbeat_encode(&m, b);
}

static void
credit(struct buf *b)
{
	wire_credit_encode(&(struct wire_credit){ .id = 3, .bytes = 1 << 20,
						  .at = 5, .rows = 300,
						  .rate = 2500 }, b);
}

static void
goodbye(struct buf *b)
{
	wire_goodbye_encode(&(struct wire_goodbye){ .why = STR("closing") },
			    b);
}

static void
error(struct buf *b)
{
	struct wire_error m = { .id = 3, .code = -2,
				.text = STR("expected a value"), .line = 1,
				.col = 14, .beg = 13, .end = 15 };
	wire_error_encode(&m, b);
}

static void
subscribe(struct buf *b)
{
	struct wire_subscribe m = { .id = 3,
				    .query = STR("select * where a==1"),
				    .limit = 10, .credit = 65536,
				    .client = STR("mql 0.1.0"),
				    .resumed = true, .force = true,
				    .group = STR("sinks"),
				    .key = STR("user"),
				    .member = STR("sink-1"),
				    .parts = true,
				    .replay = true, .since = 1700000000000,
				    .until_end = true, .rate = 400 };
	wire_subscribe_encode(&m, b);
}

static void
accepted(struct buf *b)
{
	struct wire_accepted m = { .id = 3, .query_id = 7,
				   .source_job = STR("sj-9"),
				   .canonical = STR("select * where a == 1"),
				   .lease_ms = 5000, .targeted = 3, .live = 2,
				   .refused = 1, .group = STR("sinks"),
				   .replay = true };
	wire_accepted_encode(&m, b);
}

static void
data(struct buf *b)
{
	size_t begun = data_begin(b, 3, 100);

	data_put_row(b, STR("{\"a\":1}"));
	data_put_row(b, STR("{}"));
	data_end(b, begun, 2);
}

static struct wire_meta
a_meta(struct wire_refusal *refusal, struct wire_limit *limit)
{
	struct wire_meta m = { .id = 3, .books = counted(),
			       .before = { .seen = 9, .sent = 8 },
			       .refusal = refusal, .nrefusal = 1,
			       .window = { .start = -10000, .end = 0,
					   .agents = 3, .live = 4,
					   .events = 12, .late = 1 },
			       .limit = limit, .nlimit = 1,
			       .replay = { .read = 1, .of = 2, .messages = 3,
					   .tombstones = 4, .large = 5,
					   .partitions = 6, .all = 7,
					   .mine = 8, .whole = 9,
					   .live = true } };

	*refusal = (struct wire_refusal){ STR("no room"), 2 };
	*limit = (struct wire_limit){ STR("over 1% of a core"), 2, 8 };
	m.books.agent.queued = UINT64_MAX; /* one less than at the start */
	return m;
}

static void
meta(struct buf *b)
{
	struct wire_refusal refusal;
	struct wire_limit limit;
	struct wire_meta m = a_meta(&refusal, &limit);

	wire_meta_encode(&m, b);
}

static void
end(struct buf *b)
{
	struct wire_refusal refusal;
	struct wire_limit limit;
	struct wire_end m = { .meta = a_meta(&refusal, &limit),
			      .why = STR("killed by an operator"),
			      .failed = true };

	wire_end_encode(&m, b);
}

static void
unsubscribe(struct buf *b)
{
	wire_unsubscribe_encode(&(struct wire_unsubscribe){ .id = 3 }, b);
}

static void
ping(struct buf *b)
{
	wire_ping_encode(&(struct wire_ping){ .n = 9007199254740993 }, b);
}

static void
pong(struct buf *b)
{
	wire_pong_encode(&(struct wire_ping){ .n = 9007199254740993 }, b);
}

static void
request(struct buf *b)
{
	struct wire_request m = { .id = 1, .what = STR("save"),
				  .arg = STR("errors"), .who = STR("ann@desk"),
				  .query = STR("select *") };

	wire_request_encode(&m, b);
}

static void
reply(struct buf *b)
{
	struct wire_reply m = { .id = 1, .ok = true,
				.text = STR("{\"killed\":7}") };
	wire_reply_encode(&m, b);
}

void
sample_encode(enum wire_kind kind, struct buf *b)
{
	switch (kind) {
	case WIRE_HELLO:       hello(b);       break;
	case WIRE_WELCOME:     welcome(b);     break;
	case WIRE_QUERIES:     queries(b);     break;
	case WIRE_ACK:         ack(b);         break;
	case WIRE_ROWS:        rows(b);        break;
	case WIRE_HEARTBEAT:   heartbeat(b);   break;
	case WIRE_CREDIT:      credit(b);      break;
	case WIRE_GOODBYE:     goodbye(b);     break;
	case WIRE_ERROR:       error(b);       break;
	case WIRE_PARTIALS:    partials(b);    break;
	case WIRE_SUBSCRIBE:   subscribe(b);   break;
	case WIRE_ACCEPTED:    accepted(b);    break;
	case WIRE_DATA:        data(b);        break;
	case WIRE_META:        meta(b);        break;
	case WIRE_END:         end(b);         break;
	case WIRE_UNSUBSCRIBE: unsubscribe(b); break;
	case WIRE_PING:        ping(b);        break;
	case WIRE_PONG:        pong(b);        break;
	case WIRE_REQUEST:     request(b);     break;
	case WIRE_REPLY:       reply(b);       break;
	case WIRE_NONE:                        break;
	}
}
