#!/bin/bash
# Who may come in: tokens, TLS, other origins, limits on viewers and queries;
# and what the daemon refuses to do at all.
. "$(dirname "$0")/lib.sh"

sink() { # NAME OPTIONS...
	local name=$1
	shift
	background "$name" "$BUILD/mql-sink-sse" --listen 127.0.0.1:0 "$@"
	SINK=$LAST
	until_true 10 says "$WORK/$name.out" '"ready"' ||
		fail "mql-sink-sse does not get ready"
	AT=$(jq -r .http "$WORK/$name.out")
}
status() { curl -s -o "$WORK/body" -w '%{http_code}' "$@"; }
usage() { # what it must refuse with status 2
	local status=0
	"$BUILD/mql-sink-sse" "$@" > "$WORK/usage.out" 2> "$WORK/usage.err" ||
		status=$?
	[ "$status" = 2 ] && [ -s "$WORK/usage.err" ] ||
		fail "$*: status $status"
}
Q='q=select%20*&limit=1'

# --- refusals at the start ------------------------------------------------------
usage --listen 0.0.0.0:0
usage --listen '[::]:0'
usage --tls-cert x
usage --token-in-url
usage --threads 0
usage --replay 1
usage nonsense
usage --source-job nonsense
status=0
"$BUILD/mql-sink-sse" --listen 127.0.0.1:0 --token-file "$WORK/none" \
	2> "$WORK/usage.err" || status=$?
[ $status = 1 ] || fail "a token file that is not there: $status"
say "ok: refuses to start where it must"

# --- a token ---------------------------------------------------------------------
echo secret > "$WORK/token"
MQL_TOKEN_FILE=$WORK/token sink token --allow-origin https://page.example
[ "$(status "$AT/api/v1/functions")" = 401 ] || fail "no token, and in"
[ "$(status "$AT/metrics")" = 401 ] || fail "metrics without a token"
[ "$(status "$AT/api/v1/stream?$Q&token=secret")" = 401 ] || fail "?token="
[ "$(status -H 'Authorization: Bearer secre' "$AT/api/v1/functions")" = 401 ] ||
	fail "a wrong token"
[ "$(status -H 'Authorization: Bearer secret' "$AT/api/v1/functions")" = 200 ] ||
	fail "the token is refused"
[ "$(status "$AT/healthz")$(status "$AT/")" = 200200 ] || fail "open doors"
say "ok: a token"

# --- other origins -----------------------------------------------------------------
A='Authorization: Bearer secret'
curl -si -H "$A" -H 'Origin: https://page.example' "$AT/api/v1/functions" |
	grep -i '^Access-Control-Allow-Origin: https://page.example' > /dev/null ||
	fail "no CORS for the origin that may"
[ "$(status -H "$A" -H 'Origin: https://other.example' \
	"$AT/api/v1/functions")" = 403 ] || fail "another origin"
curl -si -X OPTIONS -H 'Origin: https://page.example' \
	"$AT/api/v1/stream" | grep -i 'Allow-Headers: .*Last-Event-ID' > /dev/null ||
	fail "no preflight"
kill -TERM "$SINK"
wait "$SINK" || fail "ended with status $?"
say "ok: origins"

# --- a token in the URL, few viewers, few queries -------------------------------------
sink few --token-file "$WORK/token" --token-in-url --max-viewers 2 \
	--max-queries 1 --linger 100ms --heartbeat 100ms
