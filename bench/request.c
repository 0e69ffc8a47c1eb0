/* request.c - see request.h. */
#include "bench/request.h"

#include <stdio.h>

#include "bench/bench.h"

#define FIELD(t, f) \
	{ .name = #f, .type = (t), .offset = offsetof(struct request, f) }

static const struct mql_field fields[] = {
	FIELD(MQL_T_U64, customer_id), FIELD(MQL_T_CSTR, country),
	FIELD(MQL_T_CSTR, device),     FIELD(MQL_T_CSTR, title),
	FIELD(MQL_T_U32, episode),     FIELD(MQL_T_F64, latency_ms),
	FIELD(MQL_T_U16, status),      FIELD(MQL_T_BOOL, is_kids),
	FIELD(MQL_T_CSTR, cdn),        FIELD(MQL_T_CSTR, request_id),
};

static void
write_text(const struct request *r, char *text, size_t size, size_t *len)
{
	*len = (size_t)snprintf(text, size,
		"{\"customer_id\":%llu,\"title\":\"%s\",\"episode\":%u,"
		"\"country\":\"%s\",\"device\":\"%s\",\"latency_ms\":%g,"
		"\"status\":%u,\"is_kids\":false,\"headers\":{"
		"\"user-agent\":\"player/7.2 (like a browser)\","
		"\"accept-language\":\"en-US\",\"host\":\"x\"}}",
		(unsigned long long)r->customer_id, r->title, r->episode,
		r->country, r->device, r->latency_ms, r->status);
}

void
requests_fill(struct requests *r)
{
	static const char *const country[] = { "US", "GB", "MX", "DE" };
	static const char *const device[] = { "tv", "web", "ipad", "phone" };

	for (size_t i = 0; i < REQUESTS; i++) {
		r->at[i] = (struct request){
			.customer_id = 1000003 * i % 999983,
			.country = i % 40 ? country[i / 4 % 4] : "BR",
			.device = i % 40 ? device[i % 4] : "tv",
			.title = "Backpressure", .episode = (uint32_t)i % 10,
			.latency_ms = 12.5 + (double)(i % 100), .status = 200,
			.cdn = "oca-12.gru.example",
			.request_id = "7f3a90d2-11c4-4be5-9d07-6f1d0a5c33e8",
		};
		write_text(&r->at[i], r->text[i], sizeof r->text[i],
			   &r->len[i]);
	}
}

struct mql_stream *
requests_stream(struct mql_agent *a, const char *name)
{
	struct mql_stream *s;

	if (mql_stream_open_struct(a, name, fields,
				   sizeof fields / sizeof fields[0], &s))
		bench_die("the stream %s does not open", name);
	return s;
}

struct mql_event *
request_build(struct mql_stream *s, const struct request *r)
{
	struct mql_event *e = mql_event_begin(s);

	mql_event_int(e, "customer_id", (int64_t)r->customer_id);
	mql_event_str(e, "country", r->country);
	mql_event_str(e, "device", r->device);
	mql_event_str(e, "title", r->title);
	mql_event_int(e, "episode", r->episode);
	mql_event_double(e, "latency_ms", r->latency_ms);
	mql_event_int(e, "status", r->status);
	mql_event_bool(e, "is_kids", r->is_kids);
	mql_event_str(e, "cdn", r->cdn);
	mql_event_str(e, "request_id", r->request_id);
	return e;
}
