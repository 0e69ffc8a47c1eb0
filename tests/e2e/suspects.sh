#!/bin/bash
# What ran when a service crashed does not just run again in its successor: it
# begins later and slowly, and whoever asks hears why. A clean end leaves no
# suspicion, and a directory that others may write to is not trusted.
. "$(dirname "$0")/lib.sh"
export MQL_AGENT_STATE_DIR=$WORK/state
for n in $(seq 10); do printf '{"n":%d}\n' "$n"; done > "$WORK/events.ndjson"
source_job

service() { tap svc "$WORK/events.ndjson" --loop --rate 2000 --lossy; }
more_rows() { # more_rows NAME SECONDS: of who asks
	until_true "$2" lines_at_least "$WORK/$1.out" \
		$(($(wc -l < "$WORK/$1.out") + 1))
}
files() { [ "$(find "$WORK/state" -type f 2>/dev/null | wc -l)" = "$1" ]; }

service
SERVICE=$LAST
ask rows "select n where n == 7"
ASKER=$LAST
until_true 10 lines_at_least "$WORK/rows.out" 1 || fail "no rows"
files 1 || fail "nobody has written down what runs"
[ "$(stat -c %a "$WORK"/state/*)" = 600 ] || fail "others may read it"

kill -KILL "$SERVICE"
wait "$SERVICE" 2> "$WORK/ended" || :
service
SECOND=$LAST
until_true 15 says "$WORK/rows.err" \
	"suspended on 1 of .* running here when process $SERVICE crashed" ||
	fail "no word: $(cat "$WORK/rows.err")"
say "ok: suspended, with a word"
suspects() { # suspects N: the agent that is connected has told of so many
	"$BUILD/mql" agents -o json | jq -s -e --argjson n "$1" \
		'flatten | map(select(.state == "connected" and
				      .suspects == $n)) | length == 1' \
		> "$WORK/suspects"
}
suspects 1 || fail "its hello does not tell: $("$BUILD/mql" agents -o json)"
ask other "select n where n == 8"
OTHER=$LAST
until_true 10 lines_at_least "$WORK/other.out" 1 || fail "others do not run"
more_rows rows 60 ||
	fail "it does not come back: $(cat "$WORK/rows.err")"
says "$WORK/rows.err" '1 in ' || fail "it began fast: $(cat "$WORK/rows.err")"
say "ok: it comes back slowly"

kill -KILL "$SECOND"
wait "$SECOND" 2> "$WORK/ended" || :
service
SECOND=$LAST
until_true 15 says "$WORK/other.err" \
	"suspended on 1 of .* running here when process" || fail "no word"
suspects 2 || fail "its hello does not tell: $("$BUILD/mql" agents -o json)"
ask forced --force "select n where n == 8"
FORCED=$LAST
until_true 10 lines_at_least "$WORK/forced.out" 1 ||
	fail "nobody listens to who insists: $(cat "$WORK/forced.err")"
more_rows other 10 || fail "one run, and not for all who ask"
stop "$FORCED" || fail "mql ended with status $?"
say "ok: who insists has it run"

stop "$SECOND" || fail "the service ended with status $?"
until_true 10 files 0 || fail "a clean end leaves $(ls "$WORK/state")"
service
THIRD=$LAST
more_rows other 15 || fail "it is suspected"
stop "$THIRD" || fail "the service ended with status $?"
chmod 777 "$WORK/state"
service
FOURTH=$LAST
more_rows other 15 || fail "it does not run without a state"
stop "$FOURTH" || fail "the service ended with status $?"
files 0 || fail "it wrote where others can"
stop "$ASKER" || fail "mql ended with status $?"
stop "$OTHER" || fail "mql ended with status $?"
for asker in rows other forced; do
	! says "$WORK/$asker.err" 'not balance' || fail "$(cat "$WORK/$asker.err")"
done
say "ok: a clean end leaves nothing"
