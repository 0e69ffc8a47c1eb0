/* config.c - the options table, and what makes sense together. */
#include "sink/kafka/config.h"

#include <string.h>

#include "common/daemon.h"
#include "mql/error.h"
#include "wire/discovery.h"

enum {
	MAX_QUERIES = 200,
	MAX_PARTITIONS = 100000,
	MIN_BUFFER = 1 << 20,
};

static const struct option_usage usage = {
	.prog = "mql-sink-kafka",
	.synopsis = "--bootstrap HOST:PORT --topic T --query Q [options]",
	.about = "Asks a fleet, and produces the rows to topics of Kafka.",
	.tail = "-t, -n and -k are of the query in the same place, those of "
		"--saved behind those\nof --query; one alone is of all.\n"
		"A file NAME.mql of --query-dir holds a query; lines like "
		"`-- topic: orders`,\n`-- key: customer_id`, "
		"`-- group: sinks` and `-- rate: 100` in it are about its\n"
		"rows, and `-- saved: NAME` says that its text is kept by the "
		"source-job.\n"
		"When it runs, one JSON line with its address goes to standard "
		"output. SIGTERM\nends the queries, waits for what is on the "
		"way, and says what was left.",
};

/* One for each query, or one for all. */
static int
check_list(const struct config *c, const struct option_list *list,
	   const char *option)
{
	if (list->n <= 1 || list->n == c->query.n + c->saved.n)
		return 0;
	return daemon_refuse(option, "is given once, or once for each --query "
				     "and --saved");
}

static int
check_queries(const struct config *c)
{
	int err;

	if (!c->bootstrap)
		return daemon_refuse("bootstrap",
				     "is needed: a broker's HOST:PORT");
	if (!c->query.n && !c->saved.n && !c->query_dir)
		return daemon_refuse("query", "or --saved or --query-dir is "
					      "needed");
	if (c->query.n + c->saved.n > MAX_QUERIES)
		return daemon_refuse("query", "and --saved are given at most "
					      "200 times");
	if (c->member && !c->group && !c->query_dir)
		return daemon_refuse("member", "is a name in a --group");
	if (c->query.n && !c->topic.n)
		return daemon_refuse("topic", "is needed: where the rows go");
	if ((err = check_list(c, &c->topic, "topic")) ||
	    (err = check_list(c, &c->key, "key")))
		return err;
	if (c->rate.n > 1 && c->rate.n != c->query.n)
		return daemon_refuse("rate", "is given once, or once for each "
					     "--query");
	if (c->name.n && c->name.n != c->query.n)
		return daemon_refuse("name", "is given once for each --query");
	return 0;
}

static int
check_topics(const struct config *c)
{
	for (size_t i = 0; i < c->topic_config.n; i++)
		if (!strchr(c->topic_config.item[i], '='))
			return daemon_refuse("topic-config",
					     "takes property=value");
	if (c->partitions > MAX_PARTITIONS)
		return daemon_refuse("partitions", "is at most 100000");
	if (c->replication > MAX_PARTITIONS)
		return daemon_refuse("replication", "is at most 100000");
	if (c->buffer < MIN_BUFFER)
		return daemon_refuse("buffer", "is at least 1M");
	return 0;
}

int
config_parse(struct config *c, int argc, char **argv, bool *done)
{
	const struct option table[] = {
		{ "bootstrap", 'b', OPTION_STRING, "HOST:PORT,...", NULL,
		  "brokers to begin with", &c->bootstrap },
		{ "query", 'q', OPTION_STRINGS, "QUERY", NULL,
		  "what to ask; may be given several times", &c->query },
		{ "saved", 0, OPTION_STRINGS, "NAME", NULL,
		  "likewise: what the source-job keeps under this name; it is "
		  "followed when it is saved anew", &c->saved },
		{ "group", 0, OPTION_STRING, "NAME", NULL,
		  "share the rows of each query with other sinks of this "
		  "group, by key if there is one", &c->group },
		{ "member", 0, OPTION_STRING, "NAME", NULL,
		  "who we are in it; one that comes back has the same share",
		  &c->member },
		{ "topic", 't', OPTION_STRINGS, "TOPIC", NULL,
		  "where its rows go; of what is saved: by default its name",
		  &c->topic },
		{ "key", 'k', OPTION_STRINGS, "EXPRESSION", NULL,
		  "the key of a row, of its columns; of groups, what they are "
		  "by", &c->key },
		{ "rate", 0, OPTION_STRINGS, "N", NULL,
		  "at most N rows a second of the whole fleet; likewise, but "
		  "not of what is saved; 0: any", &c->rate },
		{ "name", 'n', OPTION_STRINGS, "NAME", NULL,
		  "what the query is called in headers and metrics", &c->name },
		{ "query-dir", 'd', OPTION_STRING, "DIR", NULL,
		  "files of queries, which may come, change and go",
		  &c->query_dir },
		{ "create", 0, OPTION_FLAG, NULL, NULL,
		  "make topics that are not there", &c->create },
		{ "partitions", 0, OPTION_UINT, "N", "0",
		  "of those; 0: as the broker likes", &c->partitions },
		{ "replication", 0, OPTION_UINT, "N", "0",
		  "likewise", &c->replication },
		{ "topic-config", 0, OPTION_STRINGS, "PROPERTY=VALUE", NULL,
		  "likewise, like cleanup.policy=compact", &c->topic_config },
		{ "property", 'X', OPTION_STRINGS, "PROPERTY=VALUE", NULL,
		  "of librdkafka, like compression.codec=lz4", &c->property },
		{ "headers", 0, OPTION_FLAG, NULL, "yes",
		  "query, agent, host and time of each row; --no-headers: "
		  "none", &c->headers },
		{ "buffer", 0, OPTION_BYTES, "BYTES", "64M",
		  "of records that wait for the broker; then no more are "
		  "asked for", &c->buffer },
		{ "state", 0, OPTION_STRING, "FILE", NULL,
		  "keeps count, so that the next start can say what a crash "
		  "has lost", &c->state },
		PEER_OPTIONS(&c->peer),
		{ "http", 0, OPTION_STRING, "HOST:PORT", "127.0.0.1:7490",
		  "health and metrics; off: none", &c->http },
		{ "drain", 0, OPTION_DURATION, "DURATION", "10s",
		  "how long the end may take after SIGTERM", &c->drain },
		DAEMON_OPTIONS(&c->daemon),
		DAEMON_HTTP_OPTIONS(&c->door),
		{ "insecure", 0, OPTION_FLAG, NULL, NULL,
		  "listen on addresses that other machines reach, all the same",
		  &c->insecure },
		{ 0 },
	};
	char why[240];
	int err;

	*c = (struct config){ 0 };
	err = daemon_options(&usage, table, argc, argv, done);
	if (err || *done)
		return err;
	if (wire_discovery_check(c->peer.source_job, why, sizeof why))
		return daemon_refuse("source-job", why);
	if ((err = check_queries(c)) || (err = check_topics(c)))
		return err;
	return daemon_check_door("http", c->http, &c->door, c->insecure);
}

void
config_fini(struct config *c)
{
	struct option_list *const list[] = {
		&c->query, &c->saved, &c->name, &c->topic, &c->key,
		&c->rate, &c->property, &c->topic_config,
	};

	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		option_list_fini(list[i]);
	option_file_fini(&c->daemon.file);
}

const char *
config_nth(const struct option_list *list, size_t i)
{
	if (list->n == 1)
		return list->item[0];
	return i < list->n ? list->item[i] : NULL;
}
