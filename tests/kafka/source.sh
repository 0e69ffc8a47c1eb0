#!/bin/bash
# Kafka as a source, on a real broker: what a query selects of a topic is what
# jq selects, groups are those of `mql eval`, @ts is the message's; what is no
# event is counted; what is forbidden or not there ends with a sentence; when a
# broker that died is back a query goes on; three source-jobs in one consumer
# group share the partitions, and whoever asks all of them has every event
# once, also after one of them was killed.
. "$(dirname "$0")/lib.sh"
KAFKA_DIR=$WORK/kafka
EVENTS=${EVENTS:-60000}
topic=mql-source-$$
broker

figure() { # HTTP NAME
	curl -fs "http://$1/metrics" |
		awk -v name="mql_kafka_source_$2" '$1 == name { print $2 }'
}
ours_again() { [ "$(grep -c '6 partitions are ours' "$WORK/job.err")" = 2 ]; }
figure_is() { [ "$(figure "$1" "$2")" = "$3" ]; }
figure_least() { [ "$(figure "$1" "$2")" -ge "$3" ]; }
produce() { # FILE: a message for each line
	kcat -P -q -b "$BOOTSTRAP" -t "$topic" -X message.max.bytes=4000000 \
		-X sticky.partitioning.linger.ms=1 "${@:2}" -l "$1"
}
make_topic() { # NAME PARTITIONS
	sink "make-$1" --topic "$1" --create --partitions "$2" \
		--topic-config max.message.bytes=4000000 -q 'select * limit 1'
	until_true 60 sink_ready || fail "no topic $1"
	kill -TERM "$SINK"
	wait "$SINK" || :
}
kafka=(--kafka-bootstrap "$BOOTSTRAP" --kafka-topics "$topic"
	--kafka-group "mql-$$")

# --- what cannot be ends ------------------------------------------------------------
ends() { # WORDS OPTIONS...
	local status=0 words=$1
	shift
	timeout 60 "$BUILD/mql-source-job" --agents tcp://127.0.0.1:0 \
		--subscribers tcp://127.0.0.1:0 --http off "$@" \
		> "$WORK/ends.out" 2> "$WORK/ends.err" || status=$?
	[ $status = 1 ] || fail "status $status of $*: $(cat "$WORK/ends.err")"
	grep -q -- "$words" "$WORK/ends.err" ||
		fail "$* says: $(cat "$WORK/ends.err")"
}
if [ ! "${KAFKA_BOOTSTRAP:-}" ]; then
	guest=(--kafka-bootstrap "$(cat "$KAFKA_DIR/guarded")"
		-X security.protocol=sasl_plaintext
		-X sasl.mechanism=PLAIN -X sasl.username=guest)
	ends 'Unknown topic' "${kafka[@]}"
	ends 'uthorization' "${kafka[@]}" "${guest[@]}" -X sasl.password=guest
	ends 'does not know us' "${kafka[@]}" "${guest[@]}" -X sasl.password=wrong
	say "ok: what cannot be ends with a sentence"
fi

# --- rows, groups, time ---------------------------------------------------------------
source_job
make_topic "$topic" 6
kill -TERM "$JOB"
wait "$JOB" || fail "the source-job ended with status $?"
AGENTS='' SUBSCRIBERS='' HTTP=''
seq 1 "$EVENTS" | awk '{ printf "{ \"n\":%d,\t\"k\":\"k%d\", \"v\" : %d.5,\"s\":\
\"\\\"\\u00e9 %.*s\"}\n", $1, $1 % 37, $1 % 1000, $1 % 60, "some more of it, for rows \
to be of a length that is not always the same one" }' > "$WORK/events.ndjson"
raw_lines "$WORK/events.ndjson" '.n % 3 == 0 and .v > 100' |
	sort > "$WORK/want"
produce "$WORK/events.ndjson" # before: nobody is to see these
source_job "${kafka[@]}"
until_true 60 figure_is "$HTTP" partitions 6 || fail "no partitions"
ask rows -o json "select * where n % 3 == 0 and v > 100"
rows=$LAST
ask times -o json "select n, @ts as t, @stream as s, @app as a where n <= 1000"
times=$LAST
by="select k, count(*) as n, sum(v) as total, max(n) as top group by k"
ask groups -o json "$by"
groups=$LAST
until_true 20 figure_is "$HTTP" live_queries 3 || fail "not live"
produce "$WORK/events.ndjson"
until_true 120 figure_least "$HTTP" messages_total "$EVENTS" ||
	fail "$(figure "$HTTP" messages_total) messages"
until_true 60 lines_at_least "$WORK/rows.out" "$(wc -l < "$WORK/want")" ||
	fail "$(wc -l < "$WORK/rows.out") rows"
until_true 60 lines_at_least "$WORK/times.out" 1000 || fail "no times"
stop "$rows" && stop "$times" && stop "$groups"
sort "$WORK/rows.out" | cmp -s - "$WORK/want" ||
	fail "other rows: $(sort "$WORK/rows.out" | diff - "$WORK/want" | head -n 4)"
read_back "$topic" '%T %s\n' | awk '{ match($0, /"n":[0-9]+/)
	n = substr($0, RSTART + 4, RLENGTH - 4) + 0
	if (n <= 1000 && $1 > last[n]) last[n] = $1 }
	END { for (n in last) print n, last[n] }' |
	sort > "$WORK/times.want"
jq -r --arg t "$topic" 'select(.s == $t and .a == "kafka") | "\(.n) \(.t)"' \
	"$WORK/times.out" | sort | cmp -s - "$WORK/times.want" || fail "other times"
