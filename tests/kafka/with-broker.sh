#!/bin/bash
# with-broker.sh BUILD COMMAND...: run it with KAFKA_BOOTSTRAP set: to the one that
# is given, else to a real broker of our own, else, where there is no Java, to
# librdkafka's mock cluster, and then with KAFKA_IS_MOCK.
[ -z "${KAFKA_BOOTSTRAP:-}" ] || { shift; exec "$@"; }
. "$(dirname "$0")/lib.sh"
shift
KAFKA_DIR=$WORK/kafka

# The broker makes no topic by itself.
make_topic() {
	background make "$BUILD/mql-sink-kafka" -b "$BOOTSTRAP" -t mql-bench \
		-q 'select * limit 1' --create --partitions 4 --http off
	until_true 60 says "$WORK/make.err" 'is made' || fail "no topic"
	kill "$LAST"
	wait "$LAST" || :
}

if own_broker; then
	make_topic
else
	tail -n 3 "$WORK/broker.err" >&2
	echo "no real broker here: librdkafka's mock cluster it is" >&2
	mock
	export KAFKA_IS_MOCK=1
fi
# The defaults of a user, not those of tests.
unset MQL_AGENT_BUDGET MQL_AGENT_STATE_DIR
KAFKA_BOOTSTRAP=$BOOTSTRAP "$@"
