#!/bin/bash
# The sink of Kafka asks what the source-job keeps under a name, on the mock
# cluster: from the command line and from files, when it is saved late, saved
# anew, removed, and saved again; in a group, too.
. "$(dirname "$0")/../kafka/lib.sh"
mkdir "$WORK/state" "$WORK/queries"
mock
source_job --lease 60s --state "$WORK/state"

mql() { "$BUILD/mql" "$1" -q -s "$SUBSCRIBERS" "${@:2}" || fail "mql $*"; }
numbers() { seq 1 100 | sed 's/.*/{"n":&}/'; }
numbers > "$WORK/events.ndjson"
publish() { # NAME: to all that are asked
	background "$1" "$BUILD/mql" tap --app "$1" --wait "$WORK/events.ndjson"
	wait "$LAST" || fail "$1 ended with status $?"
}
topic_has() { [ "$(read_back "$1" '%s\n' | wc -l)" = "$2" ]; }
told() { until_true 10 says "$WORK/$1.err" "$2" || fail "$2: $(cat "$WORK/$1.err")"; }

# --- by the command line, and in a file ------------------------------------------
mql save low 'select n where n <= 10'
printf -- '-- saved: top\n-- topic: high\n-- key: n\n-- group: sinks\n' \
	> "$WORK/queries/some.mql"
sink saved --saved low --query-dir "$WORK/queries"
told saved 'some: no query is saved as top: waiting for one'
until_true 10 metric_is queries 1 || fail "low is not asked"
! sink_ready || fail "ready though a query is not there"
mql save top 'select n where n > 95'
until_true 10 sink_ready || fail "not ready: $(curl -s "$SINK_HTTP/readyz")"
publish one
until_true 20 metric_is acknowledged_total 15 || fail "no rows"
topic_has low 10 && topic_has high 5 || fail "other rows"
[ "$(read_back high '%k %s\n' | sort | head -n 1)" = '100 {"n":100}' ] ||
	fail "another key"
"$BUILD/mql" queries -s "$SUBSCRIBERS" -o json | grep -q '"name":"sinks"' ||
	fail "there is no group"
say "ok: what is saved is asked, also when it is saved later"

# --- saved anew, removed, saved again --------------------------------------------
mql save low 'select n where n <= 3'
told saved 'low: the query saved as low is another now'
told saved 'low: 10 rows, 10 acknowledged'
until_true 10 metric_is rows_total 5 || fail "it does not begin anew"
until_true 10 sink_ready || fail "not ready"
publish two
until_true 20 metric_is acknowledged_total 13 || fail "no rows of the new text"
topic_has low 13 || fail "other rows in low"
mql rm low
told saved 'low: no query is saved as low any more'
told saved 'low: 3 rows, 3 acknowledged'
until_true 10 metric_is queries 1 || fail "it still runs"
curl -s "http://$SINK_HTTP/readyz" > "$WORK/ready"
says "$WORK/ready" 'no query is saved as low' || fail "$(cat "$WORK/ready")"
mql save low 'select n where n <= 3'
until_true 10 sink_ready || fail "not ready: $(curl -s "$SINK_HTTP/readyz")"
publish three
until_true 20 topic_has low 16 || fail "no rows once it is saved again"
until_true 20 topic_has high 15 || fail "high was disturbed"
kill -TERM "$SINK"
wait "$SINK" || fail "the sink ended with status $?: $(cat "$WORK/saved.err")"
say "ok: it is followed when it is another, goes and comes"

# --- while the source-job is away nothing is removed ---------------------------------
sink away --saved low
until_true 10 sink_ready || fail "not ready"
kill -TERM "$JOB"
wait "$JOB" || fail "the source-job ended with status $?"
until_true 10 grep -q 'warning: low: ' "$WORK/away.err" || fail "not told"
! sink_ready || fail "ready without a source-job"
source_job --lease 60s --state "$WORK/state"
until_true 20 sink_ready || fail "not ready: $(curl -s "$SINK_HTTP/readyz")"
! says "$WORK/away.err" 'no query is saved' || fail "$(cat "$WORK/away.err")"
publish four
until_true 20 metric_is acknowledged_total 3 || fail "it does not go on"
kill -TERM "$SINK"
wait "$SINK" || fail "the sink ended with status $?: $(cat "$WORK/away.err")"
say "ok: who cannot be asked has removed nothing"
