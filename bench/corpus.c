/* corpus.c - a template of an event, filled in at random.
 *
 * What a dollar stands for:
 *
 *     $C  the country          $D  the device         $W  a word
 *     $O  mostly the country   $A  a user agent       $B  true or false
 *     $x  8 hexadecimal digits $n  up to 9 digits     $f  a decimal */
#include <inttypes.h>
#include <stdio.h>

#include "bench/bench.h"
#include "bench/corpus.h"
#include "common/buf.h"

static const char head[] =
	"{\"event_id\":\"$x-$x-$x-$x\",\"type\":\"playback.$W\",\"ts\":17$n,"
	"\"schema\":\"com.example.streaming.playback/7\",\"seq\":$n,"
	"\"service\":\"api-$W\",\"host\":\"ip-10-$n.ec2.internal\","
	"\"customer_id\":$n,\"profile\":\"caf\xc3\xa9 $W\"";

static const char searched[] = ",\"country\":\"$C\",\"device\":\"$D\"";

static const char body[] =
	",\"device_model\":\"$W-$n\",\"app_version\":\"7.$n\","
	"\"title_id\":$n,\"title\":\"The \\\"$W\\\" of O\\u0027$W\","
	"\"episode\":$n,\"latency_ms\":$f,\"bitrate_kbps\":$n,"
	"\"status\":200,\"is_kids\":$B,\"cdn\":\"$W\","
	"\"request\":{\"id\":\"$x$x\",\"method\":\"GET\","
	"\"path\":\"/v1/titles/$n/manifest/$W\",\"headers\":{"
	"\"user-agent\":\"$A\",\"accept-language\":\"pt-$C,en;q=0.8\","
	"\"accept\":\"application/json, text/plain;q=0.9\","
	"\"x-device-country\":\"$O\",\"x-device\":\"$W\","
	"\"x-forwarded-for\":\"10.$n, 192.168.$n\","
	"\"x-request-id\":\"$x-$x\",\"cookie\":\"sid=$x$x$x; pref=$W\","
	"\"content-type\":\"application/json\"},"
	"\"query\":{\"country\":\"$O\",\"page\":$n,\"sort\":\"$W\","
	"\"filters\":[\"$W\",\"$W\",\"$W\"],\"debug\":$B},"
	"\"bytes_in\":$n,\"tls\":\"TLSv1.3\"},"
	"\"response\":{\"status\":200,\"bytes_out\":$n,\"cached\":$B,"
	"\"headers\":{\"server\":\"edge/$n\",\"etag\":\"\\\"$x$x\\\"\","
	"\"cache-control\":\"max-age=$n, public\",\"vary\":\"$W\"},"
	"\"timing\":{\"dns\":$f,\"connect\":$f,\"first_byte\":$f,"
	"\"total\":$f}},"
	"\"geo\":{\"country\":\"$O\",\"region\":\"$W\",\"city\":\"S\xc3\xa3o "
	"$W\",\"lat\":-$f,\"lon\":-$f,\"asn\":$n,\"isp\":\"$W $W\"},"
	"\"ab_tests\":[{\"id\":$n,\"cell\":1,\"name\":\"$W\"},"
	"{\"id\":$n,\"cell\":2,\"name\":\"$W\"},"
	"{\"id\":$n,\"cell\":3,\"name\":\"$W\"},"
	"{\"id\":$n,\"cell\":4,\"name\":\"$W\"}],"
	"\"trace\":{\"trace_id\":\"$x$x\",\"span_id\":\"$x\","
	"\"parent\":\"$x\",\"sampled\":$B,\"baggage\":{\"tier\":\"$W\","
	"\"device\":\"ipad\",\"tenant\":\"$W\"}},"
	"\"player\":\"$W\",\"player_state\":\"$W\",\"position_s\":$n,"
	"\"duration_s\":$n,\"buffer_s\":$f,\"dropped_frames\":$n,"
	"\"resolution\":\"1920x1080\",\"codec\":\"hvc1.$n\","
	"\"drm\":\"$W\",\"audio\":\"pt-BR\",\"subtitles\":null,"
	"\"network\":\"$W\",\"rtt_ms\":$f,\"loss\":$f,"
	"\"error\":null,\"error_detail\":\"could not \\\"$W\\\" at "
	"\\\\\\\\host\\\\$W\\n\",\"tags\":[\"$W\",\"ipad\",\"BR\"],"
	"\"region\":\"us-east-1\",\"zone\":\"us-east-1b\","
	"\"cluster\":\"api-$W-prod\",\"instance\":\"i-$x\","
	"\"build\":\"$x$x\",\"gc_ms\":$f,\"cpu\":$f,\"is_live\":$B,"
	"\"client\":{\"sdk\":\"playback-sdk/$n\",\"locale\":\"pt-$C\","
	"\"timezone\":\"America/Sao_Paulo\",\"screen\":{\"w\":2732,\"h\":2048,"
	"\"scale\":2},\"memory_mb\":$n,\"battery\":$f},"
	"\"licence\":{\"id\":\"$x$x$x$x\",\"kind\":\"$W\",\"expires\":$n,"
	"\"url\":\"https:\\/\\/licence.example.com\\/v2\\/$x\"},"
	"\"upstream\":[{\"name\":\"$W\",\"ms\":$f},{\"name\":\"$W\","
	"\"ms\":$f},{\"name\":\"$W\",\"ms\":$f}],\"retries\":$n,"
	"\"session\":\"$x$x$x$x\",\"referrer\":\"https://example.com/$W?c=$C\","
	"\"note\":\"country: BR, device: ipad? $W \xe2\x82\xac $W\"";

