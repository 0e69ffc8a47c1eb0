#!/bin/bash
# Rows into Kafka, on the mock cluster: what was asked for is there, byte for
# byte and once, with key, headers and time; a broker that is away loses
# nothing that was acknowledged; queries of a directory come, change and go.
. "$(dirname "$0")/../kafka/lib.sh"
EVENTS=12000
for i in 1 2 3; do # blanks that a row must keep
	seq 1 $EVENTS | awk -v tap="$i" '{ printf "{ \"n\":%d,\"customer\" : \
\"c%d\",\t\"tap\": %d, \"x\":[1, 2.50]}\n", $1, $1 % 50, tap }' \
		> "$WORK/events$i.ndjson"
done
cat "$WORK"/events?.ndjson | awk '{ split($2, a, "[:,]") } a[2] % 2 == 0' |
	sort > "$WORK/want"
mock
source_job --lease 60s

# --- without a broker it waits, and says so -------------------------------------
echo down >&"$MOCK"
sink orders --topic orders --key customer --name even \
	--query "select * where n % 2 == 0"
until_true 10 says "$WORK/orders.err" 'no broker answers' ||
	fail "a broker that is away is not told"
! sink_ready || fail "ready without a broker"
echo up >&"$MOCK"
until_true 10 sink_ready || fail "not ready: $(curl -s "$SINK_HTTP/readyz")"
say "ok: it waits for a broker"

# --- rows, exactly -----------------------------------------------------------------
for i in 1 2 3; do
	tap "tap$i" "$WORK/events$i.ndjson"
done
until_true 30 metric_least rows_total 2000 || fail "no rows"
echo 'error 6' >&"$MOCK" # not the leader: tried again
echo 'error 7' >&"$MOCK" # timed out: likewise
until_true 60 metric_is acknowledged_total $((3 * EVENTS / 2)) ||
	fail "$(metric acknowledged_total) of $((3 * EVENTS / 2)) rows"
read_back orders '%s\n' | sort > "$WORK/got"
cmp -s "$WORK/want" "$WORK/got" ||
	fail "other values: $(diff "$WORK/want" "$WORK/got" | head -n 5)"
read_back orders '%k\t%p\n' > "$WORK/keys"
keys_keep_together "$WORK/keys"
[ "$(cut -f 1 "$WORK/keys" | sort -u | wc -l)" = 25 ] || fail "other keys"
[ "$(cut -f 2 "$WORK/keys" | sort -u | wc -l)" -gt 1 ] ||
	fail "all in one partition"
read_back orders '%T,%h\n' | awk -F '[,=]' -v host="$(hostname)" '
	$2 != "mql.query" || $3 != "even" || $4 != "mql.agent" ||
	$6 != "mql.host" || $7 != host || $8 != "mql.ts" || $9 != $1 ||
	$1 < 1700000000000 { print; exit 1 }' || fail "other headers"
say "ok: $((3 * EVENTS / 2)) rows, byte for byte, with key, headers and time"

kill -TERM "$SINK"
wait "$SINK" || fail "the sink ended with status $?"
[ "$(said orders acknowledged)" = $((3 * EVENTS / 2)) ] ||
	fail "$(tail -n 1 "$WORK/orders.err")"
says "$WORK/orders.err" 'the books balance' ||
	fail "$(tail -n 1 "$WORK/orders.err")"
say "ok: $(tail -n 1 "$WORK/orders.err")"

# --- the broker goes in the middle, and the buffer is small ------------------------
sink away --topic away --buffer 1M --query "select n, tap where tap == 1"
until_true 10 sink_ready || fail "not ready"
mkfifo "$WORK/pipe"
tap tap4 "$WORK/pipe"
exec {PIPE}> "$WORK/pipe"
head -n 1000 "$WORK/events1.ndjson" >&"$PIPE"
until_true 20 metric_is acknowledged_total 1000 || fail "no rows"
echo down >&"$MOCK"
tail -n +1001 "$WORK/events1.ndjson" >&"$PIPE"
until_true 20 metric_is held 1 || fail "credit is not withheld"
! sink_ready || fail "ready without a broker"
echo up >&"$MOCK"
exec {PIPE}>&-
until_true 30 metric_is held 0 || fail "it does not go on"
until_true 60 metric_is acknowledged_total $EVENTS ||
	fail "$(metric acknowledged_total) of $EVENTS after the broker is back"
[ "$(read_back away '%s\n' | sort | uniq | wc -l)" = $EVENTS ] ||
	fail "rows are missing"
[ "$(read_back away '%s\n' | wc -l)" = $EVENTS ] || fail "rows are there twice"
kill -TERM "$SINK"
wait "$SINK" || fail "the sink ended with status $?"
say "ok: away: $(tail -n 1 "$WORK/away.err")"

# --- the broker does not come back before the end: what is left is said ------------
sink left --topic left --drain 1s --query "select n"
until_true 10 sink_ready || fail "not ready"
echo down >&"$MOCK"
head -n 500 "$WORK/events1.ndjson" > "$WORK/some.ndjson"
tap tap5 "$WORK/some.ndjson"
until_true 20 metric_is rows_total 500 || fail "no rows"
kill -TERM "$SINK"
status=0
wait "$SINK" || status=$?
[ $status = 1 ] || fail "status $status though rows were lost"
[ "$(said left failed)" = 500 ] || fail "$(tail -n 1 "$WORK/left.err")"
echo up >&"$MOCK"
say "ok: left: $(tail -n 1 "$WORK/left.err")"

