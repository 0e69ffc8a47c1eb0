#!/bin/bash
# Saved queries run whether anybody listens or not, also after a kill -9 of the
# source-job at whatever instant; what was acknowledged is there.
. "$(dirname "$0")/lib.sh"
MQL=$BUILD/mql
metric() { curl -fsS "http://$HTTP/metrics" | grep -x "$1" > /dev/null; }
sends() { "$MQL" "$@" > "$WORK/said" 2>&1; }
refused_for() { ! sends "${@:2}" && says "$WORK/said" "$1"; }
saved() { "$MQL" saved -o json > "$WORK/saved.json"; }
printf '{"n":%d}\n' $(seq 1 100) > "$WORK/events.ndjson"

# Without a place nothing is kept.
source_job
refused_for 'without --state' save some "select n" || fail "it seems to be saved"
kill -TERM "$JOB"
wait "$JOB" || fail "the source-job ended with status $?"

# It runs, and is counted, while nobody listens.
source_job --state "$WORK/state"
background tap1 "$MQL" tap --app tap1 --wait --rate 500 --loop \
	"$WORK/events.ndjson"
TAP=$LAST
until_true 20 agents_connected 1 || fail "no agent"
sends save some "select n where n <= 50" || fail "$(cat "$WORK/said")"
sends save groups "select n, count(*) as c group by n" ||
	fail "$(cat "$WORK/said")"
refused_for 'unexpected end' save wrong "select n where" || fail "a wrong query is saved"
refused_for 'letters' save 'a/b' "select n" || fail "a wrong name is saved"
until_true 20 metric 'mql_rows_unkept_total [1-9][0-9]*' ||
	fail "no rows while nobody listens"
saved
[ "$(jq -r .name "$WORK/saved.json" | sort | tr '\n' ' ')" = "groups some " ] ||
	fail "$(cat "$WORK/saved.json")"

# Its rows, by its name.
timeout 20 "$MQL" --saved some -n 5 > "$WORK/rows" 2> "$WORK/rows.err" ||
	fail "no rows: $(cat "$WORK/rows.err")"
[ "$(wc -l < "$WORK/rows")" = 5 ] || fail "rows: $(cat "$WORK/rows")"
[ "$("$MQL" queries -o json | jq -s length)" = 2 ] || fail "it runs twice"
timeout 20 "$MQL" --saved groups --for 1s > "$WORK/rows" 2> "$WORK/rows.err" ||
	fail "no groups: $(cat "$WORK/rows.err")"
[ -s "$WORK/rows" ] || fail "no groups"
! says "$WORK/rows.err" 'not balance' || fail "$(cat "$WORK/rows.err")"
refused_for 'no query is saved' --saved none || fail "there is one"
ID=$(jq -r 'select(.name == "some").id' "$WORK/saved.json")
refused_for 'mql rm some' kill "$ID" || fail "it was killed"

# Killed while it saves, again and again: what was acknowledged is there, what
# was not is there or is not, and the file is whole.
: > "$WORK/acked"
saver() {
	local i=$1
	# Who asks still would be heard by the next source-job.
	trap 'kill $(jobs -rp) 2> /dev/null; wait; exit' TERM
	while :; do
		i=$((i + 1))
		echo "$i" > "$WORK/asked"
		"$MQL" save -q "s$((i % 3))" "select n where n == $i" \
			2> /dev/null &
		wait "$!" || return 0
		echo "s$((i % 3)) $i" >> "$WORK/acked"
	done
}
for round in $(seq "${ROUNDS:-8}"); do
	saver $((round * 1000)) &
	SAVER=$!
	lines=$(wc -l < "$WORK/acked")
	until_true 20 lines_at_least "$WORK/acked" $((lines + round % 3 + 1)) ||
		fail "nothing is saved"
	read -rt "0.0$((RANDOM % 10))" -u "$NAP" || :
	kill -KILL "$JOB"
	wait "$JOB" 2> /dev/null || :
	kill -TERM "$SAVER" 2> /dev/null || :
	wait "$SAVER" 2> /dev/null || :
	source_job --state "$WORK/state"
	saved || fail "no list after round $round"
	for s in s0 s1 s2; do
		want=$(grep "^$s " "$WORK/acked" | tail -n 1 | cut -d ' ' -f 2 || :)
		got=$(jq -r "select(.name == \"$s\").query" "$WORK/saved.json" |
			grep -o '[0-9]*$' || :)
		[ "$got" = "$want" ] || [ "$got" = "$(cat "$WORK/asked")" ] ||
			fail "$s is '$got', $want was acknowledged"
		[ -z "$got" ] || [ "$got" = "$want" ] || echo "$s $got" >> "$WORK/acked"
	done
done
until_true 20 metric 'mql_rows_unkept_total [1-9][0-9]*' ||
	fail "they do not run after a restart"

# Removed, it is gone for good.
sends rm some || fail "$(cat "$WORK/said")"
refused_for 'no query is saved' rm some || fail "removed twice"
kill -KILL "$JOB"
wait "$JOB" 2> /dev/null || :
source_job --state "$WORK/state"
saved
! says "$WORK/saved.json" '"some"' || fail "it is back"
! "$BUILD/mql-source-job" --agents tcp://127.0.0.1:0 --http off \
	--subscribers tcp://127.0.0.1:0 --state "$WORK/state" \
	2> "$WORK/second.err" || fail "two in one directory"
says "$WORK/second.err" 'another source-job' || fail "$(cat "$WORK/second.err")"
kill -TERM "$TAP" "$JOB"
wait "$JOB" || fail "the source-job ended with status $?"
say "ok: $(wc -l < "$WORK/acked") acknowledged, none lost"
