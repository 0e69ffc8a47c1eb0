#!/bin/bash
# The source-job is killed and comes back: agents and the asker return by
# themselves, the query is live again, and what was missed is told. An agent
# is killed: the asker hears of it.
. "$(dirname "$0")/lib.sh"
printf '{"n":%d,"country":"BR"}\n' $(seq 1 1000) > "$WORK/events.ndjson"
source_job --lease 1s

TAPS=()
for i in 1 2 3; do
	tap "tap$i" "$WORK/events.ndjson" --loop --rate 500 --lossy
	TAPS+=("$LAST")
done
until_true 10 agents_connected 3 || fail "no three agents"
ask rows "select n where country == 'BR'"
ASKER=$LAST
until_true 10 says "$WORK/rows.err" 'live on 3 of 3' || fail "not live"
until_true 10 lines_at_least "$WORK/rows.out" 100 || fail "no rows"

# again OUTAGE-MS: kill the source-job, stay away, come back.
again() {
	local before told from
	told=$(grep -c missed "$WORK/rows.err" || :)
	kill -KILL "$JOB"
	wait "$JOB" 2>/dev/null || :
	from=$(now_ms)
	until_true 5 past $((from + $1)) || :
	before=$(wc -l < "$WORK/rows.out")
	source_job --lease 1s
	from=$(now_ms)
	until_true 10 more_than "$told" || fail "the gap is not told"
	until_true 10 agents_connected 3 || fail "agents are not back"
	say "all back $(($(now_ms) - from)) ms after the source-job"
	until_true 10 lines_at_least "$WORK/rows.out" $((before + 500)) ||
		fail "no rows after the restart"
	until_true 10 live_on 3 || fail "the query is not live everywhere"
}
more_than() { [ "$(grep -c missed "$WORK/rows.err")" -gt "$1" ]; }
again 0
says "$WORK/rows.err" 'away' || fail "the break is not told"
say "ok: back after a kill: $(grep missed "$WORK/rows.err" | tail -n 1)"
again 1500 # beyond the lease: what matched in it is dropped, and told
grep missed "$WORK/rows.err" | tail -n 1 | grep -qv ' 0 rows' ||
	fail "no gap is told after an outage: $(tail -n 1 "$WORK/rows.err")"
say "ok: back after an outage: $(grep missed "$WORK/rows.err" | tail -n 1)"

kill -KILL "${TAPS[0]}"
until_true 10 says "$WORK/rows.err" 'live on 2 of' ||
	fail "the death of an agent is not told"
say "ok: a killed agent is told"

stop "$ASKER" || fail "mql ended with status $?"
! says "$WORK/rows.err" 'not balance' || fail "$(cat "$WORK/rows.err")"
say "ok: $(tail -n 1 "$WORK/rows.err")"
