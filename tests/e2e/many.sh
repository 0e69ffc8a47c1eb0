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
		--agents "${A[$1]:-tcp://127.0.0.1:0}" \
		--subscribers "${S[$1]:-tcp://127.0.0.1:0}" --http 127.0.0.1:0
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
printf '{"n":%d,"g":%d,"country":"%s"}\n' \
	$(for i in $(seq 1 3000); do echo "$i $((i % 7)) B$((i % 3))"; done) \
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

STOPS=no fleet "$ALL" "select n" --limit 100
[ "$(wc -l < "$WORK/asked.out")" = 100 ] || fail "no limit of all"
say "ok: $(tail -n 1 "$WORK/asked.err")"
