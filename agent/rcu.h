/* rcu.h - how a publisher holds on to a matcher without a lock.
 *
 * What is read between rcu_enter() and rcu_leave() lives until the leave:
 * the agent's thread swaps the pointer, calls rcu_wait(), then frees. The
 * `bp` flavour, inlined: two thread-local stores, and threads need not
 * register.
 *
 * Sanitizers need help: the library aligns its reader structs less than it
 * declares, which upsets UBSan when it is inlined; and ThreadSanitizer cannot
 * see the barriers inside, so that it has to be told what they mean. It is
 * told at a place that nobody stores to atomically: such a store would make it
 * forget what was told there before. */
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
#define RCU_TELL(what) __tsan_##what(&urcu_bp_gp)
#else
#define RCU_TELL(what) ((void)0)
#endif

static inline void
rcu_enter(void) /* publisher thread, never blocks */
{
	rcu_read_lock();
}

static inline void
rcu_leave(void) /* publisher thread, never blocks */
{
	RCU_TELL(release);
	rcu_read_unlock();
}

/* The same for a leaf: rcu_try() calls nothing, so it fails on a thread's first
 * time; and the thread's reader is looked up once for both, which in a shared
 * library is a call. */
#if defined _LGPL_SOURCE && !defined RCU_TSAN
typedef struct {
	struct urcu_bp_reader *reader; /* NULL: we are not inside */
	unsigned long          before; /* what it said */
	int                    light;  /* no fence: who waits makes one */
} rcu_hold;

static inline void
rcu_fence(int light)
{
	if (caa_likely(light))
		cmm_barrier();
	else
		cmm_smp_mb();
}

static inline rcu_hold
rcu_try(void) /* publisher thread, never blocks */
{
	struct urcu_bp_reader *r = URCU_TLS(urcu_bp_reader);
	rcu_hold h = { r, 0, urcu_bp_has_sys_membarrier };

	if (caa_unlikely(!r))
		return h;
	cmm_barrier();
	h.before = r->ctr;
	if (caa_likely(!(h.before & URCU_BP_GP_CTR_NEST_MASK)))
		_CMM_STORE_SHARED(r->ctr, _CMM_LOAD_SHARED(urcu_bp_gp.ctr));
	else /* the host is inside, too */
		_CMM_STORE_SHARED(r->ctr, h.before + URCU_BP_GP_COUNT);
	rcu_fence(h.light);
	return h;
}

static inline void
rcu_done(rcu_hold h) /* publisher thread, never blocks */
{
	rcu_fence(h.light);
	_CMM_STORE_SHARED(h.reader->ctr, h.before);
	cmm_barrier();
}
#else
typedef struct {
	bool reader;
} rcu_hold;

static inline rcu_hold
rcu_try(void)
{
	rcu_enter();
	return (rcu_hold){ true };
}

static inline void
rcu_done(rcu_hold h)
{
	(void)h;
	rcu_leave();
}
#endif

/* Return when every reader that was inside has left. */
static inline void
rcu_wait(void) /* agent's thread */
{
	synchronize_rcu();
	RCU_TELL(acquire);
}

/* --- fork -----------------------------------------------------------------
 *
 * A child needs the library's state whole: its locks free, and no reader that
 * is a thread of the parent's. The library can see to that, but must be asked
 * exactly once a fork, and this file may be in the process twice (in the
 * service, and in a plugin of it). So who asks enters the read side very
 * deeply, which the other one sees. A service that uses liburcu-bp itself
 * leaves this to us, too. */

enum rcu_fork {
	RCU_FORK_OURS,   /* asked by us: to be undone */
	RCU_FORK_OTHERS, /* by another copy of us */
	RCU_FORK_INSIDE, /* a fork() from a signal handler, amid a publish: the
			    child must not use RCU any more */
};

enum { RCU_FORK_DEPTH = 64 };

static inline enum rcu_fork
rcu_before_fork(void)
{
	int depth;

	rcu_read_lock(); /* the first one makes the thread known */
	rcu_read_unlock();
	depth = urcu_bp_read_ongoing();
	if (depth >= RCU_FORK_DEPTH)
		return RCU_FORK_OTHERS;
	if (depth)
		return RCU_FORK_INSIDE;
	urcu_bp_before_fork();
	for (int i = 0; i < RCU_FORK_DEPTH; i++)
		rcu_read_lock();
	return RCU_FORK_OURS;
}

static inline void
rcu_after_fork(enum rcu_fork who, bool child)
{
	if (who != RCU_FORK_OURS)
		return;
	for (int i = 0; i < RCU_FORK_DEPTH; i++)
		rcu_read_unlock();
	if (child)
		urcu_bp_after_fork_child();
	else
		urcu_bp_after_fork_parent();
}

#endif
