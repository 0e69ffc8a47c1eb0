/* replay - plays a peer of long ago by its own words, and writes such down.
 *
 *     replay record --who agent --to ENDPOINT DIR
 *         listens for one peer, passes on what it and the source-job say to
 *         each other, and keeps each message in a file: DIR/003-agent-ack.bin
 *     replay play --who agent --to ENDPOINT DIR
 *         connects, and says what the agent of DIR said, byte for byte
 *     replay play --who job DIR
 *         listens, and says what the source-job said
 *
 * The first line on standard output is where it listens, if it does. Messages
 * are played in the order of their names: before its next words the player
 * waits for each message that stands before them in the recording, whatever
 * it says, but for kinds that come by the clock. What comes is printed, a line
 * each, rows a line a row; where rows were, as many must come. Status 1 and a
 * sentence: it was not as it should be. `record` ends with its standard input,
 * `play` with the last message. */
#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/options.h"
#include "wire/rows.h"
#include "wire/socket.h"

enum {
	PATH = 300, KINDS = 256, /* as many as a byte names */
	DEADLINE_MS = 30000, LINGER_MS = 1000, TURN_MS = 50,
};

static const struct option_usage usage = {
	.prog = "replay",
	.synopsis = "play|record --who agent|client|job [--to ENDPOINT] DIR",
	.about = "Plays a peer of long ago, or writes one down.",
};

static struct {
	const char *to, *who, *dir;
} opt;

/* To one peer: where we connect to, or where it does. */
static struct wire_context *context;
static struct wire_dealer  *dealer;
static struct wire_router  *router;
static struct wire_peer     peer; /* who spoke last at the router */

static _Noreturn void
die(const char *what, const char *about)
{
	fprintf(stderr, "replay: %s: %s\n", what, about);
	exit(1);
}

/* --- the line ------------------------------------------------------------------ */

static void
line_open(bool listens)
{
	char why[160] = "";

	if (wire_context_new(1, &context))
		die("ZeroMQ", "there is no context");
	if (opt.to && wire_dealer_open(context, opt.to, &dealer))
		die(opt.to, "there is no way to it");
	if (!listens)
		return;
	if (wire_router_open(context, "tcp://127.0.0.1:0", WIRE_ROLE_ALL,
			     &router, why, sizeof why))
		die("cannot listen", why);
	puts(wire_router_endpoint(router));
	fflush(stdout);
}

static void
line_close(void)
{
	wire_dealer_close(dealer, LINGER_MS);
	wire_router_close(router, LINGER_MS);
	wire_context_free(context);
}

/* A turn: until something may have come. */
static void
line_wait(void)
{
	struct pollfd r = { .events = POLLIN };
	unsigned changes;

	if (dealer) {
		wire_dealer_wait(dealer, TURN_MS,
				 router ? wire_router_fd(router) : -1);
		wire_dealer_link(dealer, &changes);
	} else {
		r.fd = wire_router_fd(router);
		poll(&r, 1, TURN_MS);
	}
}

/* What has come to the router; it is the peer's then. */
static bool
router_recv(struct str *frame)
{
	struct wire_peer from;

	if (!wire_router_recv(router, &from, frame))
		return false;
	peer = from;
	return true;
}

/* Waits for a link: nobody is spoken to that is not there. */
static void
dealer_send(const void *data, size_t len)
{
	int64_t end = clock_mono_ms() + DEADLINE_MS;

	while (wire_dealer_send(dealer, data, len)) {
		if (clock_mono_ms() >= end)
			die(opt.to, "nobody is there");
		line_wait();
	}
}

static void
router_send(const void *data, size_t len)
{
	if (wire_router_send(router, &peer, data, len))
		die("the peer", "it has gone");
}

/* --- what is said ---------------------------------------------------------------- */

/* Of a message of whatever version. */
static unsigned
kind_of(const void *frame, size_t len, struct str *body)
{
	const uint8_t *p = frame;

	*body = (struct str){ 0 };
	if (len < WIRE_HEADER)
		return WIRE_NONE;
	*body = (struct str){ (const char *)p + WIRE_HEADER,
			      len - WIRE_HEADER };
	return p[5];
}

static const char *
name_of(unsigned kind)
{
	const char *name = wire_kind_name(kind);

	return name ? name : "NONE";
}

/* How many there were; they are told where `told`. */
static unsigned
rows_of(unsigned kind, struct str body, bool told)
{
	struct rows_reader r;
	struct data_reader d;
	const uint8_t *index;
	unsigned rows = 0;
	struct str row;
	uint16_t n;

	if (kind == WIRE_ROWS && !rows_reader_init(&r, body))
		for (; rows_reader_next(&r, &row, &index, &n); rows++)
			if (told)
				printf("ROWS %.*s\n", (int)row.len, row.ptr);
	if (kind == WIRE_DATA && !data_reader_init(&d, body))
		for (; data_reader_next(&d, &row); rows++)
			if (told)
				printf("DATA %.*s\n", (int)row.len, row.ptr);
	return rows;
}

/* So far. */
static unsigned came[KINDS], rows_came;