"$BUILD/mql" eval -o json "$by" "$WORK/events.ndjson" | jq -cS . | sort \
	> "$WORK/groups.want"
jq -cS . "$WORK/groups.out" | jq -rc '"\(.k) \(.)"' |
	awk '{ last[$1] = $0 } END { for (k in last) print last[k] }' |
	cut -d ' ' -f 2- | sort > "$WORK/groups.got"
cmp -s "$WORK/groups.want" "$WORK/groups.got" ||
	fail "other groups: $(diff "$WORK/groups.want" "$WORK/groups.got" | head -n 4)"
says "$WORK/rows.err" 'dropped 0' || fail "$(tail -n 1 "$WORK/rows.err")"
say "ok: $(wc -l < "$WORK/want") rows of $EVENTS events, groups and times"

# --- what is no event -------------------------------------------------------------------
ask bad -o json "select n where n == 7"
bad=$LAST
until_true 20 figure_is "$HTTP" live_queries 1 || fail "not live"
printf 'not json\n[1]\n{"n":7}\n{"n":\n' > "$WORK/bad.ndjson"
produce "$WORK/bad.ndjson"
printf 'gone:\n' | kcat -P -q -b "$BOOTSTRAP" -t "$topic" -K: -Z
{ printf '{"n":7,"pad":"'; head -c 1500000 /dev/zero | tr '\0' x; echo '"}'; } |
	kcat -P -q -b "$BOOTSTRAP" -t "$topic" -X message.max.bytes=4000000 -D '\n'
until_true 30 figure_is "$HTTP" bad_total 5 ||
	fail "$(figure "$HTTP" bad_total) are bad"
figure_is "$HTTP" tombstones_total 1 || fail "no tombstone"
figure_is "$HTTP" large_total 1 || fail "none is large"
until_true 20 lines_at_least "$WORK/bad.out" 1 || fail "no row"
stop "$bad" || :
[ "$(cat "$WORK/bad.out")" = '{"n":7}' ] || fail "$(cat "$WORK/bad.out")"
say "ok: what is no event is counted"

# --- the broker dies, and comes back ------------------------------------------------------
if [ ! "${KAFKA_BOOTSTRAP:-}" ]; then
	ask again -o json "select * where n % 3 == 0 and v > 100"
	again=$LAST
	until_true 20 figure_is "$HTTP" live_queries 1 || fail "not live"
	kill -KILL "$BROKER"
	wait "$BROKER" 2> "$WORK/killed" || :
	until_true 30 says "$WORK/job.err" 'no broker answers' ||
		fail "a broker that is away is not told"
	broker
	until_true 60 ours_again || fail "no partitions"
	produce "$WORK/events.ndjson"
	until_true 60 lines_at_least "$WORK/again.out" \
		"$(wc -l < "$WORK/want")" || fail "$(wc -l < "$WORK/again.out") rows"
	stop "$again" || :
	sort "$WORK/again.out" | cmp -s - "$WORK/want" || fail "other rows"
	[ "$(grep -c 'no broker answers' "$WORK/job.err")" = 1 ] ||
		fail "it is told more than once"
	say "ok: a broker that was killed comes back, and the query goes on"
fi
kill -TERM "$JOB"
wait "$JOB" || fail "the source-job ended with status $?"

# --- three of a group ---------------------------------------------------------------------
ours() { # the sum over those that live
	local sum=0 h
	for h in "${DOORS[@]}"; do
		sum=$((sum + $(figure "$h" "$1")))
	done
	echo "$sum"
}
ours_is() { [ "$(ours "$1")" = "$2" ]; }
shared_by() { # each has some, and together they have all
	local h
	for h in "${DOORS[@]}"; do
		figure_least "$h" partitions 1 || return 1
	done
	ours_is partitions 6
}
rows_are() { [ "$(wc -l < "$WORK/all.out")" = $(($1 * $(wc -l < "$WORK/want"))) ]; }
same_rows() { # so many times what is wanted
	local i
	for ((i = 0; i < $1; i++)); do cat "$WORK/want"; done | sort |
		cmp -s - <(sort "$WORK/all.out")
}
DOORS=() ASK=() JOBS=()
for i in 0 1 2; do
	AGENTS='' SUBSCRIBERS='' HTTP=''
	source_job "${kafka[@]}"
	DOORS+=("$HTTP") ASK+=("$SUBSCRIBERS") JOBS+=("$JOB")
done
until_true 90 shared_by || fail "partitions are not shared"
MQL_SOURCE_JOB=$(IFS=,; echo "${ASK[*]}") ask all -o json \
	"select * where n % 3 == 0 and v > 100"
all=$LAST
until_true 20 ours_is live_queries 3 || fail "not live"
produce "$WORK/events.ndjson"
until_true 120 rows_are 1 || fail "$(wc -l < "$WORK/all.out") rows"
same_rows 1 || fail "other rows of three"
for h in "${DOORS[@]}"; do
	figure_least "$h" messages_total 1 || fail "one of them had nothing to do"
done
say "ok: three of a group, and who asks them all has each event once"

kill -KILL "${JOBS[2]}"
wait "${JOBS[2]}" 2> "$WORK/killed" || :
unset 'DOORS[2]' 'JOBS[2]'
until_true 90 shared_by || fail "its partitions do not move"
produce "$WORK/events.ndjson"
until_true 120 rows_are 2 || fail "$(wc -l < "$WORK/all.out") rows"
same_rows 2 || fail "other rows of two"
stop "$all" || :
say "ok: one is killed: its partitions move, and who asks goes on"
