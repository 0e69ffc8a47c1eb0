#!/bin/bash
# Columns by prefix: what comes through agents and a source-job is what
# `mql eval` gives, row by row, and ordered; a match without such a field is a
# row all the same.
. "$(dirname "$0")/lib.sh"

for i in 1 2 3 4 5; do
	printf '{"n":%d,"http.code":%d,"h\\u0074tp.é":"x","ms":1}\n' "$i" "$i"
	printf '{"n":%d,"other":true,"http":{"code":1}}\n' "$((i + 5))"
done > "$WORK/events"
source_job

# try QUERY ROWS: from two agents that publish the same.
try() {
	local i pids=() asker
	"$BUILD/mql" eval "$1" "$WORK/events" "$WORK/events" | sort \
		> "$WORK/want" || fail "eval: $1"
	[ "$(wc -l < "$WORK/want")" = "$2" ] || fail "not $2 rows: $1"
	for i in 1 2; do
		tap "tap$i" "$WORK/events"
		pids+=("$LAST")
	done
	until_true 10 agents_connected 2 || fail "no two agents"
	ask rows "$1"
	asker=$LAST
	for i in "${pids[@]}"; do
		wait "$i" || fail "a tap ended with status $?"
	done
	until_true 10 agents_connected 0 || fail "agents stay"
	stop "$asker" || fail "mql ended with status $?"
	sort "$WORK/rows.out" | cmp - "$WORK/want" || fail "rows differ: $1"
	! grep -q "not balance" "$WORK/rows.err" || fail "books: $1"
	say "ok: $2 rows: $1"
}

try "select e[^'http.'] where n != 3" 18
grep -qx '{}' "$WORK/want" || fail "no empty row"
grep -q '"h\\u0074tp.é":"x"' "$WORK/want" || fail "no name with an escape"
try "select n, e[^'http'] order by n desc limit 4" 4
[ "$(head -n 1 "$WORK/rows.out")" = '{"n":10,"http":{"code":1}}' ] ||
	fail "not in order: $(head -n 1 "$WORK/rows.out")"
try "select distinct e[^'http.'], ms" 6
