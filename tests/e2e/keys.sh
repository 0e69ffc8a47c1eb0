#!/bin/bash
# With keys: who has one that is allowed works as always, each as what his key
# is; everybody else is turned away and hears why, and whose key is taken away
# is cut off.
. "$(dirname "$0")/lib.sh"
MQL=$BUILD/mql
K=$WORK/keys
mkdir -p "$K"/allowed/{agents,subscribers,operators}
for name in job agent reader chief stranger; do
	"$MQL" keygen -q "$K" "$name" || fail "keygen $name"
done
allow() { cp "$K/$1.pub" "$K/allowed/$2/"; }
forbid() { rm "$K/allowed/$2/$1.pub"; }
allow agent agents
allow reader subscribers
allow chief operators
export MQL_SERVER_KEY=$K/job.pub MQL_AGENT_SERVER_KEY=$K/job.pub
export MQL_AGENT_KEY=$K/agent.key MQL_KEY_FILE=$K/reader.key
keyed() { source_job --key-file "$K/job.key" --allowed-keys "$K/allowed" \
	--lease 3s "$@"; }
metric() { curl -fsS "http://$HTTP/metrics" | grep -x "$1" > /dev/null; }
sends() { "$MQL" "$@" > "$WORK/said" 2>&1; }
refused_for() { ! sends "${@:2}" && says "$WORK/said" "$1"; }

# Nobody listens to others without keys, unless that is said.
for door in "--agents tcp://0.0.0.0:0" "--subscribers tcp://[::]:0" \
	"--http 0.0.0.0:0"; do
	# shellcheck disable=SC2086
	! MQL_KEY_FILE='' "$BUILD/mql-source-job" $door 2> "$WORK/open" ||
		fail "$door is open"
	says "$WORK/open" 'or say --insecure' || fail "$(cat "$WORK/open")"
done
AGENTS=tcp://127.0.0.1:0 SUBSCRIBERS=tcp://127.0.0.1:0
keyed
printf '{"n":%d}\n' $(seq 1 1000) > "$WORK/events.ndjson"
tap tap1 "$WORK/events.ndjson" --rate 500 --loop
TAP=$LAST
until_true 20 agents_connected 1 || fail "no agent: $(cat "$WORK/tap1.err")"
ask rows "select n"
ASKER=$LAST
until_true 20 lines_at_least "$WORK/rows.out" 10 || fail "no rows"

# Each as what his key is.
sends queries || fail "a reader does not see the queries: $(cat "$WORK/said")"
refused_for "only an operator" kill 1 || fail "a reader kills"
refused_for "only an operator" save some "select n" || fail "a reader saves"
refused_for "only an operator" rm some || fail "a reader removes"
refused_for "only an operator" off || fail "a reader switches off"
export MQL_KEY_FILE=$K/chief.key
sends off "to try" || fail "the chief cannot switch off: $(cat "$WORK/said")"
says "$WORK/said" 'switched off by chief' || fail "by whom? $(cat "$WORK/said")"
sends on || fail "the chief cannot switch on"

# Others are turned away, each with the reason.
refused_for "does not let our key in" queries --key-file "$K/stranger.key" ||
	fail "a stranger: $(cat "$WORK/said")"
refused_for "does not let our key in" queries --key-file "$K/agent.key" ||
	fail "an agent as a reader: $(cat "$WORK/said")"
refused_for "wants a key" queries --key-file '' --server-key '' ||
	(unset MQL_KEY_FILE MQL_SERVER_KEY; refused_for "wants a key" queries) ||
	fail "without a key: $(cat "$WORK/said")"
refused_for "not the one whose public key" queries \
	--server-key "$K/stranger.pub" || fail "a server: $(cat "$WORK/said")"
chmod 644 "$K/stranger.key"
refused_for "chmod 600" queries --key-file "$K/stranger.key" ||
	fail "an open secret: $(cat "$WORK/said")"
chmod 600 "$K/stranger.key"
until_true 5 says "$WORK/job.err" 'turned away' || fail "no word in the log"
! metric 'mql_keys_refused_total 0' || fail "nobody was counted"
kill -0 "$ASKER" || fail "the reader was harmed"
lines=$(wc -l < "$WORK/rows.out")
until_true 20 lines_at_least "$WORK/rows.out" $((lines + 100)) ||
	fail "no rows any more: $(cat "$WORK/rows.err")"

# The page's daemon has a key too.
background sse "$BUILD/mql-sink-sse" --listen 127.0.0.1:0 \
	--source-job "$SUBSCRIBERS" --key-file "$K/reader.key"
until_true 10 says "$WORK/sse.out" '"ready"' || fail "no page"
PAGE=$(jq -r .http "$WORK/sse.out")
timeout 20 curl -fsSN --get "$PAGE/api/v1/stream" --data-urlencode \
	"q=select n limit 3" > "$WORK/page.txt" || :
