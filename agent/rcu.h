/* rcu.h - how a publisher holds on to a matcher without a lock.
 *
 * What is read between rcu_enter() and rcu_leave() lives until the leave:
 * the agent's thread swaps the pointer, calls publisher_wait(), or rcu_wait(),
 * then frees. The `bp` flavour, inlined: two thread-local stores, and threads
 * need not register.
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
#include <linux/membarrier.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <urcu-bp.h>

#ifdef RCU_TSAN
#include <sanitizer/tsan_interface.h>
#define RCU_TELL(what) __tsan_##what(&urcu_bp_gp)
#define RCU_UNSEEN __attribute__((no_sanitize("thread")))
#else
#define RCU_TELL(what) ((void)0)
#define RCU_UNSEEN
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

/* How a thread is known to the library once it was inside, until late in its
 * end. The memory of one is never unmapped while a thread is known. And as who
 * it may enter by rcu_try(): without a fence, if who waits makes one. */
#define RCU_STRANGER ((rcu_thread *)UINTPTR_MAX) /* nobody is */
#ifdef _LGPL_SOURCE
typedef struct urcu_bp_reader rcu_thread;

static inline rcu_thread *
rcu_self(void)
{
	return URCU_TLS(urcu_bp_reader);
}

static inline rcu_thread *
rcu_self_light(void)
{
	return urcu_bp_has_sys_membarrier ? rcu_self() : RCU_STRANGER;
}
#else
typedef void rcu_thread;

static inline rcu_thread *
rcu_self(void)
{
	return NULL;
}

static inline rcu_thread *
rcu_self_light(void)
{
	return rcu_self();
}
#endif

/* The same for a leaf: rcu_try() calls nothing, so it fails unless the thread
 * is the one it is taken for; and it is looked up once for both, which in a
 * shared library is a call. */
#if defined _LGPL_SOURCE && !defined RCU_TSAN
typedef struct {
	rcu_thread   *reader; /* NULL: we are not inside */
	unsigned long before; /* what it said */
} rcu_hold;

static inline rcu_hold
rcu_try(const rcu_thread *known) /* publisher thread, never blocks */
{
	rcu_hold h = { rcu_self(), 0 };

	if (caa_unlikely(h.reader != known))
		return (rcu_hold){ NULL, 0 };
	cmm_barrier();
	h.before = h.reader->ctr;
	if (caa_likely(!(h.before & URCU_BP_GP_CTR_NEST_MASK)))
		_CMM_STORE_SHARED(h.reader->ctr,
				  _CMM_LOAD_SHARED(urcu_bp_gp.ctr));
	else /* the host is inside, too */
		_CMM_STORE_SHARED(h.reader->ctr, h.before + URCU_BP_GP_COUNT);
	cmm_barrier();
	return h;
}

static inline void
rcu_done(rcu_hold h) /* publisher thread, never blocks */
{
	cmm_barrier();
	_CMM_STORE_SHARED(h.reader->ctr, h.before);
	cmm_barrier();
}
#else
typedef struct {
	bool reader;
} rcu_hold;

static inline rcu_hold
rcu_try(const rcu_thread *known)
{
	if (rcu_self() != known)
		return (rcu_hold){ false };
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

/* --- by a look ---------------------------------------------------------------
 *
 * rcu_wait() has all processors that run us make two fences: on a virtual
 * machine these interrupts cost more than all else that a change of queries
 * does. One fence will do where those who may be inside can be looked at: who
 * is not seen inside behind it will find there what was swapped in before it.
 * And where stores are seen in order, behind all loads (x86), who is seen
 * outside has done with what was swapped out. */

enum { RCU_LOOKS = 1000 };

/* False: it cannot be done so; nothing but rcu_wait() will do. */
static inline bool
rcu_fence_all(void) /* agent's thread */
{
#if defined _LGPL_SOURCE && defined __x86_64__
	rcu_enter(); /* from now on we are known, see above */
	rcu_leave();
	return urcu_bp_has_sys_membarrier &&
	       !syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0,
			0);
#else
	return false;
#endif
}

/* Is the thread outside, or soon? NULL: it was not inside before the fence. */
RCU_UNSEEN static inline bool
rcu_is_out(const rcu_thread *r) /* agent's thread, behind rcu_fence_all() */
{
	bool out = !r;

#ifdef _LGPL_SOURCE
	for (int i = 0; !out && i < RCU_LOOKS; i++) {
		out = !(_CMM_LOAD_SHARED(r->ctr) & URCU_BP_GP_CTR_NEST_MASK);
		caa_cpu_relax();
	}
#endif
	cmm_barrier();
	RCU_TELL(acquire);
	return out;
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
