/* allowed.c - see allowed.h.
 *
 * The directories are looked at by their times, like git its index: one that
 * changed a moment ago may change again without a new time, so it is read
 * again until that moment is over. No inotify: it says nothing of a network's
 * file system, nor of the links that Kubernetes swaps.
 *
 * Each key has a slot for as long as it is allowed; state[slot] is its serial
 * and its roles in one word, which other threads read. */
#include "wire/allowed.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mql/error.h"

enum {
	MOMENT_S  = 2,     /* the times of file systems are coarse */
	REREAD_MS = 30000, /* for files that were written over in place */
	LINE      = 700,
	ROLE_BITS = 8,     /* of a state */
	DIRS      = 1 + WIRE_ROLES,
};

static const char *const role_dir[WIRE_ROLES] = {
	"agents", "subscribers", "operators",
};

struct set {
	struct allowed_key *key; /* in order of the keys */
	size_t n, room;
};

struct stamp {
	dev_t  dev;
	ino_t  ino;
	struct timespec at;
};

struct allowed {
	char      dir[PATH_MAX];
	wire_say *say;
	void     *arg;
	struct set now;
	_Atomic uint32_t *state; /* ALLOWED_MAX */
	uint32_t *freed;         /* slots to use again */
	size_t    nfreed, used;
	struct stamp seen[DIRS];
	bool      fresh;         /* a directory changed a moment ago */
	bool      stuck;         /* reading failed; said once */
	int64_t   looked, read_at;
	char      told[LINE];    /* about bad files, last time */
};

struct scan {
	struct set set;
	struct buf bad;
	char       text[LINE];
	size_t     nbad;
	char       room[CERT_BYTES];
};

/* --- sets of keys ------------------------------------------------------------- */

static int
by_key(const void *a, const void *b)
{
	return memcmp(((const struct allowed_key *)a)->key,
		      ((const struct allowed_key *)b)->key, CERT_KEY);
}

static struct allowed_key *
set_find(const struct set *s, const uint8_t key[CERT_KEY])
{
	struct allowed_key want;

	memcpy(want.key, key, CERT_KEY);
	return s->n ? bsearch(&want, s->key, s->n, sizeof want, by_key) : NULL;
}

static int
set_add(struct set *s, const struct allowed_key *k)
{
	if (s->n == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		void *p = reallocarray(s->key, room, sizeof *s->key);
		if (!p)
			return MQL_ENOMEM;
		s->key = p;
		s->room = room;
	}
	s->key[s->n++] = *k;
	return 0;
}

/* Sort; a key that was found several times has the roles of all places. */
static void
set_settle(struct set *s)
{
	size_t n = 0;

	if (s->n)
		qsort(s->key, s->n, sizeof *s->key, by_key);
	for (size_t i = 0; i < s->n; i++) {
		if (n && !by_key(&s->key[n - 1], &s->key[i]))
			s->key[n - 1].roles |= s->key[i].roles;
		else
			s->key[n++] = s->key[i];
	}
	s->n = n;
}

/* --- reading ------------------------------------------------------------------ */

static void
bad(struct scan *s, const char *where, const char *name, const char *why)
{
	char safe[CERT_NAME + 1];

	snprintf(safe, sizeof safe, "%s", name);
	for (char *c = safe; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	s->nbad++;
	if (!s->bad.err)
		buf_printf(&s->bad, "%s%s/%s: %s", s->nbad > 1 ? "; " : "",
			   where, safe, why);
}

/* MQL_EOS: nothing can be read just now. */
static int
take_file(struct scan *s, int dirfd, unsigned role, const char *file)
{
	struct allowed_key k = { .roles = 1u << role };
	struct str name = { file, strlen(file) - strlen(".pub") };
	const char *why = NULL;
	struct cert c = { 0 };

	if (!cert_name_ok(name)) {
		bad(s, role_dir[role], file, "this is no name for a key");
		return 0;
	}
	enum cert_read got = cert_read(dirfd, file, false, s->room, &c, &why);
	if (got == CERT_FINE && c.has_secret)
		why = "it holds a secret key, which does not belong here";
	else if (got == CERT_FINE && s->set.n == ALLOWED_MAX)
		why = "there are too many keys";
	explicit_bzero(c.secret_key, sizeof c.secret_key);
	explicit_bzero(s->room, sizeof s->room);
	if (got == CERT_BUSY)
		return MQL_EOS;
	if (why && got != CERT_GONE)
		bad(s, role_dir[role], file, why);
	if (why)
		return 0;
	memcpy(k.key, c.public_key, CERT_KEY);
	memcpy(k.name, name.ptr, name.len);
	return set_add(&s->set, &k);
}

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && !strcmp(name + n - m, end);
}

