/* config.c - the options table, and the limits that make sense. */
#include <inttypes.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "common/daemon.h"
#include "common/listen.h"
#include "common/log.h"
#include "mql/error.h"
#include "source-job/config.h"
#include "wire/frame.h"
#include "wire/socket.h"

enum {
	MAX_WORKERS = 32,
	AUTO_WORKERS = 8,
	MIN_QUEUE  = 64 << 10,
	MIN_STAGE  = 64 << 10,
	MIN_CREDIT = 256 << 10, /* some full frames of an agent */
	MIN_AGENTS = 1 << 20,
	MIN_HEARTBEAT = 10,     /* ms */
	AUTO_AGENTS = 20000,
	OTHER_FDS = 256,        /* not of agents, nor of subscribers */
};

static const struct option_usage usage = {
	.prog = "mql-source-job",
	.synopsis = "[options]",
	.about = "Stands between agents and subscribers: hands queries to the "
		 "agents,\nmerges their rows, and keeps the books.",
	.tail = "When it serves, one JSON line with the real endpoints goes to "
		"standard output.\nSIGTERM drains and ends it.",
};

/* Who has keys speaks nothing else on either socket. */
static int
check_doors(const struct config *c)
{
	const struct {
		const char *option, *address;
	} door[] = {
		{ "agents", c->agents },
		{ "subscribers", c->subscribers },
	};
	char why[240];

	if (!c->key != !c->allowed_keys)
		return daemon_refuse("key-file",
				     "and --allowed-keys go together");
	for (size_t i = 0; i < sizeof door / sizeof *door; i++) {
		if (c->insecure || c->key ||
		    listen_is_loopback(door[i].address))
			continue;
		if (wire_endpoint_check(door[i].address, why, sizeof why))
			return daemon_refuse(door[i].option, why);
		log_error("--%s %s can be reached from other machines: give "
			  "--key-file and --allowed-keys, or say --insecure",
			  door[i].option, door[i].address);
		return MQL_EINVAL;
	}
	return 0;
}

/* That this process may use. */
static uint64_t
processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) ? 1 : CPU_COUNT(&set);

	return n < AUTO_WORKERS ? (uint64_t)n : AUTO_WORKERS;
}

static int
check_numbers(const struct config *c)
{
	if (c->workers < 1 || c->workers > MAX_WORKERS)
		return daemon_refuse("workers",
				     "is a number from 1 to 32, or 0");
	if (c->queue < MIN_QUEUE)
		return daemon_refuse("queue", "is at least 64K");
	if (c->stage_memory < MIN_STAGE)
		return daemon_refuse("stage-memory", "is at least 64K");
	if (c->agent_credit < MIN_CREDIT)
		return daemon_refuse("agent-credit", "is at least 256K");
	if (c->agents_memory < MIN_AGENTS)
		return daemon_refuse("agents-memory", "is at least 1M");
	if (c->max_queries < 1 || c->max_queries > WIRE_MAX_LIST)
		return daemon_refuse("max-queries",
				     "is a number from 1 to 4096");
	if (c->max_subscribers < 1)
		return daemon_refuse("max-subscribers", "is at least 1");
	if (c->max_per_peer < 1)
		return daemon_refuse("max-per-peer", "is at least 1");
	if (c->heartbeat < MIN_HEARTBEAT)
		return daemon_refuse("heartbeat", "is at least 10ms");
	if (c->lease < c->heartbeat)
		return daemon_refuse("lease", "is no shorter than --heartbeat");
	return 0;
}

static bool
is_empty(const char *text)
{
	return !text || !*text;
}

/* Two things need a broker: topics whose messages are events, and a topic that
 * keeps the saved queries. */
static int
check_kafka(const struct config *c)
{
	const bool source = c->kafka_topics || c->kafka_group;

	if (c->queries_topic && c->state)
		return daemon_refuse("queries-topic", "and --state are two "
				     "places for saved queries: give one");
	if (!c->kafka_bootstrap && !source && !c->queries_topic &&
	    !c->kafka_property.n)
		return 0;
	if (is_empty(c->kafka_bootstrap))
		return daemon_refuse("kafka-bootstrap",
				     "is needed: a broker's HOST:PORT");
	if (c->queries_topic && !*c->queries_topic)
		return daemon_refuse("queries-topic", "is a topic");
	if (c->queries_topic && !source)
		return 0;
	if (is_empty(c->kafka_topics))
		return daemon_refuse("kafka-topics",
				     "is needed: whose messages are events");
	if (is_empty(c->kafka_group))
		return daemon_refuse("kafka-group",
				     "is needed: whose members share the "
				     "partitions");
	return 0;
}

void
config_fini(struct config *c)
{
	option_list_fini(&c->kafka_property);
	option_file_fini(&c->daemon.file);
}

/* Of a source-job that reads Kafka, or keeps its saved queries there. */
#define KAFKA_OPTIONS(c)						\
	{ "kafka-bootstrap", 0, OPTION_STRING, "HOST:PORT,...", NULL,	\
	  "brokers of the topics below",				\
	  &(c)->kafka_bootstrap },					\
	{ "kafka-topics", 0, OPTION_STRING, "TOPIC,...", NULL,		\
	  "topics whose messages are events", &(c)->kafka_topics },	\
	{ "kafka-group", 0, OPTION_STRING, "GROUP", NULL,		\
	  "the consumer group whose members share the partitions",	\
	  &(c)->kafka_group },						\
	{ "kafka-replays", 0, OPTION_UINT, "N", "4",			\
	  "of history that may run at once; more are refused",		\
	  &(c)->kafka_replays },					\
	{ "queries-topic", 0, OPTION_STRING, "TOPIC", NULL,		\
	  "a compacted topic that keeps the saved queries of all "	\
	  "source-jobs; made if it is not there",			\
	  &(c)->queries_topic },					\
	{ "property", 'X', OPTION_STRINGS, "PROPERTY=VALUE", NULL,	\
	  "of librdkafka, like security.protocol=ssl",			\
	  &(c)->kafka_property }

