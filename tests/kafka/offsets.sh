#!/bin/bash
# Offsets are committed for saved queries, on a real broker: of three
# source-jobs in a group one is killed under load, one ends, all are killed: who
# listens to a saved query has every row, those that were on their way perhaps
# twice, and no more of these than are counted; who asks by himself has no row
# twice, and misses none but those that are counted.
. "$(dirname "$0")/lib.sh"
KAFKA_DIR=$WORK/kafka
CHUNKS=${CHUNKS:-200} CHUNK=500
topic=mql-offsets-$$
MQL=$BUILD/mql
broker

DOORS=() ASK=() JOBS=() FEED=()
job() { # INDEX: one of three; once more at the same place
	AGENTS=${FEED[$1]:-} SUBSCRIBERS=${ASK[$1]:-} HTTP=${DOORS[$1]:-}
	source_job --kafka-bootstrap "$BOOTSTRAP" --kafka-topics "$topic" \
		--kafka-group "mql-$$" --queries-topic "$topic-queries"
	FEED[$1]=$AGENTS ASK[$1]=$SUBSCRIBERS DOORS[$1]=$HTTP JOBS[$1]=$JOB
}
kill_job() {
	kill -KILL "${JOBS[$1]}"
	wait "${JOBS[$1]}" 2> "$WORK/killed" || :
	unset "JOBS[$1]"
}
figure() { # HTTP NAME
	curl -fs "http://$1/metrics" |
		awk -v name="mql_kafka_source_$2" '$1 == name { print $2 }'
}
ours() { # the sum over those that live
	local sum=0 i
	for i in "${!JOBS[@]}"; do
		sum=$((sum + $(figure "${DOORS[$i]}" "$1")))
	done
	echo "$sum"
}
ours_is() { [ "$(ours "$1")" = "$2" ]; }
ours_least() { [ "$(ours "$1")" -ge "$2" ]; }
shared() { # each has some, and together they have all
	local i
	for i in "${!JOBS[@]}"; do
		[ "$(figure "${DOORS[$i]}" partitions)" -ge 1 ] || return 1
	done
	ours_is partitions 6
}
is_ready() { curl -fs "http://$1/readyz" > "$WORK/readyz"; }
events() { # FIRST LAST
	seq "$1" "$2" | sed 's/.*/{"n":&,"pad":"for it not to be so small"}/'
}
produce() { # from standard input
	kcat -P -q -b "$BOOTSTRAP" -t "$topic" -X sticky.partitioning.linger.ms=1 \
		-X linger.ms=5
}
feed() { # FIRST: CHUNKS of them, one after another, in the background
	local first=$1
	background "feed$first" bash -c '
		for ((i = 0; i < $2; i++)); do
			events $(($1 + i * $3)) $(($1 + (i + 1) * $3 - 1))
			moment
		done | produce' - "$first" "$CHUNKS" "$CHUNK"
	FEEDER=$LAST
}
export -f events produce moment
export BOOTSTRAP topic NAP
want() { seq "$1" "$2" | awk '$1 % 3 == 0 { printf "{\"n\":%d}\n", $1 }' | sort; }
distinct() { sort -u "$WORK/$1.out" | wc -l; }
distinct_least() { [ "$(distinct "$1")" -ge "$2" ]; }
handed() { ours_is ahead 0; }
# complete NAME LAST: it has every row, and no other
complete() {
	want 1 "$2" > "$WORK/want"
	until_true 120 distinct_least "$1" "$(wc -l < "$WORK/want")" ||
		fail "$(distinct "$1") of $(wc -l < "$WORK/want") rows"
	sort -u "$WORK/$1.out" | cmp -s - "$WORK/want" ||
		fail "other rows: $(sort -u "$WORK/$1.out" | diff - "$WORK/want" | head -n 4)"
}
twice() { echo $(($(wc -l < "$WORK/$1.out") - $(distinct "$1"))); }

