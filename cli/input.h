/* input.h - the events of `eval` and `tap`: lines of files, one file after the
 * other; no file, or `-`, is standard input.
 *
 * Blank lines are passed over. What is wrong with an input is collected here
 * and told in one sentence. One owner. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "cli/lines.h"

struct input {
	struct lines lines;
	char       **file;
	int          nfile;
	uint64_t     total;   /* bytes in all, as far as they are known */
	bool         endless; /* not all sizes are known */
	uint64_t     done;    /* bytes of the files that are finished */
	const char  *name;    /* of the file being read */
	uint64_t     nbad, nlong;
	char         first[512]; /* where the first bad line stands */
};

/* What to do with it. The struct is the caller's; arg is handed back. */
struct input_use {
	/* One line that is not blank. False: enough, stop here. */
	bool (*line)(void *arg, struct str line);
	/* Nothing can be read just now, or a block has been dealt with.
	 * False: stop. */
	bool (*idle)(void *arg, bool waiting);
	void *arg;
};

/* Look at the files, without reading them. file is borrowed. 0, MQL_ENOMEM,
 * or MQL_EOS: one cannot be read, and a sentence was printed. */
int input_init(struct input *in, char **file, int nfile, size_t max_line);
void input_fini(struct input *in);

/* Read all of it once. 0 (stopped early too), or MQL_EOS after a sentence. */
int input_run(struct input *in, const struct input_use *use);

/* Open the i-th; -1 and errno. Not for standard input is the descriptor the
 * caller's to close. input_name() is how people call it. */
int input_open(const struct input *in, int i);
bool input_is_stdin(const struct input *in, int i);
const char *input_name(const struct input *in, int i);

/* Say that a file cannot be read. MQL_EOS. */
int input_cannot_read(const char *name, int oserr);

/* The line in hand is no event. */
void input_bad(struct input *in);
/* As many are none, nlong of them for their length; the first is this line of
 * the file name. In the order of the input. */
void input_add_bad(struct input *in, const char *name, uint64_t line,
		   uint64_t nbad, uint64_t nlong);
/* `2 lines were not JSON (first: FILE:17)`, if any. */
void input_report(const struct input *in);

/* Bytes read, over all files. */
uint64_t input_bytes(const struct input *in);

#endif
