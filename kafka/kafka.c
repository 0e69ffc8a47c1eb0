/* kafka.c - see kafka.h. */
#include "kafka/kafka.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "mql/error.h"

int
kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value,
	  char *why, size_t nwhy)
{
	return rd_kafka_conf_set(conf, name, value, why, nwhy) ==
	       RD_KAFKA_CONF_OK ? 0 : MQL_EINVAL;
}

/* "property=value" of the command line. */
static int
set_given(rd_kafka_conf_t *conf, const struct kafka_property *own,
	  const char *given, char *why, size_t nwhy)
{
	const char *equals = strchr(given, '=');
	char name[128];

	if (!equals || (size_t)(equals - given) >= sizeof name) {
		snprintf(why, nwhy, "-X takes property=value, not '%s'",
			 given);
		return MQL_EINVAL;
	}
	snprintf(name, sizeof name, "%.*s", (int)(equals - given), given);
	for (; own->name; own++)
		if (own->fixed && !strcmp(name, own->name)) {
			snprintf(why, nwhy, "-X %s: %s", name, own->fixed);
			return MQL_EINVAL;
		}
	return kafka_set(conf, name, equals + 1, why, nwhy);
}

static int
set_all(rd_kafka_conf_t *conf, const struct kafka_property *p, char *why,
	size_t nwhy)
{
	int err = 0;

	for (; p->name && !err; p++)
		err = kafka_set(conf, p->name, p->value, why, nwhy);
	return err;
}

int
kafka_configure(rd_kafka_conf_t *conf, const char *bootstrap,
		const struct kafka_property *own,
		const struct option_list *given, char *why, size_t nwhy)
{
	const struct kafka_property all[] = {
		{ "bootstrap.servers",        bootstrap, NULL },
		{ "reconnect.backoff.max.ms", "1000",    NULL },
		{ "socket.keepalive.enable",  "true",    NULL },
		{ 0 },
	};
	int err = set_all(conf, all, why, nwhy);

	if (!err)
		err = set_all(conf, own, why, nwhy);
	for (size_t i = 0; given && i < given->n && !err; i++)
		err = set_given(conf, own, given->item[i], why, nwhy);
	return err;
}

void
kafka_log(const rd_kafka_t *rk, int level, const char *facility,
	  const char *text)
{
	(void)rk;
	log_say(level <= 2 ? LOG_WARN : LOG_DEBUG, "librdkafka: %s: %s",
		facility, text);
}

bool
kafka_reached(struct kafka_reach *r, bool up)
{
	if (atomic_load(&r->told) && atomic_load(&r->up) == up)
		return false;
	if (up)
		atomic_store(&r->known, true);
	const bool was = atomic_exchange(&r->up, up);
	if (atomic_exchange(&r->told, true) && was == up)
		return false;
	if (up)
		log_info("%sthe broker answers", r->name);
	else
		log_warn("%sno broker answers at %s; waiting for one", r->name,
			 r->bootstrap);
	return true;
}

/* While it worked before, a broker may be restarting. */
const char *
kafka_error(struct kafka_reach *r, rd_kafka_t *rk, int err, const char *reason,
	    char *why, size_t nwhy)
{
	const bool known = atomic_load(&r->known);

	snprintf(why, nwhy, "%s", reason);
	switch (err) {
	case RD_KAFKA_RESP_ERR__FATAL:
		rd_kafka_fatal_error(rk, why, nwhy);
		return "librdkafka cannot go on";
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
		return known ? NULL : "the broker does not know us";
	case RD_KAFKA_RESP_ERR__SSL: /* or the broker is about to go */
		if (!known && !atomic_exchange(&r->distrusted, true))
			log_warn("%sno TLS with the broker: %s", r->name,
				 reason);
		return NULL;
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
		kafka_reached(r, false);
		return NULL;
	default:
		log_debug("%s%s", r->name, reason);
		return NULL;
	}
}

bool
kafka_is_permanent(rd_kafka_resp_err_t err)
{
	switch ((int)err) {
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_INCONSISTENT_GROUP_PROTOCOL:
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: /* its name is wrong */
	case RD_KAFKA_RESP_ERR__FATAL:
		return true;
	default:
		return false;
	}
}

bool
kafka_is_passing(rd_kafka_resp_err_t err)
{
	switch ((int)err) {
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
	case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
		return true;
	default:
		return false;
	}
}

enum kafka_made
kafka_topic_made(rd_kafka_event_t *ev, const char **why)
{
	const rd_kafka_CreateTopics_result_t *all =
		rd_kafka_event_CreateTopics_result(ev);
	size_t n = 0;
	const rd_kafka_topic_result_t **r =
		all ? rd_kafka_CreateTopics_result_topics(all, &n) : NULL;
	rd_kafka_resp_err_t err = n ? rd_kafka_topic_result_error(r[0]) :
				      rd_kafka_event_error(ev);

	*why = n ? rd_kafka_topic_result_error_string(r[0]) : NULL;
	if (!*why)
		*why = rd_kafka_err2str(err);
	if (!err)
		return KAFKA_MADE;
	if (err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
		return KAFKA_THERE;
	return kafka_is_passing(err) ? KAFKA_AGAIN : KAFKA_FAILED;
}
