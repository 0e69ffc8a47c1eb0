#!/bin/bash
# History on a real broker: what a query finds in a topic of 1,000,000 events is
# what `mql eval` finds in the same events, by one source-job and by three of a
# group, each of which replays its share; what is produced meanwhile follows
# without a seam; a reader that is slow loses nothing, a broker that dies is
# waited for, and what cannot be ends with a sentence.
. "$(dirname "$0")/lib.sh"
KAFKA_DIR=$WORK/kafka
EVENTS=${EVENTS:-1000000} # 500,000 at least: fewer find room on their way
topic=mql-replay-$$
broker
mql=$BUILD/mql

fill() { "$BUILD/fill-kafka" "$BOOTSTRAP" "$@"; }
events() { # FIRST LAST: lines of time, tab, event; times are all different
	awk -v n="$1" -v last="$2" 'BEGIN { for (; n <= last; n++) {
		ts = 1700000000000 + n * 37
		printf "%.0f\t{\"ts\":%.0f,\"n\":%d,\"k\":\"k%d\",\"v\":%d.5}\n", ts, ts,
			n, n * 7 % 37, n % 1000 } }'
}
kafka=(--kafka-bootstrap "$BOOTSTRAP" --kafka-group "mql-replay-$$" --queue 64K)
read_topic() { # OPTIONS...: a source-job that reads some
	AGENTS='' SUBSCRIBERS='' HTTP=''
	source_job "${kafka[@]}" "$@"
}
end_job() {
	kill -TERM "$JOB"
	wait "$JOB" || fail "the source-job ended with status $?"
}
say_last() { tail -n 4 "$WORK/$1.err"; }

# history NAME ARGUMENTS...: all that a topic holds.
history() {
	local name=$1
	shift
	timeout 120 "$mql" --until-end -o json "$@" > "$WORK/$name.out" \
		2> "$WORK/$name.err" || fail "status $?: $(say_last "$name")"
	[ "$(closing "$name" dropped)" = 0 ] || fail "$(say_last "$name")"
	says "$WORK/$name.err" balance && fail "$(say_last "$name")"
	return 0
}
# same NAME QUERY [EVAL'S]: from the beginning it is what eval says of the file.
same() {
	history "$1" --from-beginning "$2"
	"$mql" eval -q -o json "${3:-$2}" "$WORK/events.ndjson" > "$WORK/$1.want"
	cmp -s "$WORK/$1.out" "$WORK/$1.want" || fail "other rows of $2:" \
		"$(diff "$WORK/$1.out" "$WORK/$1.want" | head -n 4)"
}
filter="select n, k where n % 997 == 5 and v > 100"
groups="select k, count(*) as n, sum(v) as s, max(n) as m, last(n) as l group by k"
windows="select k, count(*) as n, sum(v) as s group by k window 10m"

# --- one source-job ---------------------------------------------------------------------
events 1 "$EVENTS" > "$WORK/events"
cut -f 2 "$WORK/events" > "$WORK/events.ndjson"
fill "$topic" 6 $((EVENTS / 50)) < "$WORK/events" || fail "not all is produced"
read_topic --kafka-topics "$topic"
begun=$(now_ms)
same filter "$filter"
took=$(($(now_ms) - begun))
[ "$(closing filter replayed)" = "$EVENTS" ] || fail "$(say_last filter)"
[ "$(closing filter of)" = "$EVENTS" ] || fail "$(say_last filter)"
same groups "$groups"
same windows "$windows on @ts" "$windows on ts"
same unsaid "$windows" "$windows on ts"
same hopping "select count(*) as n, p99(v) as p window 1h every 10m on ts"
same ordered "select n, v where k == 'k5' order by v desc, n limit 100"
same distinct "select distinct k, v where v < 3"
say "ok: $EVENTS events, filtered in $took ms; groups, windows and an order are eval's"

last=$((1700000000000 + EVENTS * 37))
from=$((1700000000000 + EVENTS * 30))
history since --since "$from" "select count(*) as n, min(ts) as ts"
[ "$(cat "$WORK/since.out")" = "$("$mql" eval -q -o json "select count(*) as n, \
min(ts) as ts where ts >= $from" "$WORK/events.ndjson")" ] ||
	fail "$(cat "$WORK/since.out")"
history after --since "$((last + 1))" "select *"
[ ! -s "$WORK/after.out" ] || fail "there is nothing after the last one"
history recent --since 1h "select *"
[ ! -s "$WORK/recent.out" ] || fail "there is nothing of the last hour"
say "ok: since a time"

