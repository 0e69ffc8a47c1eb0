#!/bin/bash
# Subscribers of one group share the rows of a query, each row to one: of two
# source-jobs, by key, while members come, go and are killed; and every row
# that a source-job got is with a member or in its books.
. "$(dirname "$0")/lib.sh"

declare -A A S H
job() {
	background "$1" "$BUILD/mql-source-job" --lease 2s \
		--agents tcp://127.0.0.1:0 --subscribers tcp://127.0.0.1:0 \
		--http 127.0.0.1:0
	until_true 10 says "$WORK/$1.out" '"ready"' || fail "$1 is not ready"
	A[$1]=$(jq -r .agents "$WORK/$1.out")
	S[$1]=$(jq -r .subscribers "$WORK/$1.out")
	H[$1]=$(jq -r .http "$WORK/$1.out")
}
job one
job two
export MQL_SOURCE_JOB=${S[one]},${S[two]}

for i in $(seq 1 20000); do
	echo "{\"n\":$i,\"k\":$((i % 100))}"
done > "$WORK/events.ndjson"

# member NAME ARGUMENTS...: of the group `sinks`
declare -A PID
member() {
	local name=$1
	shift
	ask "$name" --group sinks --member "$name" "$@"
	PID[$name]=$LAST
	until_true 10 says "$WORK/$name.err" 'live on' ||
		fail "$name is not asked"
}

# taps: a service at each source-job; $FED when both have said how many rows.
taps() {
	MQL_AGENT_SOURCE_JOB=${A[one]} tap tap1 "$WORK/events.ndjson" "$@"
	TAPS=("$LAST")
	MQL_AGENT_SOURCE_JOB=${A[two]} tap tap2 "$WORK/events.ndjson" "$@"
	TAPS+=("$LAST")
}
fed() { # rows that agents sent, by their own last word
	cat "$WORK"/tap?.err | tr -d , |
		sed -n 's/.* \([0-9]*\) rows sent.*/\1/p' |
		awk '{ s += $1 } END { print s + 0 }'
}
# sum of what the groups of all source-jobs say: FIELD
sum_of() {
	"$BUILD/mql" queries -o json |
		jq -s "flatten | [.[].groups[]?.$1] | add // 0"
}
is_out() { [ "$(sum_of rows)" = "$1" ] && [ "$(sum_of waiting)" = 0 ]; }
balanced() {
	! says "$WORK/$1.err" 'not balance' || fail "$1: $(cat "$WORK/$1.err")"
}
stop_all() {
	for m in "$@"; do
		stop "${PID[$m]}" || fail "$m ended with $?"
		balanced "$m"
	done
}
keys_of() { jq .k "$WORK/$1.out" | sort -un; }

# --- by key: one value, one member, whichever source-job brings it -------------
for m in a b c; do member $m --key k "select n, k"; done
taps
for p in "${TAPS[@]}"; do wait "$p" || fail "a tap ended with $?"; done
until_true 20 is_out 40000 || fail "rows stay: $(sum_of rows)"
stop_all a b c
cat "$WORK"/{a,b,c}.out | jq -r .n | sort -n | uniq -c |
	awk '$1 != 2 { bad = 1 } END { exit bad || NR != 20000 }' ||
	fail "a row came to two, or to none"
for m in a b c; do keys_of $m; done | sort -n | uniq -d > "$WORK/twice"
[ ! -s "$WORK/twice" ] || fail "keys of two members: $(head "$WORK/twice")"
for m in a b c; do
	[ -s "$WORK/$m.out" ] || fail "$m got nothing"
done
say "ok: $(wc -l < "$WORK/a.out") + $(wc -l < "$WORK/b.out") +" \
	"$(wc -l < "$WORK/c.out") rows, each once; a key is one member's"

# --- members come, go, are killed, under load -----------------------------------
for key in "" "--key=k"; do
	for m in a b c; do member $m $key "select n, k"; done
	taps --rate 4000
	until_true 10 lines_at_least "$WORK/b.out" 1000 || fail "no load"
	kill -KILL "${PID[b]}"
	wait "${PID[b]}" 2> /dev/null || :
	member d $key "select n, k"
	until_true 10 lines_at_least "$WORK/d.out" 1000 || fail "d has no share"
	stop_all c
	for p in "${TAPS[@]}"; do wait "$p" || fail "a tap ended with $?"; done
	sent=$(fed)
	until_true 20 is_out "$sent" ||
		fail "$sent rows were sent, $(sum_of rows) shared out"
	delivered=$(sum_of delivered) dropped=$(sum_of dropped)
	[ $((delivered + dropped)) = "$sent" ] || fail "sums: $delivered"
	stop_all a d
	for m in a c d; do cat "$WORK/$m.out"; done | sort > "$WORK/rest"
	left=$(wc -l < "$WORK/rest")
	# What is missing was handed to the one that was killed, or dropped
	# with it: as many as the books of the group say, to the row.
	killed=$((delivered - left))
	[ "$killed" -ge "$(wc -l < "$WORK/b.out")" ] ||
		fail "$killed rows went to b, which printed" \
			"$(wc -l < "$WORK/b.out")"
	[ "$(cat "$WORK/rest" "$WORK/b.out" | jq -r .n | sort | uniq -c |
		awk '$1 > 2' | wc -l)" = 0 ] || fail "a row came twice"
	say "ok: ${key:-no key}: $sent sent = $left with those who live" \
		"+ $killed with the killed one + $dropped dropped"
done

# --- groups of one source-job: windows are of all -------------------------------
MQL_SOURCE_JOB=${S[one]}
for m in a b; do member $m "select k, count(*) as c group by k"; done
MQL_AGENT_SOURCE_JOB=${A[one]} tap tap1 "$WORK/events.ndjson"
wait "$LAST" || fail "a tap ended with $?"
has_all() {
	[ "$(cat "$WORK/a.out" "$WORK/b.out" |
		jq -r 'select(.c == 200).k' | sort -u | wc -l)" = 100 ]
}
until_true 20 has_all || fail "not all groups came"
for m in a b; do keys_of $m; done | sort -n | uniq -d > "$WORK/twice"
[ ! -s "$WORK/twice" ] || fail "a group is two members': $(head "$WORK/twice")"
curl -fsS "${H[one]}/metrics" > "$WORK/metrics"
grep -q 'mql_group_members{group="sinks",' "$WORK/metrics" ||
	fail "no group in /metrics"
stop_all a b
say "ok: 100 groups over two members"

# --- what cannot be ---------------------------------------------------------------
! "$BUILD/mql" -s "$MQL_SOURCE_JOB" --key k "select k" 2> "$WORK/no.err" ||
	fail "a key without a group"
says "$WORK/no.err" 'a key is for' || fail "$(cat "$WORK/no.err")"
! "$BUILD/mql" -s "${S[one]},${S[two]}" --group g \
	"select count(*) group by k" 2> "$WORK/no.err" ||
	fail "windows of two source-jobs are shared"
says "$WORK/no.err" 'one source-job only' || fail "$(cat "$WORK/no.err")"
say "ok: refused by name"
