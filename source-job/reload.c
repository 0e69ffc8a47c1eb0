#include "source-job/reload.h"

#include <inttypes.h>
#include <string.h>

#include "common/log.h"
#include "http/http.h"
#include "source-job/job.h"
#include "source-job/registry.h"

/* What is taken at once, and what only at the next start. */
#define HOT(X)                                                           \
	X(queue, "queue") X(stage_memory, "stage-memory")                \
	X(max_agents, "max-agents") X(max_queries, "max-queries")        \
	X(max_subscribers, "max-subscribers")                            \
	X(max_per_peer, "max-per-peer") X(kafka_replays, "kafka-replays")
#define HOT_MS(X) X(grace, "grace") X(drain, "drain")
#define COLD(X)                                                          \
	X(workers, "workers") X(agent_credit, "agent-credit")            \
	X(agents_memory, "agents-memory")                                \
	X(lease, "lease") X(heartbeat, "heartbeat")                      \
	X(max_of_address, "max-per-address")                             \
	X(insecure, "insecure")
#define COLD_TEXT(X)                                                     \
	X(agents, "agents") X(subscribers, "subscribers") X(http, "http") \
	X(key, "key-file") X(allowed_keys, "allowed-keys")               \
	X(state, "state") X(kafka_bootstrap, "kafka-bootstrap")          \
	X(kafka_topics, "kafka-topics") X(kafka_group, "kafka-group")     \
	X(queries_topic, "queries-topic")

static bool
same_list(const struct option_list *a, const struct option_list *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->item[i], b->item[i]))
			return false;
	return a->n == b->n;
}

static void
cold(const char *option)
{
	log_warn("--%s is taken at the next start only", option);
}

static void
take(struct config *to, const struct config *from)
{
#define X(field, option)                                                 \
	if (to->field != from->field)                                    \
		log_info("--" option " is %" PRIu64 " now, was %" PRIu64, \
			 (uint64_t)from->field, (uint64_t)to->field);    \
	to->field = from->field;
	HOT(X)
#undef X
#define X(field, option)                                                 \
	if (to->field != from->field)                                    \
		log_info("--" option " is %" PRId64 " ms now, was %"     \
			 PRId64 " ms", from->field, to->field);          \
	to->field = from->field;
	HOT_MS(X)
#undef X
#define X(field, option)                                                 \
	if (to->field != from->field)                                    \
		cold(option);
	COLD(X)
#undef X
#define X(field, option)                                                 \
	if (!str_same(to->field, from->field))                               \
		cold(option);
	COLD_TEXT(X)
#undef X
	if (!same_list(&to->kafka_property, &from->kafka_property))
		cold("property");
	to->daemon.log_level = from->daemon.log_level;
	to->daemon.log_format = from->daemon.log_format;
}

/* Each has a floor of credit already, and the pool is what these leave. */
static void
bound_agents(const struct job *j, struct config *fresh)
{
	if (fresh->max_agents <= j->seats)
		return;
	log_warn("--max-agents stays %" PRIu64 ": --agents-memory is divided "
		 "for %" PRIu64 " agents, for more at the next start only",
		 j->config.max_agents, j->seats);
	fresh->max_agents = j->config.max_agents;
}

void
reload(struct job *j, struct http *http)
{
	struct config fresh;
	char why[400] = "";
	bool done = false;

	if (config_parse(&fresh, j->argc, j->argv, &done) || done) {
		log_error("the configuration stays as it was");
		goto out;
	}
	config_fit(&fresh);
	bound_agents(j, &fresh);
	take(&j->config, &fresh);
	daemon_log(&fresh.daemon);
	registry_limit(j->registry, fresh.max_agents);
	if (http && http_reload(http, &fresh.door, why, sizeof why))
		log_error("--http stays as it was: %s", why);
	log_info("the configuration was read again");
out:
	config_fini(&fresh);
}
