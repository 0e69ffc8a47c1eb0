/* rcu.h - how a publisher holds on to a matcher without a lock.
 *
 * What is read between rcu_enter() and rcu_leave() lives until the leave:
 * the agent's thread swaps the pointer, calls rcu_wait(), then frees. The
 * `bp` flavour, inlined: two thread-local stores, and threads need not
 * register. The barriers inside are invisible to ThreadSanitizer, so in its
 * builds we tell it what they mean. */
#ifndef AGENT_RCU_H
#define AGENT_RCU_H

#include <urcu-bp.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define AGENT_TSAN 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define AGENT_TSAN 1
#endif

#ifdef AGENT_TSAN
#include <sanitizer/tsan_interface.h>
#define RCU_TELL(what, at) __tsan_##what((void *)(at))
#else
#define RCU_TELL(what, at) ((void)(at))
#endif

static inline void
rcu_enter(void) /* publisher thread, never blocks */
{
	rcu_read_lock();
}

static inline void
rcu_leave(void *domain) /* publisher thread, never blocks */
{
	RCU_TELL(release, domain);
	rcu_read_unlock();
}

/* Return when every reader that was inside has left. */
static inline void
rcu_wait(void *domain) /* agent's thread */
{
	synchronize_rcu();
	RCU_TELL(acquire, domain);
}

#endif
