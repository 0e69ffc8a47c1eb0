/* prometheus.h - is it text that Prometheus takes? As `promtool check metrics`
 * looks at it, as far as we write it. */
#ifndef TESTS_SOURCE_JOB_PROMETHEUS_H
#define TESTS_SOURCE_JOB_PROMETHEUS_H

/* The body of an answer of /metrics (headers may stand before it) has for each
 * sample a HELP and a TYPE before it, each once; counters end in _total; labels
 * are quoted; values are numbers; buckets of a histogram never go down, the
 * last is le="+Inf" and equals _count; no sample stands there twice. Fails the
 * test, with the line. */
void prometheus_check(const char *text);

/* The value of this sample (`name` or `name{label="..."}`); -1: not there. */
double prometheus_value(const char *text, const char *sample);

#endif
