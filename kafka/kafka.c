/* kafka.c - see kafka.h. */
#include "kafka/kafka.h"

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

int
kafka_configure(rd_kafka_conf_t *conf, const struct kafka_property *own,
		const struct option_list *given, char *why, size_t nwhy)
{
	int err = 0;

	for (const struct kafka_property *p = own; p->name && !err; p++)
		err = kafka_set(conf, p->name, p->value, why, nwhy);
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
