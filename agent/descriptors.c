/* descriptors.c - see descriptors.h. */
#include "agent/descriptors.h"

#include <linux/close_range.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "agent/rcu.h"

/* What a stray line of somebody's goes to must be no socket of ours, nor the
 * service's terminal, which we would keep open. But a sanitizer's report must
 * be seen; and to ThreadSanitizer a number is one file in all of the process,
 * so that with it the tables stay one. */
#ifdef RCU_ASAN
enum { KEEP_BELOW = 3 };
#else
enum { KEEP_BELOW = 0 };
#endif
#ifdef RCU_TSAN
enum { CAN_LEAVE = false };
#else
enum { CAN_LEAVE = true };
#endif

static void
fill_standard(void)
{
	int fd;

	do
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	while (fd >= 0 && fd < 2);
	if (fd > 2)
		close(fd);
}

bool
descriptors_leave(int keep)
{
	unsigned first = keep < KEEP_BELOW ? KEEP_BELOW : (unsigned)keep + 1;

	if (!CAN_LEAVE || close_range(first, ~0u, CLOSE_RANGE_UNSHARE))
		return false;
	if (keep > KEEP_BELOW)
		close_range(KEEP_BELOW, (unsigned)keep - 1, 0);
	fill_standard();
	return true;
}