stream="$AT/api/v1/stream?token=secret&q=select+n"
viewers() { [ "$(curl -s -H "$A" "$AT/metrics" |
	sed -n 's/^mql_sse_viewers //p')" = "$1" ]; }
background one curl -sN "$stream"
ONE=$LAST
until_true 10 viewers 1 || fail "no viewer"
[ "$(status "$AT/api/v1/stream?token=secret&q=select+m")" = 503 ] ||
	fail "more queries than --max-queries"
background two curl -sN "$stream"
until_true 10 viewers 2 || fail "no second viewer"
[ "$(status "$stream")" = 503 ] || fail "more viewers than --max-viewers"
grep -q '"LIMIT"' "$WORK/body" || fail "$(cat "$WORK/body")"
kill "$ONE" "$LAST"
other() { [ "$(status -m 1 "$AT/api/v1/stream?token=secret&q=select+m")" = 200 ]; }
until_true 10 other || fail "the places do not become free"
kill -TERM "$SINK"
wait "$SINK" || fail "ended with status $?"
say "ok: limits"

# --- nobody to ask: said, and asked again -----------------------------------------------
sink alone --source-job tcp://127.0.0.1:9
curl -sN -m 1 "$AT/api/v1/stream?q=select+n" > "$WORK/alone.txt" || :
grep -q '"link":"connecting"' "$WORK/alone.txt" || fail "$(cat "$WORK/alone.txt")"
[ "$(status "$AT/api/v1/agents")" = 503 ] || fail "agents of nobody"
grep -q '"UNREACH"' "$WORK/body" || fail "$(cat "$WORK/body")"
background left curl -sN "$AT/api/v1/stream?q=select+n"
until_true 10 says "$WORK/left.out" connecting || fail "no stream"
kill -TERM "$SINK"
wait "$SINK" || fail "ended with status $?"
until_true 5 says "$WORK/left.out" '^event: end' || fail "no end"
say "ok: without a source-job"

# --- a query by the name that it is saved under -------------------------------------------
source_job --state "$WORK/state"
sink saved --source-job "$MQL_SOURCE_JOB"
printf '{"n":%d}\n' $(seq 1 100) > "$WORK/events.ndjson"
tap tap0 "$WORK/events.ndjson" --loop --rate 500
"$BUILD/mql" save -q few "select n where n <= 5" || fail "it is not saved"
curl -sN -m 20 "$AT/api/v1/stream?saved=few&limit=9" > "$WORK/few.txt" ||
	fail "curl ended with status $?"
grep '^data: {"n"' "$WORK/few.txt" | grep -vq '{"n":[1-5]}' && fail "other rows"
[ "$(grep -c '^data: {"n"' "$WORK/few.txt")" = 9 ] || fail "no rows: $(cat "$WORK/few.txt")"
curl -sN -m 20 -d 'q=select+n+as+m&limit=3' "$AT/api/v1/stream?saved=few" \
	> "$WORK/two.txt" || fail "curl ended with status $?"
[ "$(grep -c '^data: {"m"' "$WORK/two.txt")" = 3 ] &&
	[ "$(grep -c '^event: rows.1' "$WORK/two.txt")" -ge 1 ] ||
	fail "not both: $(head -n 9 "$WORK/two.txt")"
[ "$(status "$AT/api/v1/stream?saved=none")" = 404 ] || fail "no 404"
[ "$(status "$AT/api/v1/stream?saved=$(printf '%0300d' 1)")" = 404 ] ||
	fail "a long name"
[ "$(status "$AT/api/v1/stream?saved=")" = 404 ] || fail "an empty name"
kill -TERM "$JOB"
wait "$JOB" || fail "the source-job ended with status $?"
# Not by a name whose answer is still remembered.
[ "$(status "$AT/api/v1/stream?saved=fresh")" = 503 ] || fail "nobody says it"
kill -TERM "$SINK"
wait "$SINK" || fail "ended with status $?"
say "ok: a saved query by its name"

# --- TLS --------------------------------------------------------------------------------
if ! command -v openssl > /dev/null; then
	say "TLS skipped: no openssl to make a certificate"
	exit 0
fi
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
	-subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
	-keyout "$WORK/key.pem" -out "$WORK/cert.pem" 2> /dev/null
source_job
printf '{"n":%d}\n' $(seq 1 100) > "$WORK/events.ndjson"
sink tls --tls-cert "$WORK/cert.pem" --tls-key "$WORK/key.pem" \
	--token-file "$WORK/token" --source-job "$MQL_SOURCE_JOB"
case $AT in https://*) ;; *) fail "not https: $AT" ;; esac
tap tap1 "$WORK/events.ndjson" --loop --rate 500
curl -sN -m 20 --cacert "$WORK/cert.pem" -H "$A" --compressed \
	"$AT/api/v1/stream?q=select+n&limit=50" > "$WORK/tls.txt" ||
	fail "curl ended with status $?"
[ "$(grep -c '^data: {"n"' "$WORK/tls.txt")" = 50 ] || fail "rows over TLS"
[ "$(status "http://${AT#https://}/healthz" || :)" = 000 ] || fail "plain HTTP"
kill -TERM "$SINK"
wait "$SINK" || fail "ended with status $?"
say "ok: TLS"
