/* keys.c - see keys.h. */
#include "wire/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zmq.h>

#include "mql/error.h"
#include "wire/cert.h"

struct wire_keys { /* in pages of its own */
	struct cert ours, theirs;
	char        room[CERT_BYTES]; /* what a file held, for a moment */
};

/* --- memory ----------------------------------------------------------------- */

static struct wire_keys *
keys_new(void)
{
	struct wire_keys *k = mmap(NULL, sizeof *k, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (k == MAP_FAILED)
		return NULL;
	/* As far as the limits of the process allow. */
	mlock(k, sizeof *k);
	madvise(k, sizeof *k, MADV_DONTDUMP);
	return k;
}

void
wire_keys_free(struct wire_keys *k)
{
	if (!k)
		return;
	explicit_bzero(k, sizeof *k);
	munmap(k, sizeof *k);
}

const uint8_t *
wire_keys_public(const struct wire_keys *k)
{
	return k->ours.public_key;
}

const uint8_t *
wire_keys_secret(const struct wire_keys *k)
{
	return k->ours.secret_key;
}

const uint8_t *
wire_keys_server(const struct wire_keys *k)
{
	return k->theirs.has_public ? k->theirs.public_key : NULL;
}

/* --- reading ---------------------------------------------------------------- */

/* A file that was cut or mixed up would only fail far from here. */
static const char *
mismatch(const struct cert *c)
{
	char secret[CERT_TEXT + 1], public[CERT_TEXT + 1];
	uint8_t key[CERT_KEY];
	bool same = zmq_z85_encode(secret, c->secret_key, CERT_KEY) &&
		    !zmq_curve_public(public, secret) &&
		    zmq_z85_decode(key, public) &&
		    !memcmp(key, c->public_key, CERT_KEY);

	explicit_bzero(secret, sizeof secret);
	return same ? NULL : "its two keys do not belong together";
}

static int
read_file(struct wire_keys *k, const char *path, bool secret, struct cert *c,
	  char *why, size_t nwhy)
{
	const char *what = NULL;

	cert_read(AT_FDCWD, path, secret, k->room, c, &what);
	explicit_bzero(k->room, sizeof k->room);
	if (!what && secret)
		what = mismatch(c);
	if (!what)
		return 0;
	snprintf(why, nwhy, "%s: %s", path, what);
	return MQL_EINVAL;
}

int
wire_keys_load(const char *key, const char *server_key,
	       struct wire_keys **out, char *why, size_t nwhy)
{
	struct wire_keys *k = keys_new();
	int err;

	*out = NULL;
	if (!k) {
		snprintf(why, nwhy, "%s", mql_strerror(MQL_ENOMEM));
		return MQL_ENOMEM;
	}
	err = read_file(k, key, true, &k->ours, why, nwhy);
	if (!err && server_key)
		err = read_file(k, server_key, false, &k->theirs, why, nwhy);
	if (err) {
		wire_keys_free(k);
		return err;
	}
	/* Somebody gave a .key where a .pub does. */
	explicit_bzero(k->theirs.secret_key, CERT_KEY);
	*out = k;
	return 0;
}

int
wire_keys_load_both(const char *key, const char *server_key,
		    struct wire_keys **out, char *why, size_t nwhy)
{
	bool ours = key && *key, theirs = server_key && *server_key;

	*out = NULL;
	if (!ours && !theirs)
		return 0;
	if (ours && theirs)
		return wire_keys_load(key, server_key, out, why, nwhy);
	snprintf(why, nwhy, "a key and the source-job's public key go "
		 "together: only %s is given", ours ? "the first" :
						      "the second");
	return MQL_EINVAL;
}

/* --- making ----------------------------------------------------------------- */

static int
fail(const char *path, char *why, size_t nwhy)
{
	int os = errno;

	if (os == EEXIST)
		snprintf(why, nwhy, "%s is there already: a key is never "
			 "overwritten", path);
	else
		snprintf(why, nwhy, "%s: %s", path, strerrordesc_np(os));
	return os == EEXIST ? MQL_EINUSE : MQL_EOS;
}

static bool
write_all(int fd, const struct buf *b)
{
	for (size_t at = 0; at < b->len;) {
		ssize_t n = write(fd, b->data + at, b->len - at);
		if (n < 0 && errno != EINTR)
			return false;
		at += n > 0 ? (size_t)n : 0;
	}
	return !fsync(fd);
}

static int
create(const char *path, mode_t mode, const struct buf *text, char *why,
       size_t nwhy)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
		      O_NOFOLLOW, mode);

	if (fd < 0)
		return fail(path, why, nwhy);
	int err = write_all(fd, text) ? 0 : fail(path, why, nwhy);
	close(fd);
	if (err)
		unlink(path);
	return err;
}

/* A name is on the disk when its directory is. */
static int
sync_directory(const char *dir, char *why, size_t nwhy)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 || fsync(fd) ? fail(dir, why, nwhy) : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

static int
write_pair(const char *dir, const char *name, const char *public,
	   const char *secret, char *why, size_t nwhy)
{
	char path[2][PATH_MAX], text[2][512];
	struct buf b[2] = { BUF_FIXED(text[0], sizeof text[0]),
			    BUF_FIXED(text[1], sizeof text[1]) };
	int err;

	for (int i = 0; i < 2; i++) {
		int n = snprintf(path[i], PATH_MAX, "%s/%s.%s", dir, name,
				 i ? "pub" : "key");
		cert_write(name, public, i ? NULL : secret, &b[i]);
		if (n >= PATH_MAX) {
			errno = ENAMETOOLONG;
			return fail(dir, why, nwhy);
		}
	}
	if (!(err = create(path[0], 0600, &b[0], why, nwhy)) &&
	    (err = create(path[1], 0644, &b[1], why, nwhy)))
		unlink(path[0]);
	explicit_bzero(text, sizeof text);
	return err ? err : sync_directory(dir, why, nwhy);
}

int
wire_keys_make(const char *dir, const char *name, char *why, size_t nwhy)
{
	char public[CERT_TEXT + 1], secret[CERT_TEXT + 1];
	int err;

	if (!cert_name_ok(str_of(name))) {
		snprintf(why, nwhy, "a key's name has 1 to %d letters, digits, "
			 "'_', '.' and '-', the last two not in front",
			 CERT_NAME);
		return MQL_EINVAL;
	}
	if (zmq_curve_keypair(public, secret)) {
		snprintf(why, nwhy, "this ZeroMQ is built without CURVE");
		return MQL_EOS;
	}
	err = write_pair(dir, name, public, secret, why, nwhy);
	explicit_bzero(secret, sizeof secret);
	return err;
}
