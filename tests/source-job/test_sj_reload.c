/* test_sj_reload.c - SIGHUP: what of the configuration is taken at once. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/scratch.h"
#include "mql/error.h"
#include "tests/source-job/prometheus.h"
#include "tests/source-job/scene.h"

struct changing {
	struct daemon d;
	struct tail   t;
	char path[SCRATCH_PATH], option[SCRATCH_PATH + 16];
};

static void
write_file(const struct changing *c, const char *text)
{
	FILE *f = fopen(c->path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	ck_assert_int_eq(fclose(f), 0);
}

static void
begin(struct changing *c, const char *text)
{
	int fd = scratch_file(c->path, "reload");

	ck_assert_int_ge(fd, 0);
	close(fd);
	write_file(c, text);
	snprintf(c->option, sizeof c->option, "--config=%s", c->path);
	daemon_start(&c->d, c->option, NULL);
	tail_open(&c->t, &c->d);
}

static void
end(struct changing *c)
{
	tail_close(&c->t);
	daemon_stop(&c->d);
	unlink(c->path);
}

/* Ask again and again, until the answer is this one: 0 or an error. */
static void
until_answer(struct changing *c, const char *query, int error)
{
	do {
		c->t.accepted = false;
		c->t.error = 0;
		tail_ask(&c->t, query, 0, 1 << 20);
		TAIL_UNTIL(&c->t, c->t.accepted || c->t.error);
		if (c->t.accepted && error) {
			tail_unsubscribe(&c->t);
			TAIL_UNTIL(&c->t, c->t.ended);
			c->t.ended = false;
		}
	} while (c->t.error != error);
}

START_TEST(limits_are_others_after_sighup)
{
	struct changing c;

	begin(&c, "max-queries = 1\n");
	until_answer(&c, "select a", 0);
	c.t.id++;
	until_answer(&c, "select b", MQL_ELIMIT);
	write_file(&c, "max-queries = 400\nmax-subscribers = 1\n");
	daemon_signal(&c.d, SIGHUP);
	/* There may be more queries now, and no more subscriptions: that is
	 * an answer with another sentence. */
	do {
		c.t.why[0] = '\0';
		until_answer(&c, "select b", MQL_ELIMIT);
	} while (!strstr(c.t.why, "subscri"));
	write_file(&c, "max-queries = 400\n");
	daemon_signal(&c.d, SIGHUP);
	until_answer(&c, "select b", 0);
	end(&c);
}
END_TEST

START_TEST(a_file_that_makes_no_sense_changes_nothing)
{
	struct changing c;

	begin(&c, "max-queries = 1\nlog-format = json\n");
	write_file(&c, "max-queries = 400\nworkers = many\n");
	daemon_signal(&c.d, SIGHUP);
	unlink(c.path);
	daemon_signal(&c.d, SIGHUP);
	until_answer(&c, "select a", 0);
	c.t.id++;
	until_answer(&c, "select b", MQL_ELIMIT);
	end(&c);
}
END_TEST

START_TEST(what_needs_a_restart_stays)
{
	struct changing c;
	struct agent a;

	begin(&c, "agent-credit = 300k\nmax-agents = 100\n");
	write_file(&c, "agent-credit = 400k\nworkers = 7\n"
		   "agents = tcp://127.0.0.1:0\nmax-agents = 1\n"
		   "max-queries = 1\n");
	daemon_signal(&c.d, SIGHUP);
	until_answer(&c, "select a", 0);
	c.t.id++;
	until_answer(&c, "select b", MQL_ELIMIT); /* it was read by now */
	agent_open(&a, &c.d, "a", NULL); /* there, and it works */
	ck_assert_uint_eq(a.credit, 300 << 10);
	agent_close(&a);
	end(&c);
}
END_TEST

/* Memory is divided for so many: a share for each would be too much. */
START_TEST(there_are_no_more_agents_than_memory_was_divided_for)
{
	struct changing c;
	struct agent a;

	begin(&c, "max-agents = 1\n");
	write_file(&c, "max-agents = 2\nmax-queries = 1\n");
	daemon_signal(&c.d, SIGHUP);
	until_answer(&c, "select a", 0);
	c.t.id++;
	until_answer(&c, "select b", MQL_ELIMIT); /* it was read by now */
	agent_open(&a, &c.d, "a", NULL);
	peer_expect_full(&c.d, "b");
	agent_close(&a);
	end(&c);
}
END_TEST

TEST_MAIN(sj_reload, there_are_no_more_agents_than_memory_was_divided_for,
	  limits_are_others_after_sighup,
	  a_file_that_makes_no_sense_changes_nothing,
	  what_needs_a_restart_stays)