void
config_fit(struct config *c)
{
	const bool asked = c->max_agents;
	const uint64_t others = c->max_subscribers + OTHER_FDS;
	const rlim_t want = (asked ? c->max_agents : AUTO_AGENTS) + others;
	struct rlimit has = { .rlim_cur = want };

	if (!getrlimit(RLIMIT_NOFILE, &has) && has.rlim_cur < want) {
		has.rlim_cur = has.rlim_max < want ? has.rlim_max : want;
		setrlimit(RLIMIT_NOFILE, &has);
	}
	const bool enough = has.rlim_cur >= want;
	c->max_links = has.rlim_cur > 2 * OTHER_FDS ?
		       has.rlim_cur - OTHER_FDS : has.rlim_cur / 2;
	if (!asked)
		c->max_agents = enough ? AUTO_AGENTS :
				has.rlim_cur > 2 * others ?
				has.rlim_cur - others : has.rlim_cur / 2 + 1;
	if (!asked && !enough)
		log_info("up to %" PRIu64 " agents: ulimit -Hn allows %ju file "
			 "descriptors", c->max_agents,
			 (uintmax_t)has.rlim_cur);
	if (asked && !enough)
		log_warn("--max-agents %" PRIu64 " and --max-subscribers %"
			 PRIu64 " need %ju file descriptors, and ulimit -Hn "
			 "allows %ju: links beyond that will wait",
			 c->max_agents, c->max_subscribers, (uintmax_t)want,
			 (uintmax_t)has.rlim_cur);
}

int
config_parse(struct config *c, int argc, char **argv, bool *done)
{
	const struct option table[] = {
		{ "agents", 0, OPTION_STRING, "ENDPOINT",
		  "tcp://127.0.0.1:7400", "where agents connect", &c->agents },
		{ "subscribers", 0, OPTION_STRING, "ENDPOINT",
		  "tcp://127.0.0.1:7401", "where subscribers connect",
		  &c->subscribers },
		{ "http", 0, OPTION_STRING, "HOST:PORT", "127.0.0.1:7402",
		  "health and metrics; off: none", &c->http },
		{ "workers", 0, OPTION_UINT, "N", "0",
		  "threads for agents and subscribers; 0: one for each "
		  "processor, up to 8",
		  &c->workers },
		{ "queue", 0, OPTION_BYTES, "BYTES", "32M",
		  "rows that may wait for one subscriber", &c->queue },
		{ "stage-memory", 0, OPTION_BYTES, "BYTES", "64M",
		  "groups, windows and ordered rows of one subscriber",
		  &c->stage_memory },
		{ "agent-credit", 0, OPTION_BYTES, "BYTES", "1M",
		  "rows that one agent may send ahead", &c->agent_credit },
		{ "agents-memory", 0, OPTION_BYTES, "BYTES", "1G",
		  "and all agents together", &c->agents_memory },
		{ "lease", 0, OPTION_DURATION, "DURATION", "5s",
		  "a silent subscriber's queries end after it", &c->lease },
		{ "heartbeat", 0, OPTION_DURATION, "DURATION", "1s",
		  "how often agents report; after three of them an agent is "
		  "lost", &c->heartbeat },
		{ "max-agents", 0, OPTION_UINT, "N", "0",
		  "more are refused; 0: 20000, or as many as there are file "
		  "descriptors for", &c->max_agents },
		{ "max-queries", 0, OPTION_UINT, "N", "256",
		  "more are refused", &c->max_queries },
		{ "max-subscribers", 0, OPTION_UINT, "N", "1000",
		  "subscriptions; more are refused", &c->max_subscribers },
		{ "max-per-address", 0, OPTION_UINT, "N", "0",
		  "links of one IP address; more are cut; 0: as many as there "
		  "may be", &c->max_of_address },
		{ "max-per-peer", 0, OPTION_UINT, "N", "200",
		  "subscriptions of one key, or without keys of one "
		  "connection", &c->max_per_peer },
		{ "grace", 0, OPTION_DURATION, "DURATION", "2s",
		  "how long a window waits for late agents, where its query "
		  "does not say", &c->grace },
		{ "state", 0, OPTION_STRING, "DIR", NULL,
		  "where saved queries are kept", &c->state },
		{ "drain", 0, OPTION_DURATION, "DURATION", "5s",
		  "how long the end may take after SIGTERM", &c->drain },
		DAEMON_OPTIONS(&c->daemon),
		{ "key-file", 0, OPTION_STRING, "FILE", NULL,
		  "our secret key, of mql keygen", &c->key },
		{ "allowed-keys", 0, OPTION_STRING, "DIR", NULL,
		  "public keys of who may come in: agents/, subscribers/ and "
		  "operators/", &c->allowed_keys },
		DAEMON_HTTP_OPTIONS(&c->door),
		{ "insecure", 0, OPTION_FLAG, NULL, NULL,
		  "listen on addresses that other machines reach, all the same",
		  &c->insecure },
		KAFKA_OPTIONS(c),
		{ 0 },
	};
	int err;

	*c = (struct config){ 0 };
	err = daemon_options(&usage, table, argc, argv, done);
	if (err || *done)
		return err;
	if (!c->workers)
		c->workers = processors();
	if ((err = check_numbers(c)) || (err = check_kafka(c)))
		return err;
	if ((err = check_doors(c)))
		return err;
	return daemon_check_door("http", c->http, &c->door, c->insecure);
}
