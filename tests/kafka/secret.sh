#!/bin/bash
# With keys on both sides: the sink comes to a real broker by TLS with a name and
# a password, and to the source-job by CURVE; who has a wrong one hears why.
. "$(dirname "$0")/lib.sh"
[ ! "${KAFKA_BOOTSTRAP:-}" ] ||
	{ say "skipped: KAFKA_BOOTSTRAP has keys of its own"; exit 77; }
command -v openssl > /dev/null || { say "skipped: openssl is not here"; exit 77; }
KAFKA_DIR=$WORK/kafka K=$WORK/keys topic=mql-secret-$$
mkdir -p "$KAFKA_DIR" "$K"/allowed/{agents,subscribers,operators}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2> "$WORK/openssl.err"
cat "$WORK/key.pem" "$WORK/cert.pem" > "$KAFKA_DIR/broker.pem"
for name in job agent sink chief stranger; do
	"$BUILD/mql" keygen -q "$K" "$name" || fail "keygen $name"
done
cp "$K/agent.pub" "$K/allowed/agents/"
cp "$K/sink.pub" "$K/allowed/subscribers/"
cp "$K/chief.pub" "$K/allowed/operators/"
broker
PLAIN=$BOOTSTRAP BOOTSTRAP=$(cat "$KAFKA_DIR/secret")
export MQL_AGENT_KEY=$K/agent.key MQL_AGENT_SERVER_KEY=$K/job.pub
source_job --key-file "$K/job.key" --allowed-keys "$K/allowed" --lease 5s \
	--state "$WORK/state"
"$BUILD/mql" save -q --key-file "$K/chief.key" --server-key "$K/job.pub" \
	numbers "select n" || fail "the query is not saved"

secret() { # NAME PASSWORD KEY OPTIONS...
	sink "$1" --topic "$topic" --create \
		-X security.protocol=sasl_ssl -X sasl.mechanism=PLAIN \
		-X sasl.username=writer -X "sasl.password=$2" \
		--key-file "$K/$3.key" --server-key "$K/job.pub" "${@:4}"
}
ca=(-X "ssl.ca.location=$WORK/cert.pem")

secret right writer sink "${ca[@]}" --saved numbers
until_true 60 sink_ready || fail "not ready: $(cat "$WORK/right.err")"
seq 1 5000 | sed 's/.*/{"n":&}/' > "$WORK/events.ndjson"
background tap1 "$BUILD/mql" tap --app one --wait "$WORK/events.ndjson"
until_true 60 metric_is acknowledged_total 5000 ||
	fail "$(metric acknowledged_total) of 5000 rows"
kill -TERM "$SINK"
wait "$SINK" || fail "the sink ended with status $?"
BOOTSTRAP=$PLAIN read_back "$topic" '%s\n' | sort > "$WORK/got"
sort "$WORK/events.ndjson" | cmp -s - "$WORK/got" || fail "other rows"
say "ok: 5000 rows of a saved query, by TLS, a password and CURVE"

told() { until_true 30 says "$WORK/$1.err" "$2" || fail "$1: $(cat "$WORK/$1.err")"; }
secret distrust writer sink -q 'select n'
told distrust 'no TLS with the broker: .*certificate'
! sink_ready || fail "ready though the broker is not trusted"
kill -TERM "$SINK"
wait "$SINK" || :
secret password wrong sink "${ca[@]}" -q 'select n' --http off
told password 'the broker does not know us'
status=0
wait "$SINK" || status=$?
[ $status = 1 ] || fail "status $status with a wrong password"
secret stranger writer stranger "${ca[@]}" -q 'select n'
told stranger 'does not let our key in'
! sink_ready || fail "ready though the source-job turns us away"
kill -TERM "$SINK"
wait "$SINK" || :
say "ok: who has a wrong certificate, password or key hears why"
