/* message.h - the messages of a viewer's stream, one after the other. Private
 * to viewer.c and message.c. */
#ifndef SINK_SSE_MESSAGE_H
#define SINK_SSE_MESSAGE_H

#include "sink/sse/viewer.h"

enum { MESSAGE_PIECES = 3, MESSAGE_HEAD = 192, GZIP_HEAD = 24 };

struct viewer {
	pthread_mutex_t lock;
	bool            parked, woken; /* lock */
	struct MHD_Connection *connection;
	struct hub     *hub;
	_Atomic int64_t wrote;    /* mono ms */
	_Atomic bool    beat;     /* a heartbeat is due */
	bool            gzip;
	bool            begun, finished;
	unsigned        nsource, turn; /* whose turn it is */
	uint64_t        limit;
	int64_t         deadline; /* mono ms */
	uint32_t        crc, size; /* gzip's, of what was said so far */
	unsigned        at, npiece;
	struct str      piece[MESSAGE_PIECES]; /* into text and body */
	struct batch   *body;
	char           *text;
	struct source   source[];
};

enum message {
	MESSAGE_MADE,   /* its pieces are there */
	MESSAGE_NONE,   /* nothing to say now */
	MESSAGE_END,    /* nor ever */
	MESSAGE_FAILED, /* out of memory: break off */
};

/* Bytes of text for a viewer of n queries. */
size_t message_room(size_t n);

/* Make the next message; the pieces of the last one are sent. */
enum message message_next(struct viewer *v);

#endif
