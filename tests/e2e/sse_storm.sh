#!/bin/bash
# Ten thousand connections that say half a sentence, and thousands that come
# and go at once: who watches loses no row, who comes gets an answer, and the
# daemon is afterwards what it was.
. "$(dirname "$0")/lib.sh"
ulimit -n "$(ulimit -Hn)" # the workers and the daemon inherit it
WORKERS=4
MANY=$(($(ulimit -n) - 1000))
[ "$MANY" -lt 10000 ] || MANY=10000

source_job
background sink "$BUILD/mql-sink-sse" --listen 127.0.0.1:0 --timeout 2s \
	--heartbeat 200ms
SINK=$LAST
until_true 10 says "$WORK/sink.out" '"ready"' || fail "no sink"
AT=$(jq -r .http "$WORK/sink.out")
HOST=${AT#http://} PORT=${HOST##*:}
HOST=${HOST%:*}
printf '{"n":%d}\n' $(seq 1 100) > "$WORK/events.ndjson"
tap tap "$WORK/events.ndjson" --loop --rate 500
metric() { curl -s "$AT/metrics" | sed -n "s/^mql_sse_$1 //p"; }
is() { [ "$("${@:2}")" = "$1" ]; }
watched() { grep -c '^data: {"s"' "$WORK/watch.out" || :; }
watched_more() { [ "$(watched)" -gt "$1" ]; }
descriptors() { ls "/proc/$SINK/fd" | wc -l; }
at_rest() { [ "$(descriptors)" -le $((BEFORE + 10)) ]; }

background watch curl -sN "$AT/api/v1/stream?q=select+@seq+as+s"
WATCH=$LAST
until_true 20 watched_more 10 || fail "no rows"
BEFORE=$(descriptors)

# Each of n connections, from file descriptor $fd on, gets the words.
connect() { exec {fd}<> "/dev/tcp/$HOST/$PORT" && printf '%s' "$1" >&"$fd"; }

# --- half a sentence each -----------------------------------------------------
half() { # they hold until they are told to go
	local i
	for ((i = 0; i < MANY / WORKERS; i++)); do
		connect 'GET /api/v1/stream?q=sel' 2> /dev/null || :
	done
	echo done
	read -r _ < "$WORK/go" || :
}
mkfifo "$WORK/go"
for ((w = 0; w < WORKERS; w++)); do
	background "half$w" half
done
all_connected() { [ "$(cat "$WORK"/half*.out | grep -c done)" = $WORKERS ]; }
until_true 120 all_connected || fail "they cannot connect"
before=$(watched)
until_true 30 watched_more "$before" || fail "who watches gets nothing"
served() {
	[ "$(curl -sN -m 5 "$AT/api/v1/stream?q=select+n&limit=3" |
		grep -c '^data: {"n"')" = 3 ]
}
until_true 60 served || fail "nobody gets in beside half-open connections"
until_true 60 at_rest || fail "$(descriptors) descriptors, $BEFORE before"
for ((w = 0; w < WORKERS; w++)); do echo; done > "$WORK/go"
say "ok: $MANY half-open connections"

# --- come and go ---------------------------------------------------------------------
come_and_go() {
	local i words
	for ((i = 0; i < 1000; i++)); do
		words='GET / HTTP/1.1'
		[ $((i % 2)) = 0 ] || words=$'GET /api/v1/stream?q=select+n HTTP/1.1\r\nHost: localhost\r\n\r\n'
		connect "$words" 2> /dev/null || :
		exec {fd}>&-
	done
	echo done
}
began=$(now_ms)
for ((w = 0; w < WORKERS; w++)); do
	background "half$w" come_and_go
done
until_true 120 all_connected || fail "they cannot connect"
took=$(($(now_ms) - began))
until_true 60 is 1 metric viewers || fail "$(metric viewers) viewers are left"
until_true 60 at_rest || fail "$(descriptors) descriptors, $BEFORE before"
served || fail "no rows afterwards"
say "ok: $((WORKERS * 1000)) came and went, $((WORKERS * 1000000 / took)) a second"

# --- and who watched all the time has every row ------------------------------------------
kill "$WATCH"
wait "$WATCH" || :
! grep -q '^event: gap' "$WORK/watch.out" || fail "who watched missed rows"
sed -n 's/^data: {"s":\([0-9]*\)}$/\1/p' "$WORK/watch.out" |
	awk 'NR > 1 && $1 != was + 1 { exit 1 } { was = $1 }' ||
	fail "rows are missing, and no gap is told"
kill -TERM "$SINK"
wait "$SINK" || fail "mql-sink-sse ended with status $?"
say "ok: $(watched) rows, none missing"
