#!/bin/bash
# On a real broker: 100,000 matching rows of several taps are in the topic,
# exactly; topics are made as asked for; what is forbidden or not there ends
# with a sentence; the latest row of a group is what a compacted topic keeps.
. "$(dirname "$0")/lib.sh"
KAFKA_DIR=$WORK/kafka
TAPS=5 EVENTS=40000 WANT=100000 # every second one matches
topic=mql-check-$$
broker
source_job

# --- what cannot be ends ------------------------------------------------------------
ends() { # WORDS OPTIONS...
	local status=0 words=$1
	shift
	timeout 60 "$BUILD/mql-sink-kafka" --http off -q 'select *' "$@" \
		> "$WORK/ends.out" 2> "$WORK/ends.err" || status=$?
	[ $status = 1 ] || fail "status $status of $*: $(cat "$WORK/ends.err")"
	grep -q -- "$words" "$WORK/ends.err" ||
		fail "$* says: $(cat "$WORK/ends.err")"
}
if [ ! "${KAFKA_BOOTSTRAP:-}" ]; then
	guest=(-b "$(cat "$KAFKA_DIR/guarded")" -X security.protocol=sasl_plaintext
		-X sasl.mechanism=PLAIN -X sasl.username=guest)
	ends 'there is no such topic' -b "$BOOTSTRAP" -t "$topic-none"
	ends 'uthorization' "${guest[@]}" -X sasl.password=guest -t "$topic"
	ends 'does not know us' "${guest[@]}" -X sasl.password=wrong -t "$topic"
	ends 'eplication' -b "$BOOTSTRAP" -t "$topic-none" --create --replication 3
	say "ok: what cannot be ends with a sentence"
fi

# --- rows, exactly --------------------------------------------------------------------
for ((i = 0; i < TAPS; i++)); do
	seq 1 $EVENTS | awk -v tap="$i" '{
		printf "{ \"n\":%d,\t\"tap\":\"t%d\", \"customer_id\" : \
\"c%d\",\"price\":%d.10,\"pad\":\"\\\"\\u00e9\\n%.*s\"}\n", $1, tap, $1 % 1000, $1,
$1 % 80, "some more of it, for rows to be of a length that is not always the same one"
	}' > "$WORK/events$i.ndjson"
done
awk '{ split($2, a, "[:,]") } a[2] % 2 == 0' "$WORK"/events?.ndjson |
	sort > "$WORK/want"
[ "$(wc -l < "$WORK/want")" = $WANT ] || fail "the test is wrong"
sink exact --topic "$topic" --create --partitions 6 --key customer_id \
	--query "select * where n % 2 == 0"
until_true 60 sink_ready || fail "not ready"
for ((i = 0; i < TAPS; i++)); do
	tap "tap$i" "$WORK/events$i.ndjson"
done
until_true 120 metric_is acknowledged_total $WANT ||
	fail "$(metric acknowledged_total) of $WANT rows"
read_back "$topic" '%s\n' | sort > "$WORK/got"
cmp -s "$WORK/want" "$WORK/got" ||
	fail "other values: $(diff "$WORK/want" "$WORK/got" | head -n 5)"
read_back "$topic" '%k\t%p\n' > "$WORK/keys"
keys_keep_together "$WORK/keys"
[ "$(cut -f 2 "$WORK/keys" | sort -u | wc -l)" = 6 ] || fail "not six partitions"
read_back "$topic" '%s\t%k\n' | awk -F '\t' '{
	match($2, /"c[0-9]+"/) } substr($2, RSTART + 1, RLENGTH - 2) != $3 {
	print; exit 1 }' || fail "another key"
agents=$(read_back "$topic" '%h\n' | tr , '\n' | grep '^mql.agent=' | sort -u | wc -l)
[ "$agents" = $TAPS ] || fail "$agents agents in the headers"
kill -TERM "$SINK"
wait "$SINK" || fail "the sink ended with status $?"
says "$WORK/exact.err" 'the books balance' || fail "$(cat "$WORK/exact.err")"
say "ok: $(tail -n 1 "$WORK/exact.err")"

# --- compression, as it is in the log: low bits of a batch's attributes ----------------
codec() { od -An -tu1 -j22 -N1 "$KAFKA_DIR/data/$1-0/00000000000000000000.log"; }
packed() { # NAME NUMBER
	head -n 2000 "$WORK/events0.ndjson" > "$WORK/some.ndjson"
	sink "$1" --topic "$topic-$1" --create --partitions 1 -q 'select *' \
		-X "compression.codec=$1"
	until_true 60 sink_ready || fail "not ready"
	tap "tap-$1" "$WORK/some.ndjson"
	until_true 60 metric_is acknowledged_total 2000 || fail "no rows"
	kill -TERM "$SINK"
	wait "$SINK" || fail "the sink ended with status $?"
	[ "$(($(codec "$topic-$1") & 7))" = "$2" ] ||
		fail "$1 batches are not packed so: $(codec "$topic-$1")"
}
if [ ! "${KAFKA_BOOTSTRAP:-}" ]; then
	for ((i = 0; i < 6; i++)); do
		[ "$(($(codec "$topic" | tr -d ' ') & 7))" = 4 ] || fail "not zstd"
	done
	packed none 0
	packed gzip 1
	packed snappy 2
	packed lz4 3
	say "ok: batches in the log are packed as asked for, by zstd unless told"
fi

# --- groups, in a compacted topic -------------------------------------------------------
sink groups --topic "$topic-groups" --create --partitions 1 \
	--topic-config cleanup.policy=compact -q \
	"select tap, count(*) as n, max(price) as top group by tap"
until_true 60 sink_ready || fail "not ready"
GROUPS_OF=()
for ((i = 0; i < TAPS; i++)); do
	tap "group$i" "$WORK/events$i.ndjson"
	GROUPS_OF+=("$LAST")
done
wait "${GROUPS_OF[@]}"
kill -TERM "$SINK"
wait "$SINK" || fail "the sink ended with status $?"
read_back "$topic-groups" '%k %s %h\n' | awk '{ last[$1] = $0 } END {
	for (k in last) print last[k] }' | sort > "$WORK/groups"
[ "$(wc -l < "$WORK/groups")" = $TAPS ] || fail "$(cat "$WORK/groups")"
for ((i = 0; i < TAPS; i++)); do
	grep -q "^t$i {\"tap\":\"t$i\",\"n\":$EVENTS,\"top\":$EVENTS.1} .*mql.window" \
		"$WORK/groups" || fail "group $i: $(cat "$WORK/groups")"
done
says "$WORK/groups.err" ' 0 failed' || fail "$(tail -n 1 "$WORK/groups.err")"
say "ok: the latest of each group: $(head -n 1 "$WORK/groups")"
