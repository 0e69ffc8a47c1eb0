#!/bin/bash
# Two versions at once: agents, source-jobs and clients of earlier commits, as
# they were recorded (tests/wire/recorded/record.sh), with those of now, each
# way. The question is answered, and the books balance; and who speaks a
# version that cannot be understood hears so.
. "$(dirname "$0")/lib.sh"
RECORDED=$ROOT/tests/wire/recorded
MQL=$BUILD/mql
ROWS="select n, country where country == 'BR'"
GROUPED="select country, count(*) as c, sum(n) as s group by country"

for n in $(seq 20); do # what the services of then published, too
	printf '{"n":%d,"country":"%s"}\n' "$n" \
		"$([ $((n % 2)) = 0 ] && echo BR || echo DE)"
done > "$WORK/events.ndjson"
grep BR "$WORK/events.ndjson" > "$WORK/rows"
printf '{"country":"BR","c":10,"s":110}\n{"country":"DE","c":10,"s":100}\n' \
	> "$WORK/groups"
head -n 5 "$WORK/events.ndjson" | sed 's/,.*/}/' > "$WORK/limit"

# play WHO DIR [--to ENDPOINT]: plays in the background; its id in $PLAYER
play() {
	background player "$BUILD/replay" play --who "$1" "${@:3}" "$2"
	PLAYER=$LAST
}
# play_job DIR: likewise; it listens at $AT
play_job() {
	play job "$1"
	until_true 10 lines_at_least "$WORK/player.out" 1 || fail "no player"
	AT=$(head -n 1 "$WORK/player.out")
}
played() {
	wait "$PLAYER" || fail "$1: $(cat "$WORK/player.err" "$WORK"/*.err)"
	! says "$WORK/player.out" '^ERROR' || fail "$1: $(cat "$WORK/player.out")"
	say "ok: $1"
}
heard() { # KIND: what came of it
	sed -n "s/^$1 //p" "$WORK/player.out"
}
given() { # FILE WHAT: to mql; of a running total the last rows count
	tail -n "$(wc -l < "$WORK/$1")" "$WORK/asker.out" | sort |
		cmp -s - <(sort "$WORK/$1") ||
		fail "$2: $(cat "$WORK/asker.out" "$WORK/asker.err")"
	! says "$WORK/asker.err" 'not balance' ||
		fail "$2: $(cat "$WORK/asker.err")"
}
is_given() { tail -n "$(wc -l < "$WORK/$1")" "$WORK/asker.out" | sort |
	cmp -s - <(sort "$WORK/$1"); }

fresh_job() { # the ids of then are those of a source-job that has just begun
	AGENTS=tcp://127.0.0.1:0 SUBSCRIBERS=tcp://127.0.0.1:0 HTTP=off
	source_job --lease 60s --heartbeat 20s
}
end_job() {
	kill -TERM "$JOB"
	wait "$JOB" || fail "the source-job ended with status $?"
}
ask_here() { # ARGUMENTS...
	ask asker "$@"
	ASKER=$LAST
	until_true 10 says "$WORK/asker.err" 'live on 0 of 0' || fail "not asked"
}

# --- an old agent, a new source-job ---------------------------------------------
old_agent() { # DIR SESSION QUERY [OPTIONS...]
	local what="agent of ${1##*/}, source-job of now: $2"
	fresh_job
	ask_here "${@:4}" "$3"
	play agent "$1/$2/agents" --to "$AGENTS"
	until_true 30 is_given "$2" || :
	if [ "$2" = limit ]; then
		wait "$ASKER" || fail "$what: status $?"
	fi
	until_true 30 agents_connected 0 || fail "$what: it stays"
	[ "$2" = limit ] || stop "$ASKER" || fail "$what: status $?"
	given "$2" "$what"
	says "$WORK/asker.err" 'from 1 of 1 agent' || fail "$what: who?"
	end_job
	played "$what"
}

# --- an old client, a new source-job ----------------------------------------------
old_client() { # DIR SESSION
	local what="client of ${1##*/}, source-job of now: $2"
	fresh_job
	play client "$1/$2/subscribers" --to "$SUBSCRIBERS"
	until_true 10 says "$WORK/player.out" '^ACCEPTED' || fail "$what: no"
	if [ "$2" = limit ]; then
		tap tap1 "$WORK/events.ndjson" --loop --rate 100
	else
		tap tap1 "$WORK/events.ndjson"
	fi
	TAP=$LAST
	played "$what"
	[ "$2" != limit ] || kill -INT "$TAP"
	wait "$TAP" || fail "$what: the service ended with status $?"
	heard DATA | sort | comm -13 - <(sort "$WORK/$2") > "$WORK/missing"
	[ ! -s "$WORK/missing" ] || fail "$what: $(cat "$WORK/player.out")"
	[ "$2" = groups ] || heard DATA | cmp -s - "$WORK/$2" ||
		fail "$what: $(cat "$WORK/player.out")"
	heard END | jq -e '.failed | not' > "$WORK/end" ||
		fail "$what: $(heard END)"
	end_job
}