[ "$(grep -c '^data: {"n":' "$WORK/page.txt")" = 3 ] ||
	fail "the page has no rows: $(cat "$WORK/page.txt" "$WORK/sse.err")"

# As many as like, of one key: stand-ins, which do CURVE by themselves.
background many "$BUILD/fleet" --to "$AGENTS" --peers 200 --processes 1 \
	--for 60s --key-file "$K/agent.key" --server-key "$K/job.pub"
until_true 30 metric "mql_agents 201" || fail "$(tail -n 1 "$WORK/many.err")"
kill "$LAST"
wait "$LAST" || :
until_true 30 metric "mql_agents 1" || fail "they stay"

# No secret anywhere: not in arguments, environments or logs.
SECRETS=$(sed -n 's/.*secret-key = "\(.*\)"/\1/p' "$K"/*.key)
[ "$(echo "$SECRETS" | wc -l)" = 5 ] || fail "no secrets to look for"
! grep -aF "$SECRETS" "/proc/$JOB/cmdline" "/proc/$JOB/environ" \
	"/proc/$TAP/cmdline" "/proc/$TAP/environ" "$WORK"/*.err \
	"$WORK"/*.out || fail "a secret shows"

# A key is taken away while it is in use; another is added.
forbid reader subscribers
until_true 20 metric 'mql_subscribers 0' || fail "the reader goes on"
until_true 20 metric 'mql_links_cut_total{side="subscribers"} [1-9]*' ||
	fail "no link was cut"
until_true 20 says "$WORK/rows.err" 'it does not let our key in' ||
	fail "the reader is not told why: $(cat "$WORK/rows.err")"
allow stranger subscribers
until_true 20 sends queries --key-file "$K/stranger.key" ||
	fail "the newcomer is not let in"
kill -INT "$ASKER"
wait "$ASKER" || : # it could not take its leave
forbid agent agents
until_true 20 metric 'mql_agents 0' || fail "the agent goes on"
allow agent agents
until_true 30 metric 'mql_agents 1' || fail "the agent does not come back"
kill -TERM "$JOB"
wait "$JOB" || fail "the source-job ended with status $?"

# The door of the operators: a token, and TLS.
if ! command -v openssl > /dev/null; then
	say "TLS skipped: no openssl to make a certificate"
else
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$WORK/tls.key" -out "$WORK/tls.pem" 2> /dev/null
	echo "open sesame" > "$WORK/token"
	AGENTS=tcp://127.0.0.1:0 SUBSCRIBERS=tcp://127.0.0.1:0 HTTP=127.0.0.1:0
	keyed --token-file "$WORK/token" --tls-cert "$WORK/tls.pem" \
		--tls-key "$WORK/tls.key"
	get() { curl -sS --cacert "$WORK/tls.pem" -o "$WORK/said" -w '%{http_code}' \
		"https://$HTTP$1" "${@:2}"; }
	[ "$(get /healthz)" = 200 ] || fail "no health over TLS"
	[ "$(get /metrics)" = 401 ] || fail "metrics without the token"
	[ "$(get /metrics -H 'Authorization: Bearer open')" = 401 ] ||
		fail "metrics with a wrong token"
	[ "$(get /metrics -H 'Authorization: Bearer open sesame')" = 200 ] ||
		fail "no metrics with the token"
	says "$WORK/said" '^mql_uptime_seconds' || fail "no metrics"
	! curl -s "http://$HTTP/healthz" > /dev/null || fail "it speaks without TLS"
	# SIGHUP: another token, and another certificate, without a restart.
	opens() { [ "$(get /metrics -H "Authorization: Bearer $1" 2> /dev/null)" = 200 ]; }
	echo "new word" > "$WORK/token"
	opens "open sesame" || fail "the token changed by itself"
	kill -HUP "$JOB"
	until_true 20 opens "new word" || fail "the new token is not taken"
	! opens "open sesame" || fail "the old token goes on"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-days 2 -subj /CN=other -addext subjectAltName=IP:127.0.0.1 \
		-keyout "$WORK/tls.key" -out "$WORK/tls.pem" 2> /dev/null
	! opens "new word" || fail "the certificate changed by itself"
	kill -HUP "$JOB"
	until_true 20 opens "new word" || fail "the new certificate is not shown"
	echo "no certificate" > "$WORK/tls.key"
	kill -HUP "$JOB"
	until_true 20 says "$WORK/job.err" 'http stays as it was' ||
		fail "nothing is said of a bad key"
	opens "new word" || fail "a bad key ended the door"
	kill -TERM "$JOB"
	wait "$JOB" || fail "the source-job ended with status $?"
fi
say "ok: $(grep -c . "$WORK/rows.out") rows to who may have them"
