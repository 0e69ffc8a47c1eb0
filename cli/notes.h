/* notes.h - what is said on standard error beside the rows.
 *
 * On a terminal one status line stands below the rows and is updated in place;
 * it is taken away while rows or notes are written, so it never mixes with
 * them. When standard output is a pipe, its reader may write to the same
 * terminal unseen by us: then there is no status line, as when standard error
 * is no terminal. One owner. */
#ifndef CLI_NOTES_H
#define CLI_NOTES_H

#include <stdbool.h>

struct notes {
	bool quiet;    /* errors only */
	bool in_place; /* a status line is possible */
	bool shown;
	unsigned said; /* lines that stay, so far */
	char status[256];
};

void notes_init(struct notes *n, bool quiet);

/* The status line from now on. Without one nothing happens. */
__attribute__((format(printf, 2, 3)))
void notes_status(struct notes *n, const char *fmt, ...);

/* A line that stays, beginning with `mql: `. */
__attribute__((format(printf, 2, 3)))
void notes_say(struct notes *n, const char *fmt, ...);

void notes_hide(struct notes *n); /* before others write to the terminal */
void notes_show(struct notes *n); /* after */
void notes_end(struct notes *n);  /* no status line any more */

#endif
