#!/bin/bash
# Saved queries in a compacted topic: all source-jobs have the same, whoever
# was told; one that is killed loses nothing; of two that save one name at once
# the later one in the topic holds everywhere; what others write there is
# counted and passed over; a topic that would forget is refused; also when the
# topic has been compacted, and while no broker answers.
. "$(dirname "$0")/lib.sh"
KAFKA_DIR=$WORK/kafka
topic=mql-saved-$$
MQL=$BUILD/mql
broker

kafka=(--kafka-bootstrap "$BOOTSTRAP")
DOORS=() ASK=() JOBS=()
job() { # INDEX [OPTIONS...]: one of several
	local i=$1
	shift
	AGENTS='' SUBSCRIBERS='' HTTP=''
	source_job "${kafka[@]}" --queries-topic "$topic" "$@"
	cp "$WORK/job.out" "$WORK/job$i.out"
	DOORS[$i]=$HTTP ASK[$i]=$SUBSCRIBERS JOBS[$i]=$JOB
}
is_ready() { curl -fs "http://$1/readyz" > "$WORK/readyz"; }
figure() { # HTTP NAME
	curl -fs "http://$1/metrics" | awk -v n="mql_$2" '$1 == n { print $2 }'
}
figure_is() { [ "$(figure "$1" "$2")" = "$3" ]; }
# names, and texts, as source-job INDEX has them
saved_at() {
	"$MQL" saved --source-job "${ASK[$1]}" -o json |
		jq -r '"\(.name) \(.query)"' | sort
}
has() { [ "$(saved_at "$1")" = "$2" ]; }
lacks() { ! saved_at "$1" | grep -q "^$2 "; }
tells() { # INDEX ARGUMENTS...
	local i=$1
	shift
	"$MQL" "$@" --source-job "${ASK[$i]}" > "$WORK/said" 2>&1
}
refused_for() { ! tells "${@:2}" && says "$WORK/said" "$1"; }
kill_job() {
	kill -KILL "${JOBS[$1]}"
	wait "${JOBS[$1]}" 2> /dev/null || :
}
make_topic() { # NAME CONFIG...
	local name=$1 c=()
	shift
	for x in "$@"; do c+=(--topic-config "$x"); done
	sink "make-$name" --topic "$name" --create --partitions 1 "${c[@]}" \
		-q 'select * limit 1'
	until_true 60 sink_ready || fail "no topic $name"
	kill -TERM "$SINK"
	wait "$SINK" || :
}

# --- all have the same -------------------------------------------------------------------
for i in 0 1 2; do
	job "$i"
	until_true 60 is_ready "$HTTP" || fail "not ready: $(cat "$WORK/job.err")"
	[ "$i" != 0 ] || says "$WORK/job.err" "topic '$topic' is made" ||
		fail "the topic is not made"
done
tells 0 save errors "select * where status >= 500" || fail "$(cat "$WORK/said")"
has 0 "errors select * where status >= 500" || fail "who said yes has it not"
for i in 1 2; do
	until_true 20 has "$i" "errors select * where status >= 500" ||
		fail "$i has: $(saved_at "$i")"
done
[ "$("$MQL" queries --source-job "${ASK[2]}" -o json | jq -s 'flatten | length')" = 1 ] ||
	fail "it does not run at the third"
tells 2 rm errors || fail "$(cat "$WORK/said")"
until_true 20 lacks 0 errors || fail "it is not gone at the first"
refused_for 'no query is saved' 2 rm errors || fail "removed twice"
refused_for 'unexpected end' 1 save wrong "select n where" || fail "a wrong one is saved"
"$MQL" save --source-job "${ASK[0]},${ASK[1]},${ASK[2]}" all "select n" 2> "$WORK/said" ||
	fail "to all: $(cat "$WORK/said")"
for i in 0 1 2; do
	until_true 20 has "$i" "all select n" || fail "$i has: $(saved_at "$i")"
done
say "ok: three have what one was told"

