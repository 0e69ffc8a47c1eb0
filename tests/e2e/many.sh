#!/bin/bash
# Three source-jobs and twelve agents are one fleet: rows, groups, lists, kill,
# limits; one is killed and comes back, one is added and removed, all under
# load, and nothing is counted twice.
. "$(dirname "$0")/lib.sh"

# job NAME: a source-job; at the same ports when it was there before. Its
# id in JOB_NAME.
declare -A A S PID
job() {
	background "$1" "$BUILD/mql-source-job" --lease 5s \
		--agents "${A[$1]:-tcp://127.0.0.1:$(port 0)}" \
		--subscribers "${S[$1]:-tcp://127.0.0.1:$(port 1)}" --http 127.0.0.1:0
	PID[$1]=$LAST
	until_true 10 says "$WORK/$1.out" '"ready"' || fail "$1 is not ready"
	A[$1]=$(jq -r .agents "$WORK/$1.out")
	S[$1]=$(jq -r .subscribers "$WORK/$1.out")
}

# lists NAMES...: the files that agents and subscribers read, replaced.
lists() {
	local n
	: > "$WORK/agents.new"
	: > "$WORK/subscribers.new"
	for n in "$@"; do
		echo "${A[$n]} # $n" >> "$WORK/agents.new"
		echo "${S[$n]} # $n" >> "$WORK/subscribers.new"
	done
	mv "$WORK/agents.new" "$WORK/agents"
	mv "$WORK/subscribers.new" "$WORK/subscribers"
}

agents_at() { # NAME: how many
	"$BUILD/mql" agents -o json -s "${S[$1]}" |
		jq -s 'flatten | map(select(.state == "connected")) | length'
}
all_at() { # N NAMES...
	local n=$1 sum=0 i
	shift
	for i in "$@"; do sum=$((sum + $(agents_at "$i"))); done
	[ "$sum" = "$n" ]
}

for i in one two three; do job $i; done
lists one two three
export MQL_AGENT_SOURCE_JOB=file:$WORK/agents
export MQL_SOURCE_JOB=file:$WORK/subscribers
ALL=${S[one]},${S[two]},${S[three]}

# --- rows, groups, limits: a file published once by each of twelve ------------
printf '{"n":%d,"g":%d,"country":"%s","t":%d}\n' \
	$(for i in $(seq 1 3000); do
		echo "$i $((i % 7)) B$((i % 3)) $((1700000000000 + i * 10))"
	done) \
	> "$WORK/events.ndjson"

# fleet LIST QUERY [OPTIONS...]: the rows into asked.out
fleet() {
	local list=$1 query=$2 asker pids=() i
	shift 2
	ask asked -s "$list" "$@" "$query"
	asker=$LAST
	until_true 10 says "$WORK/asked.err" "live on" || fail "not asked"
	for i in $(seq 12); do
		tap "tap$i" "$WORK/events.ndjson"
		pids+=("$LAST")
	done
	for i in "${pids[@]}"; do wait "$i" || fail "a tap ended with $?"; done
	until_true 10 all_at 0 one two three || fail "agents stay"
	if [ "${STOPS:-yes}" = yes ]; then
		stop "$asker" || fail "mql ended with $?: $query"
	else
		wait "$asker" || fail "mql ended with $?: $query"
	fi
	! says "$WORK/asked.err" 'not balance' || fail "$(cat "$WORK/asked.err")"
}
for i in $(seq 12); do cat "$WORK/events.ndjson"; done > "$WORK/all.ndjson"

fleet "$ALL" "select n, g where country == 'B1'"
jq -c "select(.country == \"B1\") | {n, g}" "$WORK/all.ndjson" | sort \
	> "$WORK/want"
sort "$WORK/asked.out" | cmp - "$WORK/want" || fail "other rows than jq's"
says "$WORK/asked.err" '12 agents' || fail "$(tail -n 1 "$WORK/asked.err")"
say "ok: rows of jq, twelve times: $(tail -n 1 "$WORK/asked.err")"

try() { # QUERY: as eval has it
	local n
	"$BUILD/mql" eval "$1" "$WORK/all.ndjson" > "$WORK/want"
	n=$(wc -l < "$WORK/want")
	fleet "$MQL_SOURCE_JOB" "$1"
	tail -n "$n" "$WORK/asked.out" | sort > "$WORK/got"
	sort "$WORK/want" | cmp - "$WORK/got" ||
		fail "$1: $(head -n 3 "$WORK/got")"
	say "ok: $n rows: $1: $(tail -n 1 "$WORK/asked.err")"
}
try "select g, count(*), sum(n), max(n), avg(n) group by g"
try "select count(*), count(distinct n) where g > 2"
try "select g, country, count(*) as c group by g, country
	having c > 1000 order by c desc, g limit 5"
