#!/bin/bash
# record.sh BUILD COMMIT - how the directories beside this one were made: the
# daemons of COMMIT, an earlier one of this repository, speak to each other
# through `replay record` of BUILD, which keeps each message. What they say is
# never changed; recorded.sh of the end-to-end tests plays it to those of now.
#
#     COMMIT/SESSION/agents/        agent and source-job
#     COMMIT/SESSION/subscribers/   client and source-job
#
# `recorded` below says what each session is. Silence is long enough here for
# a player that takes its time.
. "$(dirname "$0")/../../e2e/lib.sh"
COMMIT=$2
OLD=$WORK/old
git clone -q "$ROOT" "$OLD"
git -C "$OLD" checkout -q "$COMMIT"
OUT=${OLD_OUT:-$WORK/out}
make -C "$OLD" OUT="$OUT" -j2 all > "$WORK/make.out" 2> "$WORK/make.err"
REPLAY=$BUILD/replay
BUILD=$OUT/release
TO=$ROOT/tests/wire/recorded/$COMMIT
rm -rf "$TO"

# between WHO ENDPOINT DIR: sets BETWEEN to where WHO is to connect
between() {
	mkdir -p "$3"
	mkfifo "$WORK/$1.in" 2> "$WORK/fifo.err" || :
	exec {IN}<> "$WORK/$1.in"
	background "$1" sh -c 'exec "$@" < "$0"' "$WORK/$1.in" "$REPLAY" \
		record --who "$1" --to "$2" "$3"
	until_true 10 lines_at_least "$WORK/$1.out" 1 || fail "no $1"
	BETWEEN=$(cat "$WORK/$1.out")
}

# session NAME: a source-job of then, and the recorders before it
session() {
	AGENTS=tcp://127.0.0.1:0 SUBSCRIBERS=tcp://127.0.0.1:0 HTTP=off
	source_job --heartbeat 20s --lease 60s
	between agent "$AGENTS" "$TO/$1/agents"
	AGENT_AT=$BETWEEN
	between client "$SUBSCRIBERS" "$TO/$1/subscribers"
	export MQL_SOURCE_JOB=$BETWEEN
}
over() {
	kill -TERM "$JOB"
	wait "$JOB" || fail "the source-job ended with status $?"
	kill $(jobs -rp)
	wait || :
	rmdir "$TO"/*/* 2> "$WORK/rmdir.err" || :
}
service() { # OPTIONS...: twenty events
	for n in $(seq 20); do
		printf '{"n":%d,"country":"%s"}\n' "$n" \
			"$([ $((n % 2)) = 0 ] && echo BR || echo DE)"
	done > "$WORK/events.ndjson"
	tap tap1 "$WORK/events.ndjson" -s "$AGENT_AT" "$@"
	TAP=$LAST
}
asked() { # ARGUMENTS...: by a client, before anybody is there
	ask asker "$@"
	ASKER=$LAST
	until_true 10 says "$WORK/asker.err" 'live on 0 of 0' || fail "not asked"
}

# rows: ten of twenty events, then the service ends, and then the client
session rows
asked "select n, country where country == 'BR'"
service
wait "$TAP"
until_true 10 lines_at_least "$WORK/asker.out" 10 || fail "no rows"
stop "$ASKER"
over

# limit: the query ends before the service
session limit
asked --limit 5 "select n"
service --loop --rate 50
wait "$ASKER"
ended() { compgen -G "$TO/limit/agents/*-agent-ack.bin" | wc -l |
	grep -qx '[2-9]'; }
until_true 10 ended || fail "the agent does not say that it has ended"
stop "$TAP"
over

# groups, where the version knows of any
if "$BUILD/mql" explain "select count(*)" > "$WORK/explain" 2>&1; then
	session groups
	asked "select country, count(*) as c, sum(n) as s group by country"
	service
	wait "$TAP"
	until_true 10 lines_at_least "$WORK/asker.out" 2 || fail "no groups"
	stop "$ASKER"
	over
fi

# lists: what an operator asks
session lists
service --wait
connected() { [ "$("$BUILD/mql" agents -o json -s "$SUBSCRIBERS" |
	wc -l)" -gt 0 ]; }
until_true 10 connected || fail "no agent"
"$BUILD/mql" agents -o json > "$WORK/agents.json"
stop "$TAP" || :
over
find "$TO" -name '*.bin' | wc -l