# --- a directory -------------------------------------------------------------------
mkdir "$WORK/queries"
put() { cat > "$WORK/queries/.new" && mv "$WORK/queries/.new" "$WORK/queries/$1"; }
printf -- '-- topic: low\n-- key: n\nselect n where n <= 10\n' | put low.mql
printf 'select oops oops\n' | put bad.mql
sink dir --query-dir "$WORK/queries"
until_true 10 says "$WORK/dir.err" 'bad: the query: 1:13' ||
	fail "a wrong file is not told: $(cat "$WORK/dir.err")"
until_true 10 sink_ready || fail "not ready"
printf 'select n where n > %d\n' $((EVENTS - 10)) | put high.mql
until_true 10 metric_is queries 2 || fail "a new file is not seen"
rm "$WORK/queries/bad.mql"
until_true 10 sink_ready || fail "not ready"
tap tap6 "$WORK/events1.ndjson"
until_true 20 metric_is acknowledged_total 20 ||
	fail "$(metric acknowledged_total) of 20"
read_back low '%k %s\n' | sort -n > "$WORK/low"
seq 1 10 | sed 's/.*/& {"n":&}/' | cmp -s - "$WORK/low" ||
	fail "other rows in low: $(cat "$WORK/low")"
[ "$(read_back high '%s\n' | wc -l)" = 10 ] || fail "other rows in high"
printf -- '-- topic: low\nselect n where n <= 5\n' | put low.mql
rm "$WORK/queries/high.mql"
until_true 10 metric_is queries 1 || fail "a file that is gone still runs"
until_true 10 says "$WORK/dir.err" 'low: 10 rows, 10 acknowledged' ||
	fail "the last words of what was changed are missing"
until_true 10 sink_ready || fail "not ready"
tap tap7 "$WORK/events1.ndjson"
until_true 20 metric_is acknowledged_total 5 || fail "the change is not seen"
kill -TERM "$SINK"
wait "$SINK" || fail "the sink ended with status $?"
say "ok: queries of a directory come, change and go"

# --- a rate ------------------------------------------------------------------------
rates() { "$BUILD/mql" queries -o json | jq -s 'flatten | map(.rate) | max'; }
has_rate() { [ "$(rates)" = "$1" ]; }
printf -- '-- rate: 30\nselect n as thirty\n' | put thirty.mql
printf -- '-- rate: many\nselect n as many\n' | put many.mql
rm "$WORK/queries/low.mql"
sink rate --query-dir "$WORK/queries" --rate 7 --topic rate --query "select n"
until_true 10 has_rate 30 || fail "the rate of a file is $(rates)"
until_true 10 says "$WORK/rate.err" 'many: the rate: many is no whole number' ||
	fail "a rate that is none is not told: $(cat "$WORK/rate.err")"
rm "$WORK/queries/thirty.mql"
until_true 10 has_rate 7 || fail "the rate of a query is $(rates)"
kill -TERM "$SINK"
wait "$SINK" || fail "the sink ended with status $?"
say "ok: a rate for a query, and for that of a file"

# --- groups ------------------------------------------------------------------------
sink groups --topic groups --name per-tap \
	--query "select tap, count(*) as n group by tap"
until_true 10 sink_ready || fail "not ready"
for i in 1 2; do
	tap "group$i" "$WORK/events$i.ndjson"
	TAPS[i]=$LAST
done
wait "${TAPS[@]}"
kill -TERM "$SINK"
wait "$SINK" || fail "the sink ended with status $?"
read_back groups '%k %p %s %h\n' > "$WORK/groups"
for i in 1 2; do
	grep "^$i " "$WORK/groups" | tail -n 1 |
		grep -q "{\"tap\":$i,\"n\":$EVENTS} .*mql.window.start=.*mql.agents=" ||
		fail "the last of group $i: $(grep "^$i " "$WORK/groups" | tail -n 1)"
done
say "ok: the latest of each group is complete: $(tail -n 1 "$WORK/groups")"

# --- wrong usage --------------------------------------------------------------------
refused() { # WORDS OPTIONS...
	local status=0 words=$1
	shift
	"$BUILD/mql-sink-kafka" --http off "$@" > "$WORK/usage.out" \
		2> "$WORK/usage.err" || status=$?
	[ $status = 2 ] || fail "status $status of $*"
	grep -q -- "$words" "$WORK/usage.err" ||
		fail "$* says: $(cat "$WORK/usage.err")"
}
refused 'bootstrap' --topic t --query 'select *'
refused 'topic' -b "$BOOTSTRAP" --query 'select *'
refused 'query' -b "$BOOTSTRAP" --topic t
refused '1:8' -b "$BOOTSTRAP" --topic t --query 'select where'
refused 'the key: 1:6' -b "$BOOTSTRAP" --topic t --query 'select a' --key 'a == '
refused 'nonsense' -b "$BOOTSTRAP" --topic t --query 'select a' -X nonsense=1
refused 'once for each' -b "$BOOTSTRAP" -t a -t b -q 'select a'
refused 'insecure' -b "$BOOTSTRAP" -t a -q 'select a' --http 0.0.0.0:0
say "ok: wrong usage is told"