# --- slow readers, ^C and a broker that dies ---------------------------------------------
# hold NAME ARGUMENTS...: the reader of mql takes a row, and waits for the file
# NAME.go; $LAST is mql.
hold() {
	local name=$1
	shift
	rm -f "$WORK/$name.pipe" "$WORK/$name.go"
	mkfifo "$WORK/$name.pipe"
	"$mql" -o json "$@" > "$WORK/$name.pipe" 2> "$WORK/$name.err" &
	LAST=$!
	{ IFS= read -r row
	  echo "$row"
	  while [ ! -e "$WORK/$name.go" ]; do moment; done
	  cat; } < "$WORK/$name.pipe" > "$WORK/$name.out" &
	HOLDER=$!
	until_true 60 says "$WORK/$name.err" 'replaying' ||
		fail "it does not begin: $(say_last "$name")"
	until_true 60 lines_at_least "$WORK/$name.out" 1 || fail "no row"
}
sorted_as() { # NAME FILE: in any order
	sort "$WORK/$1.out" | cmp -s - <(sort "$2")
}
hold slow --from-beginning --until-end "select *"
slow=$LAST
if [ ! "${KAFKA_BOOTSTRAP:-}" ]; then
	kill -KILL "$BROKER"
	wait "$BROKER" 2> "$WORK/killed" || :
	touch "$WORK/slow.go"
	until_true 60 says "$WORK/job.err" 'no broker answers' ||
		fail "a broker that is away is not told"
	broker
fi
touch "$WORK/slow.go"
wait "$slow" || fail "status $?: $(say_last slow)"
wait "$HOLDER"
cmp -s "$WORK/slow.out" "$WORK/events.ndjson" || fail "other rows of a slow one"
[ "$(closing slow dropped)" = 0 ] || fail "$(say_last slow)"
say "ok: a slow reader has all, in order, and the broker was killed meanwhile"

hold off --from-beginning --until-end "select *"
off=$LAST
"$mql" off 'a test' > "$WORK/off.out2" || fail "evaluation is not off"
"$mql" on > "$WORK/on.out" || fail "evaluation is not on"
touch "$WORK/off.go"
wait "$off" || fail "status $?: $(say_last off)"
wait "$HOLDER"
cmp -s "$WORK/off.out" "$WORK/events.ndjson" || fail "other rows after off and on"
say "ok: switched off it waits, and goes on"

hold stopped --from-beginning "select *"
stopped=$LAST
kill -INT "$stopped"
touch "$WORK/stopped.go"
wait "$stopped" || fail "status $?: $(say_last stopped)"
wait "$HOLDER"
says "$WORK/stopped.err" 'still to come' || fail "$(say_last stopped)"
say "ok: ^C in the middle"

# --- the seam --------------------------------------------------------------------------
more=$((EVENTS + 20000))
ask seam --from-beginning -o json "select n where n > $((EVENTS - 20000))"
seam=$LAST
events $((EVENTS + 1)) "$more" | fill "$topic" 6 || fail "not produced"
until_true 120 lines_at_least "$WORK/seam.out" 40000 ||
	fail "$(wc -l < "$WORK/seam.out") rows: $(say_last seam)"
events $((more + 1)) $((more + 100)) | fill "$topic" 6 || fail "not produced"
until_true 60 lines_at_least "$WORK/seam.out" 40100 || fail "it does not go on"
stop "$seam" || fail "status $?: $(say_last seam)"
seq $((EVENTS - 19999)) $((more + 100)) | sed 's/.*/{"n":&}/' > "$WORK/seam.want"
sorted_as seam "$WORK/seam.want" || fail "a gap at the seam, or a row twice"
says "$WORK/seam.err" 'the history is replayed' || fail "$(say_last seam)"
say "ok: what is produced meanwhile follows, without a seam"
end_job

# --- what is no event -------------------------------------------------------------------
odd=$topic-odd
{ for i in 1 2 3 4 5; do printf '17000000%05d\t{"n":%d}\n' $i $i; done
  printf '1700000000100\n1700000000101\tno json\n'
  printf '1700000000102\t{"n":6,"pad":"'
  head -c 1500000 /dev/zero | tr '\0' x
  printf '"}\n1700000000103\n'; } | fill "$odd" 2 || fail "not produced"
