/* rcu.h - how a publisher holds on to a matcher without a lock.
 *
 * What is read between rcu_enter() and rcu_leave() lives until the leave:
 * the agent's thread swaps the pointer, calls rcu_wait(), then frees. The
 * `bp` flavour, inlined: two thread-local stores, and threads need not
 * register.
 *
 * Sanitizers need help: the library aligns its reader structs less than it
 * declares, which upsets UBSan when it is inlined; and ThreadSanitizer cannot
 * see the barriers inside, so that it has to be told what they mean. */
#ifndef AGENT_RCU_H
#define AGENT_RCU_H

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RCU_TSAN 1
#elif __has_feature(address_sanitizer)
#define RCU_ASAN 1
#endif
#elif defined(__SANITIZE_THREAD__)
#define RCU_TSAN 1
#elif defined(__SANITIZE_ADDRESS__)
#define RCU_ASAN 1
#endif

#ifdef RCU_ASAN
#undef _LGPL_SOURCE /* through calls, not inlined */
#endif
#include <urcu-bp.h>

#ifdef RCU_TSAN
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
