#!/bin/bash
# A subscriber that stops reading loses rows of its own, counted; another one
# of the same query loses none.
. "$(dirname "$0")/lib.sh"
pad=$(printf 'x%.0s' $(seq 1 1000))
seq 1 15000 | sed "s/.*/{\"n\":&,\"pad\":\"$pad\"}/" > "$WORK/events.ndjson"
source_job --queue 1M --lease 10m

ask slow "select * where n > 0"
SLOW=$LAST
ask quick "select * where n > 0"
QUICK=$LAST
for name in slow quick; do
	until_true 10 says "$WORK/$name.err" 'live on 0 of 0' ||
		fail "$name is not accepted"
done
kill -STOP "$SLOW"
two_metas() {
	local by=$(($(now_ms) + 2200))
	until_true 10 past "$by"
}

# Half a queue at a time, the next half when the quick one has it: so the
# quick one loses nothing however busy this machine is.
mkfifo "$WORK/pipe"
tap tap1 "$WORK/pipe"
TAP=$LAST
exec {PIPE}> "$WORK/pipe"
for ((given = 0; given < 15000; given += 500)); do
	until_true 30 lines_at_least "$WORK/quick.out" "$given" ||
		fail "the quick one has $(wc -l < "$WORK/quick.out") of $given"
	# The slow one's credit of 4 MB is used up and nothing is dropped
	# yet: it hears so; and then, before it goes on, of drops alone.
	[ "$given" != 4500 ] || two_metas
	sed -n "$((given + 1)),$((given + 500))p" "$WORK/events.ndjson" >&"$PIPE"
done
exec {PIPE}>&-
wait "$TAP" || fail "the tap ended with status $?"
until_true 30 lines_at_least "$WORK/quick.out" 15000 ||
	fail "the quick one has $(wc -l < "$WORK/quick.out") rows of 15000"
stop "$QUICK" || fail "mql ended with status $?"
two_metas
kill -CONT "$SLOW"
until_true 30 says "$WORK/slow.err" 'faster than they are read: about [0-9]' ||
	fail "it does not hear of it while it runs: $(cat "$WORK/slow.err")"
stop "$SLOW" || fail "the slow one ended with status $?"
cmp -s "$WORK/quick.out" "$WORK/events.ndjson" || fail "other rows"
for name in slow quick; do
	! says "$WORK/$name.err" 'not balance' || fail "$(cat "$WORK/$name.err")"
done
got=$(wc -l < "$WORK/slow.out")
[ "$got" -lt 15000 ] || fail "the slow one lost nothing"
[ $((got + $(closing slow slow))) = 15000 ] ||
	fail "$got rows, of 15000: $(tail -n 1 "$WORK/slow.err")"
says "$WORK/slow.err" 'slow .*about [0-9].* is here' ||
	fail "its loss is not told: $(cat "$WORK/slow.err")"
say "ok: quick: $(tail -n 1 "$WORK/quick.err")"
say "ok: slow: $(tail -n 1 "$WORK/slow.err")"