try "select distinct country, g order by g desc, country"
try "select top(g, 3), sum(n) group by country"
try "select g, count(*) as n, max(n) as m group by g window 5s every 1s on t
	grace 24h"


# --- twelve services that go on ------------------------------------------------
TAPS=()
for i in $(seq 12); do
	tap "tap$i" "$WORK/events.ndjson" --loop --rate 300
	TAPS+=("$LAST")
done
until_true 10 all_at 12 one two three || fail "no twelve agents"

"$BUILD/mql" -s "$ALL" --limit 100 "select n" > "$WORK/limit.out" \
	2> "$WORK/limit.err" || fail "a limit ended with $?"
[ "$(wc -l < "$WORK/limit.out")" = 100 ] || fail "no limit of all"
! says "$WORK/limit.err" 'not balance' || fail "$(cat "$WORK/limit.err")"
say "ok: limit: $(tail -n 1 "$WORK/limit.err")"

# total NAME WORDS: the sum of the numbers before WORDS in the taps' last lines
total() {
	cat "$WORK"/tap?.err "$WORK"/tap1?.err | grep 'events read' |
		tr -d , | sed -n "s/.*[^0-9]\\([0-9][0-9]*\\) $1.*/\\1/p" |
		awk '{ s += $1 } END { print s + 0 }'
}
closing_of() { # WORDS: of the asker, the number before or after them
	tail -n 1 "$WORK/asked.err" | tr -d , | sed -n "s/$1/\\1/p"
}

# --- one list, one answer -------------------------------------------------------
ask asked "select n, g where country == 'B1'"
ASKER=$LAST
until_true 10 says "$WORK/asked.err" 'live on 12 of 12' || fail "not live"
"$BUILD/mql" agents -o json > "$WORK/list"
jq -es 'flatten | (length == 12) and (map(.source_job) | unique | length > 1)' \
	"$WORK/list" > "$WORK/is" || fail "agents: $(cat "$WORK/list")"
"$BUILD/mql" queries -o json > "$WORK/list"
jq -es 'flatten | length == 1 and .[0].live == 12 and
	(.[0].subscribers | length == 1)' "$WORK/list" > "$WORK/is" ||
	fail "queries: $(cat "$WORK/list")"
"$BUILD/mql" streams -o json > "$WORK/list"
jq -es 'flatten | length == 1 and .[0].agents == 12' "$WORK/list" \
	> "$WORK/is" || fail "streams: $(cat "$WORK/list")"
ask other "select n where g == 3"
OTHER=$LAST
until_true 10 says "$WORK/other.err" 'live on 12 of 12' || fail "not live"
ID=$("$BUILD/mql" queries -o json |
	jq -rs 'flatten | map(select(.query | contains("g == 3"))) | .[0].id')
"$BUILD/mql" kill "$ID" 2> "$WORK/kill.err" || fail "kill: $(cat "$WORK/kill.err")"
! wait "$OTHER" || fail "a killed query ended well"
says "$WORK/other.err" killed || fail "$(cat "$WORK/other.err")"
say "ok: one list, one answer: query $ID is killed everywhere"

# --- a source-job more, and one less ---------------------------------------------
ask windows "select count(*) as n, max(g) as g window 1s"
WINDOWS=$LAST
until_true 10 says "$WORK/windows.err" 'live on 12 of 12' || fail "not live"
moved() { [ "$(agents_at four)" -ge 1 ] && all_at 12 one two three four; }
for i in 1 2 3 4 5 6; do # once in thirty times it is nobody's choice
	job four
	lists one two three four
	! until_true 3 moved || break
	lists one two three
	kill -TERM "${PID[four]}"
	wait "${PID[four]}" || fail "the fourth ended with status $?"
	unset "A[four]" "S[four]"
done
until_true 8 moved || fail "nobody moves to the new source-job"
MOVED=$(agents_at four)
until_true 10 says "$WORK/asked.err" "${S[four]} has joined" || fail "not told"
until_true 10 says "$WORK/four.err" . || :
lists one two three
until_true 20 all_at 12 one two three || fail "they do not move back"
until_true 30 says "$WORK/asked.err" "${S[four]} has left" || fail "not told"
kill -TERM "${PID[four]}"
wait "${PID[four]}" || fail "the fourth ended with status $?"

