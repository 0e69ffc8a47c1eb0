/* history_find.c - where the partitions of a history begin and end, and whether
 * they are all there are: see history.h. */
#include <stdio.h>
#include <string.h>

#include "kafka/kafka.h"
#include "mql/error.h"
#include "source-job/kafka/history_own.h"

enum { ASK_MS = 3000 }; /* for a broker to answer */

int
history_judge(const struct history *h, rd_kafka_resp_err_t err, size_t topic,
	      char *why, size_t nwhy)
{
	if (!err)
		return 0;
	if (atomic_load(&h->refused))
		snprintf(why, nwhy, "the broker does not know us");
	else if (kafka_is_permanent(err))
		snprintf(why, nwhy, "topic '%s': %s",
			 h->opt.from->topic->item[topic],
			 rd_kafka_err2str(err));
	else
		return MQL_ETIMEOUT;
	return MQL_EREFUSED;
}

static uint64_t
fnv1a(uint64_t hash, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	while (n--)
		hash = (hash ^ *p++) * UINT64_C(0x100000001b3);
	return hash;
}

/* Of the topic's name, a NUL, and the partition. */
static uint64_t
hash_place(const char *topic, int32_t partition)
{
	const uint32_t n = (uint32_t)partition;
	unsigned char place[4];
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < sizeof place; i++)
		place[i] = (unsigned char)(n >> 8 * i);
	hash = fnv1a(hash, topic, strlen(topic) + 1);
	return fnv1a(hash, place, sizeof place);
}

static void
add_hash(uint64_t *sum, const char *topic, int32_t partition)
{
	*sum = (*sum + hash_place(topic, partition)) & INT64_MAX;
}

/* All partitions that a topic has. */
static int
count_partitions(struct history *h, size_t topic, struct history_figures *to,
		 char *why, size_t nwhy)
{
	const struct rd_kafka_metadata *md;
	rd_kafka_resp_err_t wrong = rd_kafka_metadata(
		h->rk, false, h->topic[topic], &md, ASK_MS);
	const struct rd_kafka_metadata_topic *t;

	if (wrong)
		return history_judge(h, wrong, topic, why, nwhy);
	t = md->topics;
	wrong = md->topic_cnt == 1 ? t->err : RD_KAFKA_RESP_ERR__TIMED_OUT;
	for (int i = 0; !wrong && i < t->partition_cnt; i++) {
		to->all++;
		add_hash(&to->whole, t->topic, t->partitions[i].id);
	}
	rd_kafka_metadata_destroy(md);
	return history_judge(h, wrong, topic, why, nwhy);
}

static int
find_end(struct history *h, struct part *p, struct history_figures *to,
	 char *why, size_t nwhy)
{
	const char *topic = h->opt.from->topic->item[p->topic];
	int64_t low, high;
	rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
		h->rk, topic, p->partition, &low, &high, ASK_MS);

	if (err)
		return history_judge(h, err, p->topic, why, nwhy);
	p->end = high;
	if (!h->opt.since || p->begin < low)
		p->begin = low;
	if (p->begin > high)
		p->begin = high;
	p->at = p->begin;
	to->of += (uint64_t)(p->end - p->begin);
	add_hash(&to->mine, topic, p->partition);
	return 0;
}

static rd_kafka_topic_partition_list_t *
list_times(const struct history *h)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)h->npart);

	for (size_t i = 0; i < h->npart; i++)
		rd_kafka_topic_partition_list_add(
			list, h->opt.from->topic->item[h->part[i].topic],
			h->part[i].partition)->offset = h->opt.since;
	return list;
}

/* The first message of each that is not older; where there is none, the end,
 * which is still to be found. */
static int
find_times(struct history *h, char *why, size_t nwhy)
{
	rd_kafka_topic_partition_list_t *list = list_times(h);
	rd_kafka_resp_err_t wrong = rd_kafka_offsets_for_times(h->rk, list,
							       ASK_MS);
	int err = history_judge(h, wrong, 0, why, nwhy);

	for (size_t i = 0; i < h->npart && !err; i++) {
		const int64_t at = list->elems[i].offset;

		err = history_judge(h, list->elems[i].err, h->part[i].topic,
				    why, nwhy);
		h->part[i].begin = at >= 0 ? at : INT64_MAX;
	}
	rd_kafka_topic_partition_list_destroy(list);
	return err;
}

int
history_measure(struct history *h, struct history_figures *to, char *why,
		size_t nwhy)
{
	int err = 0;

	*to = (struct history_figures){ .partitions = (uint32_t)h->npart };
	for (size_t i = 0; i < h->opt.from->topic->n && !err; i++)
		if (h->topic[i])
			err = count_partitions(h, i, to, why, nwhy);
	if (!err && h->opt.since && h->npart)
		err = find_times(h, why, nwhy);
	for (size_t i = 0; i < h->npart && !err; i++)
		err = find_end(h, &h->part[i], to, why, nwhy);
	return err;
}