static int
take_directory(struct scan *s, int dirfd, unsigned role)
{
	DIR *d = fdopendir(dirfd);
	const struct dirent *e;
	int err = 0;

	if (!d) {
		close(dirfd);
		return MQL_EOS;
	}
	while (!err && (errno = 0, e = readdir(d))) {
		if (*e->d_name == '.')
			continue;
		if (ends_with(e->d_name, ".pub"))
			err = take_file(s, dirfd, role, e->d_name);
		else if (ends_with(e->d_name, ".key"))
			bad(s, role_dir[role], e->d_name,
			    "a secret key does not belong here");
	}
	if (!err && errno)
		err = MQL_EOS;
	closedir(d);
	return err;
}

/* A role without a directory has no keys; but not all of them. */
static int
scan(const struct allowed *a, struct scan *s)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int top = open(a->dir, flags), err = 0, found = 0;

	if (top < 0)
		return MQL_EOS;
	for (unsigned i = 0; !err && i < WIRE_ROLES; i++) {
		int fd = openat(top, role_dir[i], flags);
		found += fd >= 0;
		if (fd >= 0)
			err = take_directory(s, fd, i);
		else if (errno != ENOENT)
			err = MQL_EOS;
	}
	close(top);
	return !err && !found ? MQL_EINVAL : err;
}

/* --- taking over -------------------------------------------------------------- */

static uint32_t
state_of(const struct allowed_key *k)
{
	return k->serial << ROLE_BITS | k->roles;
}

static void
retire(struct allowed *a, const struct allowed_key *k)
{
	uint32_t next = (k->serial + 1) << ROLE_BITS;

	atomic_store(&a->state[k->slot], next); /* no roles */
	a->freed[a->nfreed++] = k->slot;
}

static void
settle_in(struct allowed *a, struct allowed_key *k)
{
	k->slot = a->nfreed ? a->freed[--a->nfreed] : (uint32_t)a->used++;
	k->serial = atomic_load(&a->state[k->slot]) >> ROLE_BITS;
}

/* Takes fresh. Those that stay keep their slots. */
static bool
replace(struct allowed *a, struct set *fresh)
{
	bool changed = fresh->n != a->now.n;

	for (size_t i = 0; i < a->now.n; i++) {
		if (set_find(fresh, a->now.key[i].key))
			continue;
		retire(a, &a->now.key[i]);
		changed = true;
	}
	for (size_t i = 0; i < fresh->n; i++) {
		struct allowed_key *k = &fresh->key[i];
		const struct allowed_key *old = set_find(&a->now, k->key);
		if (old) {
			k->slot = old->slot;
			k->serial = old->serial;
		} else {
			settle_in(a, k);
		}
		changed |= !old || old->roles != k->roles;
		atomic_store(&a->state[k->slot], state_of(k));
	}
	free(a->now.key);
	a->now = *fresh;
	return changed;
}

static void
say(const struct allowed *a, bool warning, const char *line)
{
	if (a->say)
		a->say(a->arg, warning, line);
}

static void
say_keys(const struct allowed *a)
{
	size_t n[WIRE_ROLES] = { 0 };
	char line[160];

	for (size_t i = 0; i < a->now.n; i++)
		for (unsigned k = 0; k < WIRE_ROLES; k++)
			n[k] += a->now.key[i].roles >> k & 1;
	snprintf(line, sizeof line, "keys that are allowed: agents %zu, "
		 "subscribers %zu, operators %zu", n[0], n[1], n[2]);
	say(a, false, line);
}

/* One line, and not the same one again. */
static void
say_bad(struct allowed *a, const struct scan *s)
{
	char line[LINE] = "";

	if (s->nbad)
		snprintf(line, sizeof line, "%zu key file%s left out: %.*s%s",
			 s->nbad, s->nbad == 1 ? " is" : "s are",
			 (int)s->bad.len, s->text, s->bad.err ? " ..." : "");
	if (*line && strcmp(line, a->told))
		say(a, true, line);
	snprintf(a->told, sizeof a->told, "%s", line);
}