# --- a new agent, an old source-job --------------------------------------------------
new_agent() { # DIR SESSION
	local what="agent of now, source-job of ${1##*/}: $2"
	play_job "$1/$2/agents"
	if [ "$2" = limit ]; then
		tap tap1 "$WORK/events.ndjson" -s "$AT" --loop --rate 100
		ended() { [ "$(heard ACK | grep -c '"ended"')" = 1 ]; }
		until_true 10 ended || fail "$what: the query does not end"
		stop "$LAST" || fail "$what: the service ended with status $?"
	else
		tap tap1 "$WORK/events.ndjson" -s "$AT"
		wait "$LAST" || fail "$what: the service ended with status $?"
	fi
	played "$what"
	case $2 in
	rows) heard ROWS | cmp -s - "$WORK/rows" ;;
	limit) heard ROWS | head -n 5 | cmp -s - "$WORK/limit" ;;
	groups) says "$WORK/player.out" '^PARTIALS' &&
		heard ACK | tail -n 1 | jq -e '.entry[0].books.sent == 20' \
			> "$WORK/sent" ;;
	esac || fail "$what: $(cat "$WORK/player.out" "$WORK/tap1.err")"
}

# --- a new client, an old source-job ---------------------------------------------------
new_client() { # DIR SESSION QUERY [OPTIONS...]
	local what="client of now, source-job of ${1##*/}: $2"
	play_job "$1/$2/subscribers"
	ask asker -s "$AT" "${@:4}" "$3"
	ASKER=$LAST
	until_true 30 is_given "$2" || :
	[ "$2" = limit ] || kill -INT "$ASKER"
	wait "$ASKER" || fail "$what: status $?: $(cat "$WORK/asker.err")"
	given "$2" "$what"
	played "$what"
}

lists() { # DIR: what an operator asks
	local what="lists of ${1##*/}"
	play_job "$1/lists/subscribers"
	"$MQL" agents -o json -s "$AT" > "$WORK/list" 2> "$WORK/list.err" ||
		fail "$what: $(cat "$WORK/list.err")"
	jq -e '.app == "tap1"' "$WORK/list" > "$WORK/is" ||
		fail "$what: $(cat "$WORK/list")"
	played "client of now, source-job of ${1##*/}: lists"
	fresh_job
	background agent "$BUILD/replay" play --who agent --to "$AGENTS" \
		"$1/lists/agents"
	play client "$1/lists/subscribers" --to "$SUBSCRIBERS"
	played "client of ${1##*/}, source-job of now: lists"
	heard REPLY | jq -e '.ok and (.text | fromjson | type == "array")' \
		> "$WORK/is" || fail "$what: $(cat "$WORK/player.out")"
	end_job
}

for dir in "$RECORDED"/*/; do
	dir=${dir%/}
	old_agent "$dir" rows "$ROWS"
	old_agent "$dir" limit "select n" --limit 5
	for session in rows limit; do
		old_client "$dir" $session
		new_agent "$dir" $session
	done
	new_client "$dir" rows "$ROWS"
	new_client "$dir" limit "select n" --limit 5
	lists "$dir"
	[ -d "$dir/groups" ] || continue
	old_agent "$dir" groups "$GROUPED"
	old_client "$dir" groups
	new_agent "$dir" groups
	new_client "$dir" groups "$GROUPED"
done

# --- a version that cannot be understood --------------------------------------------
# of_version HEX DIR: DIR's messages, said to be of another version, in $OTHER
of_version() {
	local f
	OTHER=$(mktemp -d -p "$WORK")
	for f in "$2"/*.bin; do
		{
			head -c 4 "$f"
			printf "\\x$1"
			tail -c +6 "$f"
		} > "$OTHER/${f##*/}"
	done
}
says_so() { # FILE WHO
	until_true 20 says "$1" 'update the older of the two' ||
		fail "$2 is not told: $(cat "$1")"
	[ "$2" = mql ] || kill "$LAST"
	say "ok: $2 is told of a version that is not understood"
}
dir=$(dirname "$(find "$RECORDED" -name groups | head -n 1)")
for version in 00 02; do
	fresh_job
	of_version $version "$dir/rows/agents"
	play agent "$OTHER" --to "$AGENTS"
	says_so "$WORK/player.out" "an agent"
	of_version $version "$dir/rows/subscribers"
	play client "$OTHER" --to "$SUBSCRIBERS"
	says_so "$WORK/player.out" "a client"
	end_job
done
play_job "$OTHER"
! "$MQL" -s "$AT" "$ROWS" 2> "$WORK/ask.err" || fail "it is answered"
says_so "$WORK/ask.err" mql
kill "$PLAYER" 2> "$WORK/kill.err" || :
of_version 02 "$dir/lists/subscribers"
play_job "$OTHER"
! "$MQL" agents -s "$AT" 2> "$WORK/ask.err" || fail "there is a list"
says_so "$WORK/ask.err" mql
kill "$PLAYER" 2> "$WORK/kill.err" || :
of_version 02 "$dir/rows/agents"
play_job "$OTHER"
tap tap1 "$WORK/events.ndjson" -s "$AT"
says_so "$WORK/tap1.err" "a service"
