/* config.c - the options table, and the limits that make sense. */
#include "sink/sse/config.h"

#include "common/daemon.h"
#include "mql/error.h"
#include "wire/discovery.h"

enum {
	MAX_THREADS = 64,
	MAX_QUERIES = 1000,   /* wire/socket.h waits for no more */
	MAX_VIEWERS = 1000000,
	MIN_HEAD    = 2 << 10,
	MAX_HEAD    = 64 << 10,
	MIN_REPLAY  = 64 << 10,
	MIN_MS      = 10,
};

static const struct option_usage usage = {
	.prog = "mql-sink-sse",
	.synopsis = "[options]",
	.about = "Shows the rows of a fleet in a browser, and gives them to "
		 "whoever speaks HTTP:\nserver-sent events at /api/v1/stream.",
	.tail = "When it serves, one JSON line with its address goes to "
		"standard output.\nSIGTERM drains and ends it.",
};

static int
check_numbers(const struct config *c)
{
	if (c->threads < 1 || c->threads > MAX_THREADS)
		return daemon_refuse("threads", "is a number from 1 to 64");
	if (c->max_queries < 1 || c->max_queries > MAX_QUERIES)
		return daemon_refuse("max-queries",
				     "is a number from 1 to 1000");
	if (c->max_viewers < 1 || c->max_viewers > MAX_VIEWERS)
		return daemon_refuse("max-viewers",
				     "is a number from 1 to 1000000");
	if (c->max_per_address > MAX_VIEWERS)
		return daemon_refuse("max-per-address", "is at most 1000000");
	if (c->max_head < MIN_HEAD || c->max_head > MAX_HEAD)
		return daemon_refuse("max-head", "is from 2K to 64K");
	if (c->replay < MIN_REPLAY)
		return daemon_refuse("replay", "is at least 64K");
	if (c->heartbeat < MIN_MS)
		return daemon_refuse("heartbeat", "is at least 10ms");
	if (c->timeout < 1000)
		return daemon_refuse("timeout", "is at least 1s");
	return 0;
}

int
config_parse(struct config *c, int argc, char **argv, bool *done)
{
	const struct option table[] = {
		{ "listen", 0, OPTION_STRING, "HOST:PORT", "127.0.0.1:7480",
		  "where browsers connect", &c->listen },
		PEER_OPTIONS(&c->peer),
		{ "threads", 0, OPTION_UINT, "N", "2",
		  "that serve connections", &c->threads },
		{ "max-viewers", 0, OPTION_UINT, "N", "10000",
		  "streams; more are refused", &c->max_viewers },
		{ "max-queries", 0, OPTION_UINT, "N", "200",
		  "different queries; more are refused", &c->max_queries },
		{ "max-per-address", 0, OPTION_UINT, "N", "0",
		  "connections of one address; 0: no limit",
		  &c->max_per_address },
		{ "max-head", 0, OPTION_BYTES, "BYTES", "6k",
		  "for the head of a request, and then what is being written: "
		  "most of what a viewer costs", &c->max_head },
		{ "replay", 0, OPTION_BYTES, "BYTES", "4M",
		  "rows of a query that are kept: how far a viewer may lag, or "
		  "come back", &c->replay },
		{ "linger", 0, OPTION_DURATION, "DURATION", "10s",
		  "a query stays after its last viewer", &c->linger },
		{ "heartbeat", 0, OPTION_DURATION, "DURATION", "15s",
		  "a comment after so much silence", &c->heartbeat },
		{ "timeout", 0, OPTION_DURATION, "DURATION", "15s",
		  "a connection that neither asks nor reads ends",
		  &c->timeout },
		{ "drain", 0, OPTION_DURATION, "DURATION", "5s",
		  "how long the end may take after SIGTERM", &c->drain },
		{ "token-file", 0, OPTION_STRING, "FILE", NULL,
		  "a bearer token, which everybody must say", &c->door.token },
		{ "token-in-url", 0, OPTION_FLAG, NULL, NULL,
		  "take the token as ?token=, too", &c->token_in_url },
		{ "allow-origin", 0, OPTION_STRING, "ORIGIN", NULL,
		  "pages of this origin may ask (CORS); *: all",
		  &c->allow_origin },
		{ "host", 0, OPTION_STRINGS, "NAME", NULL,
		  "a name under which browsers reach it, besides addresses and "
		  "localhost", &c->host },
		{ "tls-cert", 0, OPTION_STRING, "FILE", NULL,
		  "certificate chain, PEM", &c->door.cert },
		{ "tls-key", 0, OPTION_STRING, "FILE", NULL,
		  "its key, PEM", &c->door.key },
		DAEMON_OPTIONS(&c->daemon),
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
	if ((err = check_numbers(c)))
		return err;
	if (c->token_in_url && !c->door.token)
		return daemon_refuse("token-in-url", "needs --token-file");
	return daemon_check_door("listen", c->listen, &c->door, c->insecure);
}

void
config_fini(struct config *c)
{
	option_list_fini(&c->host);
	option_file_fini(&c->daemon.file);
}
