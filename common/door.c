/* door.c - see door.h. */
#include "common/door.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/listen.h"
#include "mql/error.h"

enum { MAX_FILE = 1 << 20, MAX_TOKEN = 1024 };

/* What is wrong with the n bytes of a file; NULL: nothing. A token is what a
 * header can hold. */
static const char *
wrong(const char *text, size_t n, bool token)
{
	if (!n)
		return "there is nothing in it";
	if (memchr(text, '\0', n))
		return "this is no text";
	if (token && n > MAX_TOKEN)
		return "a token has at most 1,024 characters";
	for (size_t i = 0; token && i < n; i++)
		if (text[i] < ' ' || text[i] > '~')
			return "a token is one line of ASCII";
	return NULL;
}

/* Gives the text of a file. */
static char *
read_file(const char *path, bool token, char *why, size_t nwhy)
{
	FILE *from = fopen(path, "re");
	char *text = from ? calloc(1, MAX_FILE) : NULL;
	const char *bad;
	size_t n = 0;

	if (text) {
		setvbuf(from, NULL, _IONBF, 0); /* no copy is left behind */
		n = fread(text, 1, MAX_FILE - 1, from);
	}
	if (text && !ferror(from)) {
		while (n && text[n - 1] && strchr(" \t\r\n", text[n - 1]))
			text[--n] = '\0';
		bad = wrong(text, n, token);
	} else {
		bad = strerrordesc_np(errno);
	}
	if (from)
		fclose(from);
	if (!bad)
		return text;
	snprintf(why, nwhy, "%s: %s", path, bad);
	if (text)
		explicit_bzero(text, MAX_FILE);
	free(text);
	return NULL;
}

int
door_open(struct door *d, const struct door_files *files, char *why,
	  size_t nwhy)
{
	const struct {
		const char *path;
		char      **to;
	} file[] = {
		{ files->token, &d->token },
		{ files->cert, &d->cert },
		{ files->key, &d->key },
	};

	*d = (struct door){ 0 };
	for (size_t i = 0; i < sizeof file / sizeof *file; i++) {
		if (!file[i].path ||
		    (*file[i].to = read_file(file[i].path, i == 0, why,
						 nwhy)))
			continue;
		door_close(d);
		return MQL_EINVAL;
	}
	return 0;
}

static void
wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void
door_close(struct door *d)
{
	wipe(d->token);
	wipe(d->cert);
	wipe(d->key);
	*d = (struct door){ 0 };
}

bool
door_is_safe(const char *address, const struct door_files *files)
{
	return listen_is_loopback(address) ||
	       (files->token && files->cert && files->key);
}

bool
door_same(const char *token, const char *said)
{
	size_t n = strlen(token), m = strlen(said);
	volatile size_t differs = n ^ m;

	for (size_t i = 0; i < m; i++)
		differs |= (size_t)(token[n ? i % n : 0] ^ said[i]) & 0xff;
	return !differs;
}

bool
door_lets_in(const struct door *d, const char *authorization)
{
	static const char bearer[] = "Bearer ";

	if (!d->token)
		return true;
	return authorization &&
	       !strncasecmp(authorization, bearer, sizeof bearer - 1) &&
	       door_same(d->token, authorization + sizeof bearer - 1);
}