static void
tell(struct str frame)
{
	struct str body;
	unsigned kind = kind_of(frame.ptr, frame.len, &body);

	if (kind == WIRE_ROWS || kind == WIRE_DATA)
		rows_came += rows_of(kind, body, true);
	else if (kind == WIRE_HEARTBEAT || kind == WIRE_PARTIALS)
		printf("%s of %zu bytes\n", name_of(kind), body.len);
	else
		printf("%s %.*s\n", name_of(kind), (int)body.len, body.ptr);
	fflush(stdout);
	came[kind]++;
}

/* --- record ---------------------------------------------------------------------- */

static void
keep(const char *who, struct str frame)
{
	static unsigned n;
	struct str body;
	char path[PATH];
	FILE *f;

	snprintf(path, sizeof path, "%s/%03u-%s-%s.bin", opt.dir, ++n, who,
		 name_of(kind_of(frame.ptr, frame.len, &body)));
	for (char *p = path + strlen(opt.dir); *p; p++)
		*p = (char)tolower(*p);
	f = fopen(path, "wb");
	if (!f || fwrite(frame.ptr, 1, frame.len, f) != frame.len || fclose(f))
		die(path, "cannot be written");
}

static bool
input_ended(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char c;

	return poll(&in, 1, 0) > 0 && read(STDIN_FILENO, &c, 1) <= 0;
}

static void
record(void)
{
	struct str frame;

	line_open(true);
	for (; !input_ended(); line_wait()) {
		while (router_recv(&frame)) {
			keep(opt.who, frame);
			dealer_send(frame.ptr, frame.len);
		}
		while (peer.len && wire_dealer_recv(dealer, &frame)) {
			keep("job", frame);
			/* who has said goodbye may be gone */
			(void)wire_router_send(router, &peer, frame.ptr,
					       frame.len);
		}
	}
}

/* --- play ------------------------------------------------------------------------ */

/* These come when it is time, or when there is room: not in an order. */
static bool
by_the_clock(unsigned kind)
{
	return kind == WIRE_HEARTBEAT || kind == WIRE_META ||
	       kind == WIRE_CREDIT || kind == WIRE_PING || kind == WIRE_PONG;
}

/* Has it come, of which there must be n by now? Rows may come in other messages
 * than then; and after END nothing does. */
static bool
is_here(unsigned kind, unsigned n)
{
	if (kind == WIRE_ROWS || kind == WIRE_DATA)
		return rows_came >= n || came[WIRE_END];
	return came[kind] >= n;
}

static void
await(unsigned kind, unsigned n, const char *file)
{
	int64_t end = clock_mono_ms() + DEADLINE_MS;
	struct str frame;

	while (!is_here(kind, n)) {
		while (router ? router_recv(&frame) :
				wire_dealer_recv(dealer, &frame))
			tell(frame);
		if (clock_mono_ms() >= end)
			die(file, "nothing of its kind has come");
		line_wait();
	}
}

static void
read_file(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	int c;

	if (!f)
		die(path, "cannot be read");
	while ((c = fgetc(f)) != EOF)
		buf_put_u8(b, (uint8_t)c);
	fclose(f);
}

/* Say it, or wait for it. */
static void
play_file(const char *name)
{
	static unsigned due[KINDS], rows_due;
	bool ours = !strncmp(name + 4, opt.who, strlen(opt.who));
	struct buf b = BUF_INIT;
	struct str body;
	char path[PATH];
	unsigned kind;

	snprintf(path, sizeof path, "%s/%s", opt.dir, name);
	read_file(path, &b);
	kind = kind_of(b.data, b.len, &body);
	if (ours && router)
		router_send(b.data, b.len);
	else if (ours)
		dealer_send(b.data, b.len);
	else if (kind == WIRE_ROWS || kind == WIRE_DATA)
		await(kind, rows_due += rows_of(kind, body, false), path);
	else if (!by_the_clock(kind))
		await(kind, ++due[kind], path);
	buf_fini(&b);
}

static int
is_message(const struct dirent *d)
{
	return strstr(d->d_name, ".bin") != NULL;
}

static void
play(void)
{
	struct dirent **all;
	int n = scandir(opt.dir, &all, is_message, alphasort);

	if (n <= 0)
		die(opt.dir, "there are no messages");
	line_open(!opt.to);
	for (int i = 0; i < n; i++) {
		play_file(all[i]->d_name);
		free(all[i]);
	}
	free(all);
	puts("played");
}

int
main(int argc, char **argv)
{
	const struct option table[] = {
		{ "to", 0, OPTION_STRING, "ENDPOINT", NULL,
		  "where to connect; else it listens", &opt.to },
		{ "who", 0, OPTION_STRING, "agent|client|job", "agent",
		  "who is played; of `record`: who comes", &opt.who },
		{ 0 },
	};
	bool done = false;
	int n;

	if (options_parse(&usage, table, argc, argv, &n, &done) || n != 2)
		return done ? 0 : 2;
	opt.dir = argv[2];
	if (!strcmp(argv[1], "record") && opt.to)
		record();
	else if (!strcmp(argv[1], "play"))
		play();
	else
		return 2;
	line_close();
	return 0;
}