# --- one is killed, and all of them -------------------------------------------------------
saver() { # INDEX: what is acknowledged is written down
	local n=0 i=$1
	trap 'kill $(jobs -rp) 2> /dev/null; wait; exit' TERM
	while n=$((n + 1)); do
		echo "$n" > "$WORK/asked"
		"$MQL" save -q --source-job "${ASK[$i]}" kept "select n where n == $n" \
			2> /dev/null &
		wait "$!" || return 0
		echo "$n" >> "$WORK/acked"
	done
}
: > "$WORK/acked"
saver 1 &
SAVER=$!
until_true 60 lines_at_least "$WORK/acked" 5 || fail "nothing is saved"
kill_job 1
kill -TERM "$SAVER" 2> /dev/null || :
wait "$SAVER" 2> /dev/null || :
job 1
until_true 60 is_ready "$HTTP" || fail "not ready again"
kept=$(saved_at 1 | grep '^kept ')
case ${kept##* } in
"$(tail -n 1 "$WORK/acked")" | "$(cat "$WORK/asked")") ;;
*) fail "'$kept' is kept, $(tail -n 1 "$WORK/acked") was acknowledged" ;;
esac
for i in 0 2; do
	until_true 20 has "$i" "$(saved_at 1)" || fail "$i has: $(saved_at "$i")"
done
set=$(saved_at 0)
for i in 0 1 2; do kill_job "$i"; done
for i in 0 1 2; do
	job "$i"
	until_true 60 is_ready "$HTTP" || fail "$i is not ready"
	has "$i" "$set" || fail "$i has: $(saved_at "$i"), not $set"
done
say "ok: killed, none of them loses one"

# --- two at once ------------------------------------------------------------------------------
for round in 1 2 3 4 5 6; do
	"$MQL" save -q --source-job "${ASK[0]}" race "select n where n == $round.1" &
	first=$!
	"$MQL" save -q --source-job "${ASK[1]}" race "select n where n == $round.2" &
	wait "$first" "$!" || fail "one of two was not saved"
	want=$(read_back "$topic" '%k %s\n' | sed -n 's/^race //p' |
		tail -n 1 | jq -r '"race " + .query')
	for i in 0 1 2; do
		race() { [ "$(saved_at "$i" | grep '^race ')" = "$want" ]; }
		until_true 20 race || fail "$i has: $(saved_at "$i"), the topic $want"
	done
done
tells 0 rm race || fail "$(cat "$WORK/said")"
say "ok: of two at once the later one in the topic holds"

# --- what others write ----------------------------------------------------------------------
until_true 20 lacks 1 race || fail "the race goes on"
good() { jq -cn --arg n "$1" '{ name: $n, query: "select n", by: "", since: 1 }'; }
{
	printf 'no name!\t%s\n' "$(good 'no name!')"
	printf 'all\tnot json\n' # what was there is not ours any more
	printf 'other\t%s\n' "$(good another)"
	printf 'list\t[1]\n'
	printf 'fine\t%s\n' "$(good fine)"
	printf '%s\t%s\n' wrong '{"name":"wrong","query":"select n where","by":""}'
} | kcat -P -q -b "$BOOTSTRAP" -t "$topic" -K $'\t'
want=$(printf '%s\n' "fine select n" "$(echo "$set" | grep '^kept ')" \
	"wrong select n where")
for i in 0 1 2; do
	until_true 20 figure_is "${DOORS[$i]}" saved_passed_over_total 4 ||
		fail "$(figure "${DOORS[$i]}" saved_passed_over_total) are passed over"
	has "$i" "$want" || fail "$i has: $(saved_at "$i")"
done
[ "$(grep -c 'is no saved query' "$WORK/job.err")" = 1 ] || fail "it is told more than once"
"$MQL" saved --source-job "${ASK[0]}" -o json |
	jq -e 'select(.name == "wrong").why | test("unexpected end")' > "$WORK/why" ||
	fail "why a wrong text does not run is not told"
kill_job 0
job 0
until_true 60 is_ready "$HTTP" || fail "not ready among others' words"
has 0 "$want" || fail "after a start it has: $(saved_at 0)"
seq 1 70 | while read -r n; do printf 'f%d\t%s\n' "$n" "$(good "f$n")"; done |
	kcat -P -q -b "$BOOTSTRAP" -t "$topic" -K $'\t'
