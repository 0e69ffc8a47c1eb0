#!/bin/bash
# Sinks of one group share the rows of a query: one ends, one joins, one is
# killed, and every row is in the topic once, or among those that the source-job
# says went with the killed one.
. "$(dirname "$0")/lib.sh"
KAFKA_DIR=$WORK/kafka
TAPS=3 EVENTS=${EVENTS:-20000}
topic=mql-group-$$
broker
source_job --queue 64M --lease 2s

declare -A PID DOOR
member() { # NAME OPTIONS...: each has a file of its own
	sink "$1" --create --partitions 4 --query 'select id' --key id \
		--group sinks --member "$1" --state "$WORK/$1.state" "${@:2}"
	PID[$1]=$SINK DOOR[$1]=$SINK_HTTP
	until_true 60 sink_ready || fail "$1 is not ready"
}
of() { # MEMBER METRIC
	SINK_HTTP=${DOOR[$1]} metric "$2"
}
of_least() { [ "$(of "$1" "$2")" -ge "$3" ]; }
end() { # MEMBERS...: adds to ACKED what they say in the end
	local m
	for m in "$@"; do
		kill -TERM "${PID[$m]}"
		wait "${PID[$m]}" || fail "$m: status $?: $(cat "$WORK/$m.err")"
		says "$WORK/$m.err" "others' [0-9]*.*the books balance" ||
			fail "$m: $(tail -n 1 "$WORK/$m.err")"
		[ "$(said "$m" acknowledged)" -gt 0 ] || fail "$m had nothing"
		ACKED=$((ACKED + $(said "$m" acknowledged)))
	done
}
wave() { # NUMBER OPTIONS...
	make_events $(($1 * EVENTS + 1))
	taps --rate 4000 "${@:2}"
}
waved() { # NUMBER: of waves, all of which are with the members
	wait "${TAPPERS[@]}" || fail "a tap ended with status $?"
	ALL=$(($1 * TAPS * EVENTS))
	until_true 60 groups_are rows $ALL || fail "rows are missing in the group"
	until_true 60 groups_are waiting 0 || fail "rows wait"
}
groups_are() { # FIELD NUMBER: summed up by the source-job
	[ "$("$BUILD/mql" -s "$SUBSCRIBERS" queries -o json |
		jq -s "flatten | [.[].groups[]?.$1] | add // 0")" = "$2" ]
}

# --- one ends, one joins ---------------------------------------------------------------
for m in a b c; do member $m --topic "$topic"; done
wave 0
until_true 60 of_least b acknowledged_total 1000 || fail "b gets no rows"
ACKED=0
end b
waved 1
wave 1
member d --topic "$topic"
waved 2
wave 2
waved 3
end a c d
in_topic "$topic"
[ "$FOUND" = "$ALL" ] && [ "$ACKED" = "$ALL" ] ||
	fail "$FOUND of $ALL rows are there, $ACKED acknowledged"
[ "$(of_job rows_unsure_total)" = 0 ] || fail "somebody went without a word"
say "ok: $ALL rows, each once, of three members; one ended, one joined"

# --- one is killed, and comes back ----------------------------------------------------
before=$(of_job rows_out_total)
for m in a b c; do member $m --topic "$topic-killed"; done
wave 0
until_true 60 of_least b acknowledged_total 1000 || fail "b gets no rows"
kill -KILL "${PID[b]}"
wait "${PID[b]}" 2> "$WORK/killed" || :
member b --topic "$topic-killed"
lost=$(of b crash_lost_total)
waved 1
wave 1
waved 2
end a b c
in_topic "$topic-killed"
handed=$(($(of_job rows_out_total) - before)) unsure=$(of_job rows_unsure_total)
dropped=$(of_job 'dropped_total{at="source_job",cause="subscriber_slow"}')
[ $((handed + dropped)) = "$ALL" ] ||
	fail "$handed handed over and $dropped dropped of $ALL"
[ "$FOUND" -le "$handed" ] && [ $((handed - FOUND)) -le "$unsure" ] ||
	fail "$((handed - FOUND)) are missing, $unsure told by the source-job"
[ "$unsure" = 0 ] || says "$WORK/job.err" "member b is gone without a word: of .* $unsure are lost" ||
	fail "$(grep gone "$WORK/job.err")"
say "ok: of $handed rows handed over $((handed - FOUND)) are lost with the killed" \
	"one: at most $unsure by the source-job, $lost by its own file; $dropped" \
	"dropped"
