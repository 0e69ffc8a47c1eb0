#!/bin/bash
# bench-source.sh BUILD: how fast Kafka as a source evaluates what waits for it,
# beside a consumer that only reads the same topic. The source-job is stopped
# while messages are produced, so that all of them wait when it goes on. Its
# lines are a suite's of tools/bench.sh, which measures time: of so many per
# cent of a rate that is the inverse.
. "$(dirname "$0")/lib.sh"
[ ! "${KAFKA_IS_MOCK:-}" ] ||
	{ echo "the source is not measured: no real broker" >&2; exit 0; }
KAFKA_DIR=$WORK/kafka
MESSAGES=${BENCH_ROWS:-1000000} ROUNDS=3
topic=mql-bench-source-$$
broker

figure() {
	curl -fs "http://$HTTP/metrics" |
		awk -v name="mql_kafka_source_$1" '$1 == name { print $2 }'
}
figure_is() { [ "$(figure "$1")" = "$2" ]; }
figure_least() { [ "$(figure "$1")" -ge "$2" ]; }

seq 1 100000 | awk '{ printf "{\"customer_id\":\"c%06d\",\"title\":%d,\
\"device\":\"%s\",\"country\":\"%s\",\"latency_ms\":%d.%02d,\
\"path\":\"/api/v2/play/%d/manifest\",\"pad\":\"%.150s\"}\n", $1, $1 % 9000,
$1 % 3 ? "ipad" : "tv", $1 % 5 ? "BR" : "DE", $1 % 900, $1 % 100, $1 % 5000,
rand() rand() rand() rand() rand() rand() rand() rand() rand() rand() rand() \
rand() rand() rand() rand() rand() rand() rand() rand() rand() rand() }' \
	> "$WORK/events"
produce() { # all of them, and all acknowledged
	local i
	for ((i = 0; i < MESSAGES / 100000; i++)); do cat "$WORK/events"; done |
		kcat -P -q -b "$BOOTSTRAP" -t "$topic" -z zstd -X linger.ms=20 \
			-X sticky.partitioning.linger.ms=20
}
now_ns() { echo "${EPOCHREALTIME/[.,]/}000"; }

# waiting_ns: ns a message, from where it goes on to where all are evaluated.
waiting_ns() {
	local before begun
	before=$(figure messages_total)
	kill -STOP "$JOB"
	produce
	begun=$(now_ns)
	kill -CONT "$JOB"
	until_true 300 figure_least messages_total $((before + MESSAGES)) ||
		fail "$(figure messages_total) messages"
	echo $((($(now_ns) - begun) / MESSAGES))
}
best() { # of some rounds
	local i
	for ((i = 0; i < ROUNDS; i++)); do "$@"; done | sort -n | head -n 1
}

sink make --topic "$topic" --create --partitions 4 -q 'select * limit 1' \
	-s tcp://127.0.0.1:1
until_true 60 sink_ready || until_true 10 says "$WORK/make.err" 'is made' ||
	fail "no topic"
kill -TERM "$SINK"
wait "$SINK" || :
source_job --kafka-bootstrap "$BOOTSTRAP" --kafka-topics "$topic" \
	--kafka-group "$topic" -X session.timeout.ms=300000 --max-queries 2000 \
	--max-subscribers 2000
until_true 60 figure_is partitions 4 || fail "no partitions"
# more FIRST N: so many queries, each of one customer in 100,000, of a sink: the
# one that has room for two hundred.
more() {
	local ask=() i
	for ((i = $1; i < $1 + $2; i++)); do
		ask+=(-q "select * where customer_id == 'c$(printf %06d \
$((i * 7 + 1)))' and latency_ms >= $((i % 2))")
	done
	sink "sink$1" --topic "$topic-rows" --create --partitions 1 \
		--no-headers "${ask[@]}"
	until_true 60 figure_is live_queries $(($1 + $2)) || fail "not live"
}
more 0 10
ten=$(best waiting_ns)
more 10 190
for i in 200 400 600 800; do more $i 200; done
thousand=$(best waiting_ns)
bare=$(best "$BUILD/drain-kafka" "$BOOTSTRAP" "$topic" "$MESSAGES")
report() { # FIGURE VALUE PERCENT: of the bare consumer's rate
	awk -v name="$1" -v value="$2" -v bare="$bare" -v percent="$3" 'BEGIN {
		printf("kafka\t%s\t%d\tns\t%d\t%d\n", name, value, bare,
			bare * 100 / percent) }'
}
report "source, a message, 10 queries" "$ten" 80
report "source, a message, 1,000 queries" "$thousand" 50