# --- three, of which one is killed --------------------------------------------------------
source_job
sink make --topic "$topic" --create --partitions 6 -q 'select * limit 1'
until_true 60 sink_ready || fail "no topic"
kill -TERM "$SINK"
wait "$SINK" || :
kill -TERM "$JOB"
wait "$JOB" || fail "the source-job ended with status $?"
for i in 0 1 2; do
	job "$i"
	until_true 60 is_ready "$HTTP" || fail "not ready"
done
export MQL_SOURCE_JOB=${ASK[0]},${ASK[1]},${ASK[2]}
"$MQL" save -q kept "select n where n % 3 == 0" || fail "it is not saved"
until_true 90 shared || fail "partitions are not shared"
until_true 30 ours_is live_queries 3 || fail "it is not live"
ask kept -o json --saved kept
kept=$LAST
# Another text: it is not the saved query.
ask own -o json "select n where n % 3 == 0 and n > 0"
until_true 30 ours_is live_queries 6 || fail "not live"
last=$((CHUNKS * CHUNK))
feed 1
until_true 120 distinct_least kept $((last / 9)) || fail "no rows"
until_true 30 ours_least commits_total 2 || fail "nothing is committed"
kill_job 2
say "one is killed at $(distinct kept) of $((last / 3)) rows"
until_true 120 shared || fail "its partitions do not move"
wait "$FEEDER" || fail "the feed broke: $(cat "$WORK/feed1.err")"
complete kept "$last"
late=$(ours late_total)
[ "$late" -gt 0 ] || fail "nothing was caught up"
[ "$(twice kept)" -le "$late" ] || fail "$(twice kept) rows twice, $late were late"
[ "$(twice own)" = 0 ] || fail "who asks by himself has $(twice own) rows twice"
missed=$((last / 3 - $(distinct own)))
[ "$missed" -le "$late" ] || fail "$missed rows are missed, $late were late"
until_true 30 handed || fail "$(ours ahead) messages are not committed"
say "ok: one of three is killed: $(distinct kept) rows, $(twice kept) of them twice;" \
	"$late messages came late, of which who asks by himself missed $missed rows"

# --- one ends in an orderly way -------------------------------------------------------------
job 2
until_true 120 shared || fail "partitions are not shared again"
before=$(ours late_total) double=$(twice kept)
feed $((last + 1))
until_true 120 distinct_least kept $((last / 3 + last / 9)) || fail "no rows"
kill -TERM "${JOBS[1]}"
wait "${JOBS[1]}" || fail "it ended with status $?"
unset 'JOBS[1]'
until_true 120 shared || fail "its partitions do not move"
wait "$FEEDER" || fail "the feed broke"
last=$((2 * last))
complete kept "$last"
until_true 30 handed || fail "$(ours ahead) messages are not committed"
say "ok: one ends: $(distinct kept) rows, $(($(twice kept) - double)) of them twice"

# --- all are killed --------------------------------------------------------------------------
for i in "${!JOBS[@]}"; do kill_job "$i"; done
events $((last + 1)) $((last + 3000)) | produce
last=$((last + 3000))
for i in 0 1 2; do job "$i"; done
complete kept "$last"
until_true 90 shared || fail "partitions are not shared"
until_true 30 handed || fail "$(ours ahead) messages are not committed"
say "ok: all are killed: what was produced meanwhile comes when they are back"

# --- nobody listens: rows are counted, and gone ------------------------------------------------
stop "$kept" || :
lines=$(wc -l < "$WORK/kept.out")
events $((last + 1)) $((last + 3000)) | produce
until_true 60 ours_least messages_total 3000 || fail "nothing is read"
until_true 60 handed || fail "what nobody gets is not committed"
unkept() {
	local i sum=0
	for i in "${!JOBS[@]}"; do
		sum=$((sum + $(curl -fs "http://${DOORS[$i]}/metrics" |
			awk '$1 == "mql_rows_unkept_total" { print $2 }')))
	done
	[ "$sum" -ge 1000 ]
}
until_true 30 unkept || fail "they are not counted"
[ "$(wc -l < "$WORK/kept.out")" = "$lines" ] || fail "who has gone gets rows"
"$MQL" rm -q kept || fail "it is not removed"
say "ok: while nobody listens offsets go on"
