/* saved.h - the queries that the source-job keeps under a name, as they change.
 *
 *     saved_look() <-- the last answer <-- a thread --- "saved" ---> source-job
 *
 * It asks once a second, and by itself, since a question takes as long as
 * nobody answers. */
#ifndef SINK_KAFKA_SAVED_H
#define SINK_KAFKA_SAVED_H

struct saved; /* opaque */
struct wire_context;

/* context and source_job are borrowed. 0, MQL_ENOMEM or MQL_EOS. */
int saved_start(struct wire_context *context, const char *source_job,
		struct saved **out);
/* Waits for a question that is on the way, 2 s at most. NULL is allowed. */
void saved_stop(struct saved *s);

enum saved_is {
	SAVED_UNKNOWN, /* nobody has answered yet, or not all have */
	SAVED_NONE,
	SAVED_IS,      /* *text is given, to be freed */
};

/* What is saved under this name, as of the last answer; an answer that says
 * less does not undo it. Any thread. */
enum saved_is saved_look(struct saved *s, const char *name, char **text);

#endif
