# lib.sh - what the tests of Kafka share; sourced by bash.
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

command -v kcat > /dev/null || { say "skipped: kcat is not here"; exit 77; }

# mock: librdkafka's, in $BOOTSTRAP; what is written to descriptor $MOCK it
# obeys.
mock() {
	mkfifo "$WORK/mock.in"
	exec {MOCK}<> "$WORK/mock.in"
	background mock sh -c 'exec "$1" < "$2"' - "$BUILD/mock-kafka" \
		"$WORK/mock.in"
	until_true 10 lines_at_least "$WORK/mock.out" 1 || fail "no mock cluster"
	BOOTSTRAP=$(cat "$WORK/mock.out")
}

# broker: a real one, in $BOOTSTRAP: KAFKA_BOOTSTRAP's, or one of our own, whose
# id is $BROKER. Called again after its end it goes on with its data.
broker() {
	if [ "${KAFKA_BOOTSTRAP:-}" ]; then
		BOOTSTRAP=$KAFKA_BOOTSTRAP BROKER=
		until_true 120 answers "$BOOTSTRAP" ||
			fail "the broker does not answer"
	elif ! own_broker; then
		cat "$WORK/broker.err"
		wait "$BROKER" || exit $?
	fi
}

# own_broker: false where there can be none; broker.err says why.
own_broker() {
	background broker "$ROOT/tests/kafka/broker.sh" "$KAFKA_DIR"
	BROKER=$LAST
	until_true 120 broker_decided || fail "the broker does not answer"
	! gone "$BROKER" || return 1
	BOOTSTRAP=$(cat "$KAFKA_DIR/bootstrap")
}
answers() { kcat -L -m 2 -b "$1" > /dev/null; }
broker_decided() { gone "$BROKER" || { [ -s "$KAFKA_DIR/bootstrap" ] &&
	answers "$(cat "$KAFKA_DIR/bootstrap")"; }; }

# sink NAME OPTIONS...: sets SINK (its id) and SINK_HTTP.
sink() {
	local name=$1
	shift
	background "$name" "$BUILD/mql-sink-kafka" --bootstrap "$BOOTSTRAP" \
		--http 127.0.0.1:0 "$@"
	SINK=$LAST
	until_true 10 says "$WORK/$name.out" '"ready"' ||
		fail "the sink does not run: $(cat "$WORK/$name.err")"
	SINK_HTTP=$(jq -r .http "$WORK/$name.out")
}
sink_ready() { curl -fs "http://$SINK_HTTP/readyz" > /dev/null; }

# metric NAME: its sum over all queries.
metric() {
	curl -fs "http://$SINK_HTTP/metrics" |
		awk -v name="mql_kafka_$1" '$1 == name || index($1, name "{") == 1 {
			sum += $2 } END { printf "%d\n", sum }'
}
metric_is() { [ "$(metric "$1")" = "$2" ]; }
metric_least() { [ "$(metric "$1")" -ge "$2" ]; }

# said NAME WORD: the number before WORD in a sink's last words, or 0.
said() {
	local n
	n=$(tail -n 1 "$WORK/$1.err" |
		sed -n "s/.*[^0-9]\\([0-9][0-9]*\\) $2.*/\\1/p")
	echo "${n:-0}"
}
# told NAME WORD: the number behind WORD.
told() {
	local n
	n=$(tail -n 1 "$WORK/$1.err" |
		sed -n "s/.*$2 \\([0-9][0-9]*\\).*/\\1/p")
	echo "${n:-0}"
}

# read_back TOPIC FORMAT: all of a topic, as kcat's format says.
read_back() {
	kcat -C -e -q -b "$BOOTSTRAP" -t "$1" -f "$2" -o beginning \
		-X check.crcs=true 2> "$WORK/kcat.err" ||
		fail "kcat: $(cat "$WORK/kcat.err")"
}

# Each key is in one partition only: lines of key, tab, partition.
keys_keep_together() {
	sort -u "$1" | cut -f 1 | uniq -d | grep -q . &&
		fail "a key is in two partitions"
	return 0
}

# --- $TAPS services of $EVENTS events each, which sinks put into a topic ------------

make_events() { # FIRST: their numbers begin here
	local i
	for ((i = 0; i < TAPS; i++)); do
		seq "$1" $(($1 + EVENTS - 1)) | sed "s/.*/{\"id\":\"$i-&\",\"pad\":\"some more \
of it, for the row to have the length of a small one\"}/" > "$WORK/events$i.ndjson"
	done
}
taps() { # OPTIONS...: their ids are in TAPPERS
	local i
	TAPPERS=()
	for ((i = 0; i < TAPS; i++)); do
		background "tap$i" "$BUILD/mql" tap --app "tap$i" --wait "$@" \
			"$WORK/events$i.ndjson"
		TAPPERS+=("$LAST")
	done
}
# in_topic TOPIC: how many, into $FOUND; fail when one is there twice, or is
# none that was published.
in_topic() {
	read_back "$1" '%s\n' > "$WORK/all"
	FOUND=$(wc -l < "$WORK/all")
	LC_ALL=C sort -u "$WORK/all" > "$WORK/unique"
	[ "$(wc -l < "$WORK/unique")" = "$FOUND" ] ||
		fail "$((FOUND - $(wc -l < "$WORK/unique"))) rows are there twice"
	grep -vEq '^\{"id":"[0-9]-[0-9]+"\}$' "$WORK/unique" &&
		fail "a row that nobody sent"
	return 0
}
idle() { [ "$(metric waiting_records)" = 0 ]; }
of_job() { # NAME: a count of the source-job
	curl -fs "http://$HTTP/metrics" |
		awk -v name="mql_$1" '$1 == name { print $2 }'
}
