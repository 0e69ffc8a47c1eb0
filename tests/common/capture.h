/* capture.h - what a test writes to standard output or standard error. */
#ifndef TESTS_COMMON_CAPTURE_H
#define TESTS_COMMON_CAPTURE_H

#include <check.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct capture {
	int  fd, saved, file;
	char text[8192];
};

static inline void
capture_start(struct capture *c, int fd)
{
	fflush(NULL);
	c->fd = fd;
	c->saved = dup(fd);
	c->file = memfd_create("capture", 0);
	ck_assert(c->file >= 0 && dup2(c->file, fd) == fd);
}

/* The text so far; the file descriptor is as it was. */
static inline const char *
capture_stop(struct capture *c)
{
	ssize_t n;

	fflush(NULL);
	n = pread(c->file, c->text, sizeof c->text - 1, 0);
	ck_assert(n >= 0);
	c->text[n] = '\0';
	dup2(c->saved, c->fd);
	close(c->saved);
	close(c->file);
	return c->text;
}

#endif
