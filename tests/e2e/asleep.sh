#!/bin/bash
# An asker that is stopped for longer than its lease (a pager, ^Z, a laptop's
# lid) goes on when it wakes, and says for how long nobody asked for it.
. "$(dirname "$0")/lib.sh"
printf '{"n":%d}\n' $(seq 1 1000) > "$WORK/events.ndjson"
source_job --lease 1s

tap tap1 "$WORK/events.ndjson" --loop --rate 500 --lossy
until_true 10 agents_connected 1 || fail "no agent"
ask rows "select n"
ASKER=$LAST
until_true 10 lines_at_least "$WORK/rows.out" 100 || fail "no rows"

no_queries() {
	[ "$("$BUILD/mql" queries -o json | jq -s 'flatten | length')" = 0 ]
}
kill -STOP "$ASKER"
until_true 10 no_queries || fail "its query outlives the lease"
kill -CONT "$ASKER"
before=$(wc -l < "$WORK/rows.out")
until_true 10 lines_at_least "$WORK/rows.out" $((before + 1000)) ||
	fail "no rows after it woke"
says "$WORK/rows.err" 'did not run everywhere' || fail "nothing is told"
stop "$ASKER" || fail "mql ended with status $?"
! says "$WORK/rows.err" 'not balance' || fail "$(cat "$WORK/rows.err")"
say "ok: $(grep 'did not run' "$WORK/rows.err")"
