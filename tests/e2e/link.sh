#!/bin/bash
# A network that is slow, stands still, swallows what it took, and breaks,
# between agents and source-job, and between source-job and who asks: what
# came and what is told to be lost or dropped is, to the last row, what the
# services say that they sent. (partition.sh does it with a network of the
# kernel's, where there can be one.)
. "$(dirname "$0")/lib.sh"
printf '{"n":%d,"pad":"%0200d"}\n' $(seq 1 500 | awk '{ print $1, $1 }') \
	> "$WORK/events.ndjson"
source_job --heartbeat 500ms --lease 60s --queue 1M

# link NAME ENDPOINT: sets AT_NAME to where it listens
declare -A TO AT
link() {
	mkfifo "$WORK/$1.in"
	exec {TO[$1]}<> "$WORK/$1.in"
	background "$1" sh -c 'exec "$1" "$2" < "$3"' - "$BUILD/link" "$2" \
		"$WORK/$1.in"
	until_true 10 lines_at_least "$WORK/$1.out" 1 || fail "no link"
	AT[$1]=$(head -n 1 "$WORK/$1.out")
}
# net NAME WORDS: and it is so
net() {
	local said
	said=$(wc -l < "$WORK/$1.out")
	echo "${@:2}" >&"${TO[$1]}"
	until_true 10 lines_at_least "$WORK/$1.out" $((said + 1)) ||
		fail "$1 does not $2"
}
link agents "$AGENTS"
link askers "$SUBSCRIBERS"

ask near "select n, pad where n > 0"
NEAR=$LAST
ask far -s "${AT[askers]}" "select n, pad where n > 0"
FAR=$LAST
for asker in near far; do # both are to have every row
	until_true 10 says "$WORK/$asker.err" 'live on 0 of 0' ||
		fail "$asker is not asked"
done
TAPS=()
for i in 1 2 3 4; do
	tap "tap$i" "$WORK/events.ndjson" --loop --rate 1000 --lossy \
		-s "${AT[agents]}"
	TAPS+=("$LAST")
done

live() { # N: of the query
	"$BUILD/mql" queries -o json | jq -es "flatten[0].live == $1" \
		> "$WORK/live"
}
more_rows() { # NAME [N]: than there are now
	local rows
	rows=$(wc -l < "$WORK/$1.out")
	until_true 30 lines_at_least "$WORK/$1.out" $((rows + ${2:-2000})) ||
		fail "no rows come $1: $(tail -n 2 "$WORK/$1.err")"
}
SLOW='dropped_total{at="source_job",cause="subscriber_slow"}'
metric() { curl -fs "http://$HTTP/metrics" | sed -n "s/^mql_$1 //p"; }
told_more() { [ "$(grep -c "$1" "$WORK/far.err")" -gt "$2" ]; }
more_than() { [ "$(metric "$1")" -gt "$2" ]; }
until_true 20 live 4 || fail "not live on all"
for asker in near far; do more_rows $asker; done

# --- slow ---------------------------------------------------------------------------
net agents delay 40
net askers delay 40
for asker in near far; do more_rows $asker 4000; done
until_true 20 live 4 || fail "agents are lost because they are far"
net agents delay 0
net askers delay 0
say "ok: far away"

# --- agents ---------------------------------------------------------------------------
for how in stall hole cut; do
	lost=$(metric rows_lost_total)
	more_rows near
	net agents $how
	until_true 20 live 0 || fail "$how: nobody is missed"
	net agents go
	until_true 30 live 4 || fail "$how: not all are back"
	more_rows near
	[ $how != hole ] || until_true 10 more_than rows_lost_total "$lost" ||
		fail "what fell into a hole is not missed"
	say "ok: agents' link: $how"
done

# --- who asks -------------------------------------------------------------------------
slow=$(metric "$SLOW")
net askers stall
until_true 60 more_than "$SLOW" "$slow" || fail "no queue is full"
more_rows near # unharmed
net askers go
more_rows far
say "ok: the asker's link: stall"
for how in hole cut; do
	away=$(grep -c away "$WORK/far.err" || :)
	gaps=$(grep -c missed "$WORK/far.err" || :)
	net askers $how
	until_true 30 told_more away "$away" || fail "$how: nobody notices"
	more_rows near
	net askers go
	until_true 30 told_more missed "$gaps" || fail "$how: no gap is told"
	more_rows far
	say "ok: the asker's link: $how: $(grep missed "$WORK/far.err" | tail -n 1)"
done

# --- the books ---------------------------------------------------------------------------
for pid in "${TAPS[@]}"; do
	kill -INT "$pid"
	wait "$pid" || fail "a service ended with status $?"
done
until_true 20 live 0 || fail "agents stay"
sent=$(cat "$WORK"/tap?.err | tr -d , |
	sed -n 's/.* \([0-9]*\) rows sent.*/\1/p' |
	awk '{ s += $1 } END { print s }')
for asker in near far; do
	[ $asker = near ] && pid=$NEAR || pid=$FAR
	stop "$pid" || fail "mql ended with status $?"
	line=$(tail -n 1 "$WORK/$asker.err")
	! says "$WORK/$asker.err" 'not balance' || fail "$line"
	rows=$(wc -l < "$WORK/$asker.out")
	[ $((rows + $(closing $asker lost) + $(closing $asker slow))) = "$sent" ] ||
		fail "$sent sent, $rows came: $line"
	say "ok: $asker: $line"
done
