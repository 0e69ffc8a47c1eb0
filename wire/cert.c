/* cert.c - see cert.h. A subset of ZPL (rfc.zeromq.org/spec/4), read strictly:
 * a file that is nearly right is refused with a reason rather than guessed at.
 */
#include "wire/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zmq.h>

#include "mql/error.h"

/* --- lines ------------------------------------------------------------------ */

static struct str
next_line(struct str *rest)
{
	const char *end = rest->len ? memchr(rest->ptr, '\n', rest->len) : NULL;
	size_t n = end ? (size_t)(end - rest->ptr) : rest->len;
	struct str line = { rest->ptr, n };

	n += end != NULL;
	*rest = (struct str){ rest->ptr + n, rest->len - n };
	return line;
}

static struct str
trim(struct str s)
{
	while (s.len && strchr(" \t\r", s.ptr[s.len - 1]))
		s.len--;
	while (s.len && (*s.ptr == ' ' || *s.ptr == '\t')) {
		s.ptr++;
		s.len--;
	}
	return s;
}

static bool
is_text(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c < ' ' && c != '\t' && c != '\r' && c != '\n')
			return false;
	}
	return true;
}

/* --- keys ------------------------------------------------------------------- */

static bool
decode(struct str text, uint8_t *key)
{
	char z[CERT_TEXT + 1];
	bool fine = text.len == CERT_TEXT;

	for (size_t i = 0; fine && i < CERT_TEXT; i++)
		fine = text.ptr[i] > ' ' && text.ptr[i] < 0x7f;
	if (!fine)
		return false;
	memcpy(z, text.ptr, CERT_TEXT);
	z[CERT_TEXT] = '\0';
	fine = zmq_z85_decode(key, z) != NULL;
	explicit_bzero(z, sizeof z);
	return fine;
}

static const char *
take_key(struct str value, uint8_t *key, bool *has)
{
	if (*has)
		return "a key is given twice";
	if (value.len < 2 || *value.ptr != '"' ||
	    value.ptr[value.len - 1] != '"' ||
	    !decode((struct str){ value.ptr + 1, value.len - 2 }, key))
		return "a key is not 40 characters of Z85 in quotes";
	*has = true;
	return NULL;
}

static const char *
take_line(struct str line, struct cert *c)
{
	const char *equals = memchr(line.ptr, '=', line.len);
	size_t n = equals ? (size_t)(equals - line.ptr) : line.len;
	struct str name = trim((struct str){ line.ptr, n });
	struct str value = trim((struct str){ line.ptr + n + (n < line.len),
					      line.len - n - (n < line.len) });

	if (str_eq(name, STR("public-key")))
		return take_key(value, c->public_key, &c->has_public);
	if (str_eq(name, STR("secret-key")))
		return take_key(value, c->secret_key, &c->has_secret);
	return NULL;
}

int
cert_parse(struct str text, struct cert *out, const char **why)
{
	bool in_curve = false;

	*out = (struct cert){ 0 };
	*why = is_text(text) ? NULL : "it is no text";
	while (!*why && text.len) {
		struct str whole = next_line(&text), line = trim(whole);
		if (!line.len || *line.ptr == '#')
			continue;
		if (*whole.ptr != ' ' && *whole.ptr != '\t')
			in_curve = str_eq(line, STR("curve"));
		else if (in_curve)
			*why = take_line(line, out);
	}
	if (!*why && !out->has_public)
		*why = "there is no public-key below a line `curve`";
	if (!*why)
		return 0;
	explicit_bzero(out, sizeof *out);
	return MQL_EINVAL;
}

void
cert_write(const char *name, const char *public_text, const char *secret_text,
	   struct buf *out)
{
	buf_printf(out, secret_text ?
		   "# The SECRET key of %s, made by `mql keygen`: keep it "
		   "where only its\n# process can read it, and copy it "
		   "nowhere.\n" :
		   "# The public key of %s, made by `mql keygen`. It is no "
		   "secret; but who\n# can put it into a directory of allowed "
		   "keys lets its owner in.\n", name);
	buf_puts(out, "# ZeroMQ CURVE certificate\n\ncurve\n");
	buf_printf(out, "    public-key = \"%s\"\n", public_text);
	if (secret_text)
		buf_printf(out, "    secret-key = \"%s\"\n", secret_text);
}

bool
cert_name_ok(struct str name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

	if (!name.len || name.len > CERT_NAME || *name.ptr == '.' ||
	    *name.ptr == '-')
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!name.ptr[i] || !strchr(letters, name.ptr[i]))
			return false;
	return true;
}

/* --- files ------------------------------------------------------------------ */

/* PostgreSQL's rule for the keys of its servers: ours, for us alone; or
 * root's, who may let a group read it. A directory of allowed keys has public
 * ones, which may be read by all but not written. */
static const char *
may_not(const struct stat *st, bool secret)
{
	if (!S_ISREG(st->st_mode))
		return "it is no file";
	if (st->st_size > CERT_BYTES)
		return "it is longer than any key";
	if (!secret)
		return st->st_mode & S_IWOTH ? "everybody may write it" : NULL;
	if (st->st_uid && st->st_uid != geteuid())
		return "it belongs to somebody else";
	if (st->st_mode & (S_IRWXO | S_IWGRP | S_IXGRP) ||
	    (st->st_uid && st->st_mode & S_IRGRP))
		return "others may read it: chmod 600";
	return NULL;
}

static enum cert_read
why_not_open(const char **why)
{
	*why = strerrordesc_np(errno);
	if (errno == ENOENT)
		return CERT_GONE;
	return errno == EACCES || errno == ELOOP || errno == EPERM ||
	       errno == ENXIO || errno == ENOTDIR ? CERT_BAD : CERT_BUSY;
}

static size_t
read_all(int fd, char *room)
{
	size_t n = 0;
	ssize_t got;

	while (n < CERT_BYTES &&
	       ((got = read(fd, room + n, CERT_BYTES - n)) > 0 ||
		(got < 0 && errno == EINTR)))
		n += got > 0 ? (size_t)got : 0;
	return n;
}

enum cert_read
cert_read(int dirfd, const char *path, bool secret, char *room,
	  struct cert *out, const char **why)
{
	/* Never waits: what is there may be a pipe. */
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK |
			O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return why_not_open(why);
	*why = fstat(fd, &st) ? strerrordesc_np(errno) : may_not(&st, secret);
	if (!*why) {
		struct str text = { room, read_all(fd, room) };
		cert_parse(text, out, why);
		if (!*why && secret && !out->has_secret)
			*why = "there is no secret-key in it";
	}
	close(fd);
	return *why ? CERT_BAD : CERT_FINE;
}
