/* stop.c - the only signal handler of the program. */
#include "cli/stop.h"

#include <signal.h>

static volatile sig_atomic_t asked;

static void
ask_to_stop(int sig)
{
	(void)sig;
	asked = 1;
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
}

void
stop_on_signals(void)
{
	struct sigaction sa = { .sa_handler = ask_to_stop };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

bool
stop_asked(void)
{
	return asked;
}
