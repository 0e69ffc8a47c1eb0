#!/bin/bash
# The broker dies twice in the middle of a million rows, the sink ends and
# begins again, the sink dies: every row is in the topic once, or in a count
# that says why.
. "$(dirname "$0")/lib.sh"
[ ! "${KAFKA_BOOTSTRAP:-}" ] ||
	{ say "skipped: KAFKA_BOOTSTRAP is not ours to kill"; exit 77; }
KAFKA_DIR=$WORK/kafka
TAPS=4 EVENTS=${EVENTS:-250000}
ALL=$((TAPS * EVENTS))
broker
source_job --queue 64M
make_events 1

begin() { # NAME OPTIONS...
	sink "$@" --create --partitions 4 --buffer 16M --key id \
		--query 'select id'
	until_true 60 sink_ready || fail "not ready"
}
end() { # NAME: its last words must agree with the topic
	kill -TERM "$SINK"
	wait "$SINK" || fail "$1 ended with status $?: $(cat "$WORK/$1.err")"
	says "$WORK/$1.err" 'the books balance' || fail "$(tail -n 1 "$WORK/$1.err")"
	ROWS=$(said "$1" 'rows,') ACKED=$(said "$1" 'acknowledged')
	MATCHED=$(told "$1" 'matched') SEEN=$(told "$1" 'seen')
	SLOW=$(told "$1" 'subscriber slow') LOST=$(told "$1" 'lost')
	RING=$(told "$1" 'agent ring full')
	[ "$ROWS" = "$ACKED" ] || fail "$(tail -n 1 "$WORK/$1.err")"
	[ $((ROWS + SLOW + LOST + RING)) = "$MATCHED" ] ||
		fail "rows without a count: $(tail -n 1 "$WORK/$1.err")"
}
kill_broker() {
	kill -KILL "$BROKER"
	wait "$BROKER" 2> /dev/null || :
}

# --- the broker dies, twice -----------------------------------------------------------
begin broken --topic broken
taps --rate 25000
for round in 1 2; do
	until_true 120 metric_least acknowledged_total $((ALL * round / 5)) ||
		fail "no rows before death $round"
	kill_broker
	say "the broker is dead at $(metric acknowledged_total) of $ALL"
	broker
done
wait "${TAPPERS[@]}" || fail "a tap ended with status $?"
until_true 60 idle || fail "$(metric waiting_records) records still wait"
end broken
in_topic broken
[ "$FOUND" = "$ACKED" ] || fail "$FOUND in the topic, $ACKED acknowledged"
[ "$MATCHED" = "$ALL" ] || fail "$MATCHED of $ALL matched"
say "ok: $(tail -n 1 "$WORK/broken.err")"

# --- the sink ends and begins again -------------------------------------------------
begin first --topic again
taps --rate 25000
until_true 60 metric_least acknowledged_total $((ALL / 5)) || fail "no rows"
end first
seen=$SEEN acked=$ACKED
begin second --topic again
wait "${TAPPERS[@]}" || fail "a tap ended with status $?"
until_true 60 idle || fail "$(metric waiting_records) records still wait"
end second
in_topic again
[ "$FOUND" = $((acked + ACKED)) ] ||
	fail "$FOUND in the topic, $acked and $ACKED acknowledged"
[ $((seen + SEEN)) -le $ALL ] || fail "$seen and $SEEN of $ALL seen"
say "ok: $acked + $ACKED rows, $((ALL - seen - SEEN)) events while nobody asked"

# --- the sink dies ---------------------------------------------------------------------
before=$(of_job rows_out_total)
begin dying --topic dead --state "$WORK/state"
taps --rate 25000
until_true 60 metric_least acknowledged_total $((ALL / 5)) || fail "no rows"
until_true 20 test -s "$WORK/state" || fail "no state"
acked=$(metric acknowledged_total)
kill -KILL "$SINK"
wait "$SINK" 2> /dev/null || :
begin heir --topic dead --state "$WORK/state"
lost=$(metric crash_lost_total)
wait "${TAPPERS[@]}" || fail "a tap ended with status $?"
until_true 60 idle || fail "$(metric waiting_records) records still wait"
missed=$(metric missed_total)
end heir
in_topic dead
[ "$FOUND" -ge $((acked + ACKED)) ] ||
	fail "$FOUND in the topic: of $acked and $ACKED acknowledged ones some are gone"
says "$WORK/heir.err" 'ended without a word: up to' || [ "$lost" = 0 ] ||
	fail "the loss is not told"
handed=$(($(of_job rows_out_total) - before)) unsure=$(of_job rows_unsure_total)
[ "$FOUND" -le "$handed" ] || fail "$FOUND rows of $handed that were handed over"
[ $((handed - FOUND)) -le "$unsure" ] ||
	fail "$((handed - FOUND)) rows are missing, $unsure told by the source-job"
says "$WORK/job.err" "is gone without a word: of [0-9]* rows .* $unsure are lost" ||
	fail "the source-job does not tell who took $unsure rows along"
say "ok: of $handed rows handed over $FOUND are in the topic, $((handed - FOUND))" \
	"are lost: at most $unsure by the source-job, $lost by the sink's own" \
	"file; $missed missed"