static int
read_keys(struct allowed *a)
{
	struct scan *s = calloc(1, sizeof *s);
	int err;

	if (!s)
		return MQL_ENOMEM;
	s->bad = (struct buf)BUF_FIXED(s->text, LINE - 60);
	if (!(err = scan(a, s))) {
		set_settle(&s->set);
		if (replace(a, &s->set))
			say_keys(a);
		s->set = (struct set){ 0 };
		say_bad(a, s);
	}
	free(s->set.key);
	free(s);
	return err;
}

/* --- looking ------------------------------------------------------------------ */

static void
look(struct allowed *a, struct stamp stamp[DIRS])
{
	char path[PATH_MAX + 16];
	struct timespec now;
	struct stat st;

	clock_gettime(CLOCK_REALTIME, &now);
	a->fresh = false;
	for (int i = 0; i < DIRS; i++) {
		stamp[i] = (struct stamp){ 0 };
		snprintf(path, sizeof path, "%s/%s", a->dir,
			 i ? role_dir[i - 1] : "");
		if (stat(path, &st))
			continue;
		stamp[i] = (struct stamp){ st.st_dev, st.st_ino, st.st_mtim };
		a->fresh |= now.tv_sec - st.st_mtim.tv_sec < MOMENT_S;
	}
}

static bool
same(const struct stamp *a, const struct stamp *b)
{
	return a->dev == b->dev && a->ino == b->ino &&
	       a->at.tv_sec == b->at.tv_sec && a->at.tv_nsec == b->at.tv_nsec;
}

/* Is there a reason to read? Takes note of what is there now. */
static bool
has_changed(struct allowed *a, int64_t now)
{
	struct stamp stamp[DIRS];
	bool changed = a->fresh || a->stuck || now - a->read_at >= REREAD_MS;

	look(a, stamp);
	for (int i = 0; i < DIRS; i++)
		changed |= !same(&stamp[i], &a->seen[i]);
	memcpy(a->seen, stamp, sizeof stamp);
	return changed;
}

void
allowed_refresh(struct allowed *a, int64_t now)
{
	if (now - a->looked < ALLOWED_LOOK_MS)
		return;
	a->looked = now;
	if (!has_changed(a, now))
		return;
	bool failed = read_keys(a) != 0;
	if (failed && !a->stuck)
		say(a, true, "the directory of allowed keys cannot be read: "
		    "those that it had stay allowed");
	a->stuck = failed;
	a->read_at = now;
}

/* --- opening ------------------------------------------------------------------ */

int
allowed_open(const char *dir, wire_say *tell, void *arg, struct allowed **out,
	     char *why, size_t nwhy)
{
	struct allowed *a = calloc(1, sizeof *a);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!a)
		goto out;
	a->say = tell;
	a->arg = arg;
	a->looked = a->read_at = INT64_MIN / 2;
	a->state = calloc(ALLOWED_MAX, sizeof *a->state);
	a->freed = calloc(ALLOWED_MAX, sizeof *a->freed);
	if (!a->state || !a->freed)
		goto out;
	snprintf(a->dir, sizeof a->dir, "%s", dir);
	look(a, a->seen); /* before it is read: a change between is seen */
	err = read_keys(a);
	if (err == MQL_EOS)
		err = MQL_EINVAL;
	if (err)
		goto out;
	*out = a;
	a = NULL;
out:
	if (err == MQL_EINVAL)
		snprintf(why, nwhy, "%s: none of agents/, subscribers/ and "
			 "operators/ can be read there", dir);
	else if (err)
		snprintf(why, nwhy, "%s", mql_strerror(err));
	allowed_free(a);
	return err;
}

void
allowed_free(struct allowed *a)
{
	if (!a)
		return;
	free(a->now.key);
	free(a->state);
	free(a->freed);
	free(a);
}

const struct allowed_key *
allowed_find(const struct allowed *a, const uint8_t key[CERT_KEY])
{
	return set_find(&a->now, key);
}

unsigned
allowed_roles(const struct allowed *a, uint32_t slot, uint32_t serial)
{
	const uint32_t all = (1u << ROLE_BITS) - 1;
	uint32_t state;

	if (slot >= ALLOWED_MAX)
		return 0;
	state = atomic_load_explicit(&a->state[slot], memory_order_acquire);
	return state >> ROLE_BITS == serial ? state & all : 0;
}