: | fill "$topic-empty" 3
read_topic --kafka-topics "$odd,$topic-empty" --kafka-replays 1
history odd --from-beginning "select n from \"$odd\" where n > 2"
[ "$(wc -l < "$WORK/odd.out")" = 3 ] || fail "$(cat "$WORK/odd.out")"
# messages = seen + bad, and who is bad has a name.
says "$WORK/odd.err" 'matched 3 of 5 seen' || fail "$(say_last odd)"
says "$WORK/odd.err" '4 events were not JSON' || fail "$(say_last odd)"
says "$WORK/odd.err" 'replayed 9 messages, 2 without a value, 1 too large' ||
	fail "$(say_last odd)"
history empty --from-beginning "select count(*) as n from \"$topic-empty\""
[ "$(cat "$WORK/empty.out")" = '{"n":0}' ] || fail "$(cat "$WORK/empty.out")"
say "ok: what is no event is counted; an empty topic ends at once"

# --- what cannot be ------------------------------------------------------------------------
refused() { # STATUS WORDS ARGUMENTS...
	local status=0 want=$1 words=$2
	shift 2
	timeout 60 "$mql" -o json "$@" > "$WORK/no.out" 2> "$WORK/no.err" ||
		status=$?
	[ $status = "$want" ] || fail "status $status of $*: $(say_last no)"
	says "$WORK/no.err" "$words" || fail "$* says: $(say_last no)"
	[ ! -s "$WORK/no.out" ] || fail "$* gives rows"
}
refused 2 'in the future' --since 2099-01-01 'select *'
refused 2 'takes a duration' --since soon 'select *'
refused 2 'takes a duration' --since -1h 'select *'
refused 2 'is of history' --until-end 'select *'
refused 2 'do not go together' --from-beginning --since 1h 'select *'
refused 2 'none of the topics' --from-beginning 'select * from nowhere'
refused 2 'not for a group' --from-beginning --group g 'select *'
ask live --from-beginning -o json 'select *'
live=$LAST
until_true 60 says "$WORK/live.err" 'the history is replayed' || fail "not live"
refused 2 'too many replays' --from-beginning 'select *'
stop "$live" || fail "status $?: $(say_last live)"
end_job
AGENTS='' SUBSCRIBERS='' HTTP=''
source_job
refused 2 'reads no topics' --from-beginning 'select *'
end_job
say "ok: what cannot be ends with a sentence"

# --- three of a group ------------------------------------------------------------------------
figure() { # HTTP NAME
	curl -fs "http://$1/metrics" | awk -v name="$2" '$1 == name { print $2 }'
}
shared_by() { # each has some, and together they have all
	local h n sum=0
	for h in "${DOORS[@]}"; do
		n=$(figure "$h" mql_kafka_source_partitions)
		[ "$n" -ge 1 ] || return 1
		sum=$((sum + n))
	done
	[ "$sum" = 6 ]
}
DOORS=() ASK=() JOBS=()
for _ in 0 1 2; do
	read_topic --kafka-topics "$topic"
	DOORS+=("$HTTP") ASK+=("$SUBSCRIBERS") JOBS+=("$JOB")
done
until_true 90 shared_by || fail "partitions are not shared"
events $((EVENTS + 1)) $((more + 100)) | cut -f 2 >> "$WORK/events.ndjson"
refused 1 'ask all of their group' --from-beginning --until-end "$filter"
export MQL_SOURCE_JOB
MQL_SOURCE_JOB=$(IFS=,; echo "${ASK[*]}")
history filter3 --from-beginning "$filter"
"$mql" eval -q -o json "$filter" "$WORK/events.ndjson" > "$WORK/filter3.want"
sorted_as filter3 "$WORK/filter3.want" || fail "other rows of three"
[ "$(closing filter3 replayed)" = $((more + 100)) ] || fail "$(say_last filter3)"
by="select k, count(*) as n, sum(v) as s, max(n) as m group by k"
same groups3 "$by"
same windows3 "$windows on @ts" "$windows on ts"
same ordered3 "select n, v where k == 'k5' order by v desc, n limit 100"
say "ok: three of a group replay a share each, and all of it is eval's"

hold torn --from-beginning --until-end "select *"
torn=$LAST
kill -KILL "${JOBS[1]}"
wait "${JOBS[1]}" 2> "$WORK/killed" || :
touch "$WORK/torn.go"
status=0
wait "$torn" || status=$?
wait "$HOLDER"
[ "$status" = 1 ] || fail "status $status: $(say_last torn)"
says "$WORK/torn.err" 'in the middle of a replay' || fail "$(say_last torn)"
say "ok: one of them is killed, and who asks is told that it is not all"
