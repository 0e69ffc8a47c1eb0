/* reload.h - the configuration is read again, while the daemon serves.
 *
 * Command line and environment are what they were; it is the file of --config
 * that may say something else, and the files of the HTTP door. Limits hold for
 * what comes from then on: nobody is turned away for a lower one, and a
 * subscription keeps the queue and the memory that it began with. What cannot
 * be changed stays, and is named. The job's thread. */
#ifndef SOURCE_JOB_RELOAD_H
#define SOURCE_JOB_RELOAD_H

struct http;
struct job;

/* http may be NULL. What is wrong is said to the log; then all stays as it is,
 * but for what the log says. */
void reload(struct job *j, struct http *http);

#endif
