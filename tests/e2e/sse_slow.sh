#!/bin/bash
# A viewer that stops reading loses rows, and is told how many; another one of
# the same query loses none. The books of each are right to the last row.
. "$(dirname "$0")/lib.sh"
pad=$(head -c 1000 /dev/zero | tr '\0' x)
ROWS=30000
seq 1 $ROWS | sed "s/.*/{\"n\":&,\"pad\":\"$pad\"}/" > "$WORK/events.ndjson"

source_job
background sink "$BUILD/mql-sink-sse" --listen 127.0.0.1:0 --replay 8M \
	--timeout 60s
SINK=$LAST
until_true 10 says "$WORK/sink.out" '"ready"' || fail "no sink"
AT=$(jq -r .http "$WORK/sink.out")
watch() {
	background "$1" curl -sN --get --data-urlencode "q=select n, pad" \
		"$AT/api/v1/stream"
}
metric() { curl -s "$AT/metrics" | sed -n "s/^mql_sse_$1 //p"; }
is() { [ "$("${@:2}")" = "$1" ]; }
nrows() { grep -c '^data: {"n"' "$WORK/$1.out" || :; }
missed() { # the sum of what the gaps tell
	sed -n '/^event: gap$/{n;s/^data: //p}' "$WORK/$1.out" |
		jq -s 'map(.rows) | add // 0'
}
all() { [ $(($(nrows "$1") + $(missed "$1"))) = $ROWS ]; }
tap_over() { ! kill -0 "$TAP"; }

watch slow
SLOW=$LAST
watch fast
until_true 10 is 2 metric viewers || fail "not two viewers"
kill -STOP "$SLOW"
tap tap "$WORK/events.ndjson" --rate 8000
TAP=$LAST
until_true 60 tap_over || fail "the tap does not end"
wait "$TAP" || fail "the tap ended with status $?"
until_true 20 all fast || fail "fast: $(nrows fast) rows"
[ "$(missed fast)" = 0 ] || fail "the fast viewer missed $(missed fast) rows"
kill -CONT "$SLOW"
until_true 20 all slow ||
	fail "slow: $(nrows slow) rows and $(missed slow) missed, of $ROWS"
[ "$(missed slow)" -gt 0 ] || fail "the slow viewer missed nothing"
[ "$(metric rows_dropped_total)" = "$(missed slow)" ] ||
	fail "dropped $(metric rows_dropped_total), told $(missed slow)"
grep -q 'this viewer was slow' "$WORK/slow.out" || fail "no reason is given"
kill -TERM "$SINK"
wait "$SINK" || fail "mql-sink-sse ended with status $?"
say "ok: fast $(nrows fast) rows; slow $(nrows slow) and $(missed slow) missed"