stop_all() {
	local p
	for p in "${TAPS[@]}"; do kill -INT "$p"; done
	for p in "${TAPS[@]}"; do wait "$p" || fail "a tap: status $?"; done
	until_true 10 all_at 0 one two three || fail "agents stay"
	stop "$ASKER" || fail "mql ended with $?"
	! says "$WORK/asked.err" 'not balance' ||
		fail "$(cat "$WORK/asked.err")"
}
stop_all
stop "$WINDOWS" || fail "mql ended with $?"
! says "$WORK/windows.err" 'not balance' || fail "$(cat "$WORK/windows.err")"
COUNTED=$(jq -s 'map(.n) | add' "$WORK/windows.out")
LINE=$(tail -n 1 "$WORK/windows.err" | tr -d ,)
MATCHED=$(sed -n 's/.*matched \([0-9]*\) of.*/\1/p' <<< "$LINE")
LATE=$(sed -n 's/.*dropped \([0-9]*\).*/\1/p' <<< "$LINE")
[ "$((COUNTED + LATE))" = "$MATCHED" ] || fail "windows: $COUNTED: $LINE"
say "ok: windows of all: $LINE"
ROWS=$(wc -l < "$WORK/asked.out")
AGENTS=$(closing_of '.* of \([0-9]*\) agents.*')
[ "$AGENTS" = 12 ] || fail "counted twice: $(tail -n 1 "$WORK/asked.err")"
MATCHED=$(closing_of '.*matched \([0-9]*\) of.*')
[ "$ROWS" = "$MATCHED" ] || fail "$ROWS rows: $(tail -n 1 "$WORK/asked.err")"
say "ok: $MOVED moved there and back: $(tail -n 1 "$WORK/asked.err")"

# --- kill -9, and back -------------------------------------------------------------
TAPS=()
ask asked "select n, g"
ASKER=$LAST
until_true 10 says "$WORK/asked.err" 'live on 0 of 0' || fail "not asked"
for i in $(seq 12); do
	tap "tap$i" "$WORK/events.ndjson" --loop --rate 300
	TAPS+=("$LAST")
done
until_true 20 all_at 12 one two three || fail "no twelve agents"
VICTIM=one
for i in one two three; do
	[ "$(agents_at $i)" -le "$(agents_at $VICTIM)" ] || VICTIM=$i
done
HAD=$(agents_at $VICTIM)
kill -KILL "${PID[$VICTIM]}"
wait "${PID[$VICTIM]}" 2> "$WORK/ended" || :
until_true 5 says "$WORK/asked.err" "${S[$VICTIM]} is down (2 of 3" ||
	fail "not told: $(cat "$WORK/asked.err")"
"$BUILD/mql" streams -o json > "$WORK/list" 2> "$WORK/list.err" ||
	fail "no list without one of three"
says "$WORK/list.err" "${S[$VICTIM]}" || fail "$(cat "$WORK/list.err")"
others() { # but the victim's
	local i n=0
	for i in one two three; do
		[ $i = $VICTIM ] || n=$((n + $(agents_at $i)))
	done
	[ $n = 12 ]
}
until_true 20 others || fail "its agents do not go to others"
until_true 20 says "$WORK/asked.err" missed || fail "no gap is told"
job $VICTIM
back() { [ "$(agents_at $VICTIM)" = "$HAD" ] && all_at 12 one two three; }
until_true 40 back || fail "$(agents_at $VICTIM) of $HAD are back"
stop_all
LAST_LINE=$(tail -n 1 "$WORK/asked.err")
ROWS=$(wc -l < "$WORK/asked.out")
LOST=$(closing_of '.*lost \([0-9]*\) on.*')
SENT=$(total 'rows sent')
LIVE=$(total 'published to a live query')
SEEN=$(closing_of '.* of \([0-9]*\) seen.*')
[ "$((ROWS + ${LOST:-0}))" = "$SENT" ] ||
	fail "$SENT sent, $ROWS here: $LAST_LINE"
[ "$SEEN" = "$LIVE" ] || fail "$LIVE published: $LAST_LINE"
say "ok: $HAD agents fled a kill -9, and came back: $LAST_LINE"
