/* loop.h - the thread of the job: poll, take, work, send, again. */
#ifndef SOURCE_JOB_LOOP_H
#define SOURCE_JOB_LOOP_H

struct http;
struct job;

/* Serve until a signal that sigfd reads has drained the job; a second one
 * ends it at once. http may be NULL. Returns the exit status. */
int loop_run(struct job *j, struct http *http, int sigfd);

#endif
