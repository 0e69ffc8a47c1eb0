#!/bin/bash
# A cap on a query's rows a second holds for all agents together, is divided over
# those that have something to send, and again when others have; who wants all
# rows of the same query lifts it. What is held back is counted, to the row.
. "$(dirname "$0")/lib.sh"
printf '{"n":%d}\n' $(seq 1 50000) > "$WORK/events.ndjson"
source_job --heartbeat 200ms

# much NAME RATE: an agent that has so many rows a second.
much() {
	background "$1" "$BUILD/mql" tap --app "$1" --rate "$2" --loop \
		"$WORK/events.ndjson"
}
much quiet 1 # not what is asked for
much calm 20
CALM=$LAST
much loud 4000
LOUD=$LAST
until_true 10 agents_connected 3 || fail "no agents"
QUERY="select @app as app, n where @app != 'quiet'"
from() { grep -c "\"app\":\"$1\"" "$WORK/rows.out"; }
more_from() { [ "$(from "$1")" -ge "$2" ]; }

began=$(now_ms)
ask rows --rate 200 "$QUERY"
ASKER=$LAST
until_true 20 more_from loud 1000 || fail "$(from loud) rows of the loud one"
# The loud one has what the others leave, 155 to 180; it began with a third.
ms=$(($(now_ms) - began))
rows=$(wc -l < "$WORK/rows.out")
[ "$rows" -le $((200 + ms * 220 / 1000)) ] || fail "$rows rows in $ms ms"
# The calm one is below its part: its rows are here.
calm=$(from calm)
[ "$calm" -ge $((ms * 10 / 1000 - 10)) ] || fail "$calm calm ones in $ms ms"

# Another one has something to send, and then has all of it.
much late 4000
until_true 20 more_from late 100 || fail "no row of the late one"
stop "$LOUD" || fail "the tap ended with status $?"
late=$(from late)
began=$(now_ms)
until_true 20 more_from late $((late + 600)) || fail "the late one has no more"
[ $(($(now_ms) - began)) -ge 2000 ] || fail "600 rows at once"

# Without a cap all rows come, to both.
ask all "$QUERY"
until_true 20 lines_at_least "$WORK/all.out" 8000 ||
	fail "the cap stays: $(wc -l < "$WORK/all.out") rows"
stop "$LAST" || fail "mql ended with status $?"
stop "$CALM" || fail "the tap ended with status $?"
stop "$ASKER" || fail "mql ended with status $?"
line=$(tail -n 1 "$WORK/rows.err")
says "$WORK/rows.err" 'rate cap' || fail "no word of the cap: $line"
rows=$(wc -l < "$WORK/rows.out")
[ "$(closing rows matched)" = $((rows + $(closing rows dropped) +
	$(closing rows lost))) ] ||
	fail "the books: $line"

# Only where a row is an event.
status=0
"$BUILD/mql" --rate 5 "select count(*)" 2> "$WORK/no.err" || status=$?
[ $status = 2 ] && says "$WORK/no.err" 'rows are events' ||
	fail "groups with a rate: $status"
status=0
"$BUILD/mql" --rate 1000000001 "select n" 2> "$WORK/no.err" || status=$?
[ $status = 2 ] && says "$WORK/no.err" 'a rate is at most' ||
	fail "a rate without end: $status"
say "ok: $line"
