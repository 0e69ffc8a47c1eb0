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
for ((i = 0; i < TAPS; i++)); do
	seq 1 "$EVENTS" | sed "s/.*/{\"id\":\"$i-&\",\"pad\":\"some more of it, for \
the row to have the length of a small one\"}/" > "$WORK/events$i.ndjson"
done

begin() { # NAME OPTIONS...
	sink "$@" --create --partitions 4 --buffer 16M --key id \
		--query 'select id'
	until_true 60 sink_ready || fail "not ready"
}
taps() {
	TAPPERS=()
	for ((i = 0; i < TAPS; i++)); do
		background "tap$i" "$BUILD/mql" tap --app "tap$i" --wait "$@" \
			"$WORK/events$i.ndjson"
		TAPPERS+=("$LAST")
	done
}
# in_topic TOPIC: how many, into $FOUND; fail when one is there twice, or is
# none that was published.
in_topic() {
	read_back "$1" '%s\n' > "$WORK/all"
	FOUND=$(wc -l < "$WORK/all")
	LC_ALL=C sort -u "$WORK/all" > "$WORK/unique"
	[ "$(wc -l < "$WORK/unique")" = "$FOUND" ] ||
		fail "$((FOUND - $(wc -l < "$WORK/unique"))) rows are there twice"
	grep -vEq '^\{"id":"[0-3]-[0-9]+"\}$' "$WORK/unique" &&
		fail "a row that nobody sent"
	return 0
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
idle() { [ "$(metric waiting_records)" = 0 ]; }
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
handed=$(curl -fs "http://$HTTP/metrics" | awk '$1 == "mql_rows_out_total" { print $2 }')
[ "$FOUND" -le "$handed" ] || fail "$FOUND rows of $handed that were handed over"
say "ok: of $handed rows handed over $FOUND are in the topic; up to $lost were" \
	"told as lost, and $missed as missed"
