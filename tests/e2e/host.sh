#!/bin/bash
# The agent's life in a service (host.c), against the real source-job: forks,
# closed and exhausted descriptors, short threads, plugins that come and go,
# and an end amid publishing. In each case every event that must have become
# a row is one, and the books balance.
. "$(dirname "$0")/lib.sh"
source_job --lease 2s
TEXT="select n where n != null"

# host NAME ARGUMENTS...: in the background; its id in $HOST.
host() {
	local name=$1
	shift
	background "$name" "$BUILD/host" "$@"
	HOST=$LAST
}

# begin NAME MODE [ARGUMENTS...]: an asker and a host.
begin() {
	ask "$1.rows" "$TEXT"
	ASKER=$LAST
	host "$@"
}

# end NAME: both ended well, with as many rows as the host says, at least.
end() {
	local want
	wait "$HOST" || fail "$1: the host ended with status $?"
	want=$(tail -n 1 "$WORK/$1.out")
	until_true 20 lines_at_least "$WORK/$1.rows.out" "$want" ||
		fail "$1: $(wc -l < "$WORK/$1.rows.out") rows of $want"
	stop "$ASKER" || fail "$1: mql ended with status $?"
	! says "$WORK/$1.rows.err" 'not balance' ||
		fail "$1: $(cat "$WORK/$1.rows.err")"
	say "ok: $1: $(tail -n 1 "$WORK/$1.rows.err")"
}

# simple NAME MODE [ARGUMENT]: a host that needs no help.
simple() {
	begin "$@"
	end "$1"
}

names() { "$BUILD/mql" agents -o json | jq -s 'flatten | map(.agent) | unique | length'; }
named() { [ "$(names)" = "$1" ]; }

# ThreadSanitizer knows no thread that is started in a child of fork(), and no
# second table of descriptors.
if [ "$(basename "$BUILD")" != tsan ]; then
	begin prefork prefork "$WORK/seen"
	until_true 20 named 9 || fail "no nine agents"
	: > "$WORK/seen"
	end prefork
	until_true 10 agents_connected 0 || fail "agents stay after prefork"
	# In a child AddressSanitizer's allocator may be locked by a thread
	# that is not there.
	[ "$(basename "$BUILD")" = asan ] || simple busy-fork busy-fork
	simple both both "$BUILD/plugin-inside.so"
	simple exec exec
	simple close-all close-all "$WORK/file"
	begin none-left none-left "$WORK/restarted"
	until_true 20 says "$WORK/none-left.err" sent ||
		fail "none-left sends nothing"
	until_true 20 lines_at_least "$WORK/none-left.rows.out" 10 ||
		fail "none-left: rows are late"
	kill -KILL "$JOB"
	wait "$JOB" 2> "$WORK/killed" || :
	source_job --lease 2s
	until_true 20 live_on 1 || fail "none-left: not live again"
	: > "$WORK/restarted"
	end none-left
fi

simple signals signals
simple threads threads

begin close-busy close-busy "$WORK/now"
until_true 20 says "$WORK/close-busy.err" sent || fail "close-busy sends nothing"
: > "$WORK/now"
end close-busy

# The source-job stands still while the agent closes.
begin close-stalled close-busy "$WORK/stalled"
until_true 20 says "$WORK/close-stalled.err" sent || fail "sends nothing"
kill -STOP "$JOB"
: > "$WORK/stalled"
wait "$HOST" || fail "close-stalled: the host ended with status $?"
kill -CONT "$JOB"
end close-stalled

for how in inside linked; do
	simple "plugin-$how" plugins "$BUILD/plugin-$how.so"
	begin "stalled-$how" plugin-stalled "$BUILD/plugin-$how.so" \
		"$WORK/stalled-$how"
	until_true 20 says "$WORK/stalled-$how.err" sent ||
		fail "the plugin sends nothing"
	kill -STOP "$JOB"
	: > "$WORK/stalled-$how"
	wait "$HOST" || fail "stalled-$how: the host ended with status $?"
	kill -CONT "$JOB"
	end "stalled-$how"
done
