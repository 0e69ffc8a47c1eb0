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
#include <stdbool.h>
#include <urcu-bp.h>

#ifdef RCU_TSAN
#include <sanitizer/tsan_interface.h>
#define RCU_TELL(what, at) __tsan_##what((void *)(at))
#else
#define RCU_TELL(what, at) ((void)(at))
#endif

#if defined _LGPL_SOURCE && !defined RCU_TSAN
/* As the library's own inline functions, but the thread's reader is looked up
 * once: in a shared library each look is a call. */
typedef struct {
	struct urcu_bp_reader *reader;
	unsigned long          before; /* what it said */
} rcu_hold;

/* As rcu_enter(), without a call: no reader on a thread's first time, and
 * then it is not inside. */
static inline rcu_hold
rcu_try(void) /* publisher thread, never blocks */
{
	struct urcu_bp_reader *r = URCU_TLS(urcu_bp_reader);
	rcu_hold h = { r, 0 };

	if (caa_unlikely(!r))
		return h;
	cmm_barrier();
	h.before = r->ctr;
	if (caa_likely(!(h.before & URCU_BP_GP_CTR_NEST_MASK)))
		_CMM_STORE_SHARED(r->ctr, _CMM_LOAD_SHARED(urcu_bp_gp.ctr));
	else /* the host is inside, too */
		_CMM_STORE_SHARED(r->ctr, h.before + URCU_BP_GP_COUNT);
	urcu_bp_smp_mb_slave();
	return h;
}

static inline rcu_hold
rcu_enter(void) /* publisher thread, never blocks */
{
	if (caa_unlikely(!URCU_TLS(urcu_bp_reader)))
		urcu_bp_register();
	return rcu_try();
}

static inline void
rcu_leave(rcu_hold h, void *domain) /* publisher thread, never blocks */
{
	(void)domain;
	urcu_bp_smp_mb_slave();
	_CMM_STORE_SHARED(h.reader->ctr, h.before);
	cmm_barrier();
}
#else
typedef struct {
	bool reader;
} rcu_hold;

static inline rcu_hold
rcu_enter(void)
{
	rcu_read_lock();
	return (rcu_hold){ true };
}

static inline rcu_hold
rcu_try(void)
{
	return rcu_enter();
}

static inline void
rcu_leave(rcu_hold r, void *domain)
{
	(void)r;
	RCU_TELL(release, domain);
	rcu_read_unlock();
}
#endif

/* Return when every reader that was inside has left. */
static inline void
rcu_wait(void *domain) /* agent's thread */
{
	synchronize_rcu();
	RCU_TELL(acquire, domain);
}

#endif