until_true 20 figure_is "${DOORS[1]}" saved_queries 64 || fail "there are not 64"
refused_for 'as many' 1 save more "select n" || fail "there is room for more"
tells 1 rm f1 || fail "$(cat "$WORK/said")"
say "ok: what others write is counted and passed over"

# --- without a broker --------------------------------------------------------------------------
if [ ! "${KAFKA_BOOTSTRAP:-}" ]; then
	kill -KILL "$BROKER"
	wait "$BROKER" 2> /dev/null || :
	refused_for 'did not take it' 1 save late "select n" || fail "$(cat "$WORK/said")"
	until_true 20 lacks 1 late || fail "it is saved nowhere"
	kill_job 2
	job 2
	! is_ready "$HTTP" || fail "ready without a broker"
	curl -s "http://$HTTP/readyz" | grep -q 'is not read yet' ||
		fail "the reason is not told"
	until_true 20 says "$WORK/job.err" 'no broker answers' || fail "nothing is told"
	refused_for 'not read yet' 2 saved || fail "saved ones are told"
	refused_for 'not read yet' 2 save some "select n" || fail "one is saved"
	"$MQL" --source-job "${ASK[2]}" --for 100ms "select n" > "$WORK/rows" 2>&1 ||
		fail "nobody may ask: $(cat "$WORK/rows")"
	broker
	until_true 60 is_ready "$HTTP" || fail "not ready when the broker is back"
	until_true 60 has 2 "$(saved_at 1)" || fail "2 has: $(saved_at 2)"
	tells 2 rm f2 || fail "$(cat "$WORK/said")"
	until_true 20 lacks 1 f2 || fail "1 does not follow any more"
	say "ok: without a broker it waits, and says so"
fi

# --- a topic that forgets, and one that is compacted ------------------------------------------
for policy in delete compact,delete; do
	topic=mql-forgets-$policy-$$
	topic=${topic/,/-}
	make_topic "$topic" "cleanup.policy=$policy"
	status=0
	timeout 60 "$BUILD/mql-source-job" --agents tcp://127.0.0.1:0 \
		--subscribers tcp://127.0.0.1:0 --http off "${kafka[@]}" \
		--queries-topic "$topic" > "$WORK/ends.out" 2> "$WORK/ends.err" ||
		status=$?
	[ $status = 1 ] || fail "status $status: $(cat "$WORK/ends.err")"
	says "$WORK/ends.err" "cleanup.policy is '$policy'" ||
		fail "it says: $(cat "$WORK/ends.err")"
done
topic=mql-compacted-$$
make_topic "$topic" cleanup.policy=compact segment.ms=100 \
	min.cleanable.dirty.ratio=0.01 max.compaction.lag.ms=100 \
	delete.retention.ms=100
for i in 0 1 2; do
	kill -TERM "${JOBS[$i]}"
	wait "${JOBS[$i]}" || fail "$i ended with status $?"
done
job 0
until_true 60 is_ready "$HTTP" || fail "not ready"
tells 0 save first "select a" && tells 0 save gone "select b" && tells 0 rm gone ||
	fail "$(cat "$WORK/said")"
n=0
compacted() { # saves on, since a segment ends with the next record only
	n=$((n + 1))
	tells 0 save many "select n where n == $n" &&
		[ "$(read_back "$topic" '%k\n' | wc -l)" -lt "$n" ] &&
		! read_back "$topic" '%k\n' | grep -qx gone
}
until_true 120 compacted || fail "the topic is not compacted"
want=$(saved_at 0)
job 1
until_true 60 is_ready "$HTTP" || fail "not ready on a compacted topic"
has 1 "$want" || fail "of a compacted topic it has: $(saved_at 1), not $want"
[ "$want" = "first select a
many select n where n == $n" ] || fail "the set is $want"
say "ok: $n changes are compacted to $(read_back "$topic" '%k\n' | wc -l)," \
	"and a topic that forgets is refused"
