#!/bin/bash
# Each case of ../shared/data/answers.json that groups, aggregates or counts
# what is distinct gives the same rows, by `mql eval`, by one agent, and by ten
# agents that have a tenth of the events each: exact results to the last digit,
# sketches within their errors. Two subscribers share the agents' part.
. "$(dirname "$0")/lib.sh"
need_data
source_job

# query CASE: its text; `(..)` stands for the path in the parentheses before.
query() {
	local text path
	text=$(jq -r .mql <<< "$1")
	path=$(grep -o "(e\[[^)]*)" <<< "$text" | head -n 1 || :)
	echo "${text//(..)/$path}"
}

# rows FILE: in an order that does not depend on who gave them.
rows() { jq -cS . "$1" | sort; }

# same A B: the same rows, but for the columns of sketches, which may differ
# by a fiftieth.
same() {
	jq -n --slurpfile a <(rows "$1") --slurpfile b <(rows "$2") '
		def near(x; y; rough):
			x == y or (rough and (x - y | fabs) <= (x | fabs) / 50);
		($a | length) == ($b | length) and
		([range($a | length) as $i | $a[$i] | keys[] as $k
			| near(.[$k]; $b[$i][$k]; $k | test("^p[0-9]|distinct"))]
			| all)' | grep -qx true
}

# fleet N QUERY: two subscribers, then N agents with a part of the file each.
fleet() {
	local i pids=() a b
	ask one "$2"
	a=$LAST
	ask two "$2"
	b=$LAST
	for i in one two; do
		until_true 10 says "$WORK/$i.err" "live on" || fail "no $i"
	done
	rm -f "$WORK"/part.*
	split -n "l/$1" -d "$WORK/file" "$WORK/part."
	for i in "$WORK"/part.*; do
		tap "tap${i##*.}" "$i" --stream stream
		pids+=("$LAST")
	done
	for i in "${pids[@]}"; do
		wait "$i" || fail "a tap ended with status $?"
	done
	until_true 10 agents_connected 0 || fail "agents stay"
	stop "$a" || fail "mql ended with status $?: $2"
	stop "$b" || fail "mql ended with status $?: $2"
	! grep "not balance" "$WORK/one.err" "$WORK/two.err" || fail "books: $2"
}

# try DATASET QUERY
try() {
	local n agents who
	ln -sf "$WORK/$1.ndjson" "$WORK/file"
	"$BUILD/mql" eval "$2" "$WORK/file" > "$WORK/want" || fail "eval: $2"
	n=$(wc -l < "$WORK/want")
	for agents in 1 10; do
		fleet "$agents" "$2"
		# The last rows are the totals, all of them.
		for who in one two; do
			tail -n "$n" "$WORK/$who.out" > "$WORK/got"
			same "$WORK/want" "$WORK/got" ||
				fail "$agents agents, $who: $2"
		done
	done
	say "ok: $n rows: $2"
}

jq -c '.cases[] | select(.kind | . == "group" or . == "agg" or
	. == "distinct") | select(.mql | startswith("select"))' \
	"$DATA/answers.json" > "$WORK/cases"
[ "$(wc -l < "$WORK/cases")" -ge 15 ] || fail "too few cases"
while read -r case; do
	try "$(jq -r .dataset <<< "$case")" "$(query "$case")"
done < "$WORK/cases"

# Ten tenths of a file at once are as far out of order as the file is long.
try github-events \
	"select count(*) from stream window 1s on created_at grace 24h"
try apache-access "select response, count(*), sum(bytes) from stream
	group by response having count(*) > 1 order by response desc
	limit 3 window 1h on timestamp grace 9000h"
try apache-access "select distinct request.verb, response from stream
	order by response desc, request.verb"