static const char *const countries[] = { "US", "GB", "MX", "DE", "FR", "JP" };
static const char *const devices[] = { "tv", "web", "phone", "ps5" };
static const char *const words[] = {
	"start", "resume", "stall", "pacific", "level-3", "gold", "wifi",
	"fibre", "shaka", "ember", "control", "variant-b", "drama", "north",
};
static const char *const agents[] = {
	"Mozilla/5.0 (iPad; CPU OS 17_2 like Mac OS X) AppleWebKit/605.1.15",
	"Player/7.2 (Linux; \\\"SmartTV\\\"; webOS 6) Chrome/94.0.4606.128",
	"okhttp/4.12.0 (Android 14; Pixel 8; build \\\"UQ1A.240205\\\")",
};

struct event {
	struct buf  text;
	const char *country, *device;
	uint64_t    random;
};

/* splitmix64 */
static uint64_t
draw(struct event *e)
{
	uint64_t z = e->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

#define PICK(e, list) (list)[draw(e) % (sizeof(list) / sizeof *(list))]

static void
put(struct event *e, char what)
{
	struct buf *b = &e->text;

	switch (what) {
	case 'C': buf_puts(b, e->country); break;
	case 'O':
		buf_puts(b, draw(e) % 25 ? e->country : PICK(e, countries));
		break;
	case 'D': buf_puts(b, e->device); break;
	case 'W': buf_puts(b, PICK(e, words)); break;
	case 'A': buf_puts(b, PICK(e, agents)); break;
	case 'B': buf_puts(b, draw(e) % 2 ? "true" : "false"); break;
	case 'x': buf_printf(b, "%08" PRIx32, (uint32_t)draw(e)); break;
	case 'n': buf_printf(b, "%" PRIu64, draw(e) % 1000000000); break;
	case 'f': buf_printf(b, "%.3f", (double)(draw(e) % 900000) / 1e3);
		break;
	default: bench_die("what is $%c?", what);
	}
}

static void
fill(struct event *e, const char *template)
{
	for (const char *z = template; *z; z++) {
		if (*z == '$')
			put(e, *++z);
		else
			buf_put_u8(&e->text, (uint8_t)*z);
	}
}

void
corpus_fill(struct corpus *c, enum corpus_keys where)
{
	struct event e = { .random = 20240607 };

	c->bytes = 0;
	for (size_t i = 0; i < CORPUS_EVENTS; i++) {
		e.text = (struct buf)BUF_FIXED(c->text[i], CORPUS_ROOM);
		e.country = i % 41 ? PICK(&e, countries) : "BR";
		e.device = i % 25 && i ? PICK(&e, devices) : "ipad";
		fill(&e, head);
		if (where == CORPUS_EARLY)
			fill(&e, searched);
		fill(&e, body);
		if (where == CORPUS_LATE)
			fill(&e, searched);
		buf_puts(&e.text, "}");
		if (e.text.err)
			bench_die("an event is too large");
		c->len[i] = e.text.len;
		c->bytes += e.text.len;
	}
}
