#!/bin/bash
# The source-job is killed and comes back: agents and the asker return by
# themselves, the query is live again, and what was missed is told. An agent
# is killed: the asker hears of it.
. "$(dirname "$0")/lib.sh"
printf '{"n":%d,"country":"BR"}\n' $(seq 1 1000) > "$WORK/events.ndjson"
source_job

TAPS=()
for i in 1 2 3; do
	tap "tap$i" "$WORK/events.ndjson" --loop --rate 500
	TAPS+=("$LAST")
done
until_true 10 agents_connected 3 || fail "no three agents"
ask rows "select n where country == 'BR'"
ASKER=$LAST
until_true 10 says "$WORK/rows.err" 'live on 3 of 3' || fail "not live"
until_true 10 lines_at_least "$WORK/rows.out" 100 || fail "no rows"

kill -KILL "$JOB"
until_true 5 says "$WORK/rows.err" 'away' || fail "the break is not told"
before=$(wc -l < "$WORK/rows.out")
source_job
until_true 10 lines_at_least "$WORK/rows.out" $((before + 500)) ||
	fail "no rows after the restart"
until_true 10 agents_connected 3 || fail "agents are not back"
says "$WORK/rows.err" 'missed' || fail "the gap is not told"
say "ok: back after a kill: $(grep missed "$WORK/rows.err")"

kill -KILL "${TAPS[0]}"
until_true 10 says "$WORK/rows.err" 'live on 2 of' ||
	fail "the death of an agent is not told"
say "ok: a killed agent is told"

stop "$ASKER" || fail "mql ended with status $?"
! says "$WORK/rows.err" 'not balance' || fail "$(cat "$WORK/rows.err")"
say "ok: $(tail -n 1 "$WORK/rows.err")"
