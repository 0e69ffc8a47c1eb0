/* notify.h - tell systemd how we are. */
#ifndef SOURCE_JOB_NOTIFY_H
#define SOURCE_JOB_NOTIFY_H

/* Send state ("READY=1") to $NOTIFY_SOCKET; without one nothing happens. */
void notify(const char *state);

#endif
