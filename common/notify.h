/* notify.h - tell systemd how we are. */
#ifndef COMMON_NOTIFY_H
#define COMMON_NOTIFY_H

/* Send state ("READY=1") to $NOTIFY_SOCKET; without one nothing happens. */
void notify(const char *state);

#endif
