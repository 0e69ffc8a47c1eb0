#!/bin/bash
# Askers that are killed by -9 under load, in the midst of a row or before their
# first: who asks the same goes on, and loses nothing; what only they asked
# leaves the agents when their lease is over; and an agent that is killed takes
# with it what nobody can know, and no more.
. "$(dirname "$0")/lib.sh"
printf '{"n":%d,"g":%d}\n' $(seq 1 1000 | awk '{ print $1, $1 % 7 }') \
	> "$WORK/events.ndjson"
source_job --lease 3s --heartbeat 300ms
TAPS=()
for i in 1 2 3; do # pipes: they wait rather than drop
	tap "tap$i" "$WORK/events.ndjson" --loop --rate 2000
	TAPS+=("$LAST")
done
until_true 20 agents_connected 3 || fail "no three agents"
ask witness "select n where n > 0"
WITNESS=$LAST
until_true 10 lines_at_least "$WORK/witness.out" 1000 || fail "no rows"

QUERIES=("select n where n > 0" "select n, g" "select count(*) group by g"
	"select n, g window 1s order by n limit 9")
for round in 1 2 3; do
	GUESTS=()
	for query in "${QUERIES[@]}"; do
		ask "guest${#GUESTS[@]}" "$query"
		GUESTS+=("$LAST")
	done
	[ $round = 1 ] || for i in "${!GUESTS[@]}"; do
		until_true 20 says "$WORK/guest$i.out" '^{' ||
			fail "guest $i: no row: $(cat "$WORK/guest$i.err")"
	done
	kill -KILL "${GUESTS[@]}"
	wait "${GUESTS[@]}" 2> "$WORK/ended" || :
done
alone() { # one query, with one subscriber
	"$BUILD/mql" queries -o json | jq -es 'flatten | length == 1 and
		(.[0].subscribers | length == 1)' > "$WORK/alone"
}
until_true 20 alone || fail "the dead are served: $("$BUILD/mql" queries)"
rows=$(wc -l < "$WORK/witness.out")
until_true 20 lines_at_least "$WORK/witness.out" $((rows + 2000)) ||
	fail "no rows any more"
says "$WORK/witness.err" 'live on 3 of 3' || fail "not live on all"
say "ok: the dead are forgotten"

kill -KILL "${TAPS[0]}"
wait "${TAPS[0]}" 2> "$WORK/ended" || :
until_true 20 says "$WORK/witness.err" 'live on 2 of' || fail "not missed"
for pid in "${TAPS[@]:1}"; do
	kill -INT "$pid"
	wait "$pid" || fail "a service ended with status $?"
done
until_true 20 alone || fail "agents are left"
stop "$WITNESS" || fail "mql ended with status $?"
line=$(tail -n 1 "$WORK/witness.err")
! says "$WORK/witness.err" 'not balance' || fail "$line"
rows=$(wc -l < "$WORK/witness.out")
[ "$(closing witness matched)" = $((rows + $(closing witness lost))) ] ||
	fail "$rows rows: $line"
[ "$(closing witness dropped)" = 0 ] || fail "somebody's death costs: $line"
say "ok: $line"
