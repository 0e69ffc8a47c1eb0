#!/bin/bash
# A service publishes at full speed while queries come, go and are killed, and
# while the source-job is killed, restarted, and stands still. Afterwards each
# matched event is accounted for at the agent, and the books of the one who
# asked all along balance. (tests/agent/test_agent_chaos.c does it faster, and
# counts to the last event.)
. "$(dirname "$0")/lib.sh"
SECONDS_LONG=8
source_job --lease 2s
ask witness "select n where n != null"
WITNESS=$LAST
background host "$BUILD/host" flood "$WORK/over"
HOST=$LAST
until_true 10 lines_at_least "$WORK/witness.out" 100 || fail "no rows"
END=$(($(now_ms) + SECONDS_LONG * 1000))

# So long, and until something was killed; but not for ever.
over() {
	past "$END" && { [ -s "$WORK/killed" ] || past $((END + 60000)); }
}

# A guest with a query of its own, again and again, the first one for longer
# each time, until one is found and killed; the source-job may be away.
guest() {
	local i=0 longer=0
	until over; do
		i=$((i + 1))
		[ "$1" != 1 ] || [ -s "$WORK/killed" ] ||
			longer=$((longer + 3000))
		"$BUILD/mql" --for $((10 + i % 9 * 20 + longer))ms \
			"select n where n % $((i % 97 + 2)) == $1" || :
		echo "$1" >> "$WORK/asked"
	done
}

# The next source-job has other numbers for its queries: none comes between the
# look at them and the kill.
killer() {
	local id
	until over; do
		exec {LOCK}> "$WORK/lock"
		flock "$LOCK"
		id=$("$BUILD/mql" queries -o json |
			jq -rs 'flatten | map(select(.query |
				contains("%"))) | .[0].id // 0') || id=0
		[ "$id" = 0 ] || ! "$BUILD/mql" kill "$id" ||
			echo "$id" >> "$WORK/killed"
		exec {LOCK}>&-
	done
}

for i in 1 2 3; do
	guest "$i" > /dev/null 2>&1 &
	GUESTS="${GUESTS:-} $!"
done
killer > /dev/null 2>&1 &
GUESTS="$GUESTS $!"
until over; do
	until_true 2 past $(($(now_ms) + 700)) || :
	kill -STOP "$JOB"
	until_true 2 past $(($(now_ms) + 400)) || :
	kill -CONT "$JOB"
	until_true 2 past $(($(now_ms) + 700)) || :
	exec {RESTART}> "$WORK/lock"
	flock "$RESTART"
	kill -KILL "$JOB"
	wait "$JOB" 2> "$WORK/ended" || :
	source_job --lease 2s {RESTART}>&- # which it is not to hold
	exec {RESTART}>&-
done
wait $GUESTS || :
: > "$WORK/over"
wait "$HOST" || fail "the host ended with status $?"
until_true 10 agents_connected 0 || fail "the agent stays"
stop "$WITNESS" || fail "mql ended with status $?"
! says "$WORK/witness.err" 'not balance' || fail "$(cat "$WORK/witness.err")"
says "$WORK/witness.err" missed || fail "no break was told"
[ -s "$WORK/killed" ] || fail "no query was killed"
say "ok: $(wc -l < "$WORK/asked") queries, $(wc -l < "$WORK/killed") killed;" \
	"$(cat "$WORK/host.out") events; $(tail -n 1 "$WORK/witness.err")"
