#!/bin/bash
# The live tail over HTTP: rows are what `mql` prints, byte for byte; viewers
# share one subscription; who comes back misses nothing; wrong queries, ends,
# gzip, tokens, limits, the drain.
. "$(dirname "$0")/lib.sh"
printf '{"n":%d,"big":9007199254740993,"t":"a\\nü"}\n' $(seq 1 1000) \
	> "$WORK/events.ndjson"

# sink NAME [OPTIONS...]: sets HTTP_OF_NAME's address in $AT, its id in $SINK.
sink() {
	local name=$1
	shift
	background "$name" "$BUILD/mql-sink-sse" --listen 127.0.0.1:0 "$@"
	SINK=$LAST
	until_true 10 says "$WORK/$name.out" '"ready"' ||
		fail "mql-sink-sse does not get ready"
	AT=$(jq -r .http "$WORK/$name.out")
}

# watch NAME QUERY [CURL OPTIONS...]: the stream into NAME.out; id in $LAST.
watch() {
	local name=$1 query=$2
	shift 2
	background "$name" curl -sN --get --data-urlencode "q=$query" "$@" \
		"$AT/api/v1/stream"
}
rows() { sed -n 's/^data: \({"n".*\)/\1/p' "$WORK/$1.out"; }
nrows() { rows "$1" | wc -l; }
rows_at_least() { [ "$(nrows "$1")" -ge "$2" ]; }
event() { # NAME EVENT: the data of the last one
	sed -n "/^event: $2\$/{n;s/^data: //p}" "$WORK/$1.out" | tail -n 1
}
events() { grep -c "^event: $2\$" "$WORK/$1.out" || :; }
seen_events() { [ "$(events "$1" "$2")" -ge "$3" ]; }
live() { [ "$(event "$1" meta | jq .live)" = "$2" ]; }
last_id() { sed -n 's/^id: //p' "$WORK/$1.out" | tail -n 1; }
status() { curl -s -o "$WORK/body" -w '%{http_code}' "$@"; }
metric() { curl -s "$AT/metrics" | sed -n "s/^mql_sse_$1 //p"; }
event_link() { event again meta | jq -r .link; }
is() { [ "$("${@:2}")" = "$1" ]; }

source_job
sink sink

# --- rows, and one subscription for two viewers -------------------------------
watch one "select * where n > 0"
watch two "SELECT *   WHERE n>0" --compressed
ask mql "select * where n > 0"
MQL=$LAST
subscribed() {
	"$BUILD/mql" queries -o json | jq -se 'flatten | length == 1 and
		(.[0].subscribers | length == 2)' > /dev/null
}
until_true 10 subscribed || fail "not one query with two subscribers"
until_true 10 is 2 metric viewers || fail "not two viewers"
until_true 10 is 1 metric subscriptions || fail "not one subscription"
tap tap1 "$WORK/events.ndjson" --rate 5000
TAP=$LAST
wait "$TAP" || fail "the tap ended with status $?"
until_true 10 rows_at_least one 1000 || fail "$(nrows one) rows of 1000"
until_true 10 rows_at_least two 1000 || fail "$(nrows two) rows, compressed"
until_true 10 lines_at_least "$WORK/mql.out" 1000 || fail "rows of mql"
rows one | cmp - "$WORK/mql.out" || fail "rows differ from mql's"
rows two | cmp - "$WORK/mql.out" || fail "compressed rows differ"
[ "$("$BUILD/mql" queries -o json | jq -s 'flatten | .[0].subscribers |
	map(select(startswith("mql-sink-sse"))) | length')" = 1 ] ||
	fail "two viewers are not one subscription"
stop "$MQL" || fail "mql ended with status $?"
say "ok: rows are mql's, two viewers share a subscription"

# --- going on after a broken connection ---------------------------------------
tap tap2 "$WORK/events.ndjson" --loop --rate 2000
watch first "select n"
CURL=$LAST
until_true 10 rows_at_least first 200 || fail "no rows"
kill -KILL "$CURL"
wait "$CURL" 2> /dev/null || :
id=$(last_id first)
told=${id#*-}
watch again "select n" -H "Last-Event-ID: $id"
until_true 10 rows_at_least again 200 || fail "no rows after coming back"
whole() { # up to the last id: what comes behind it was not read
	awk -v last="id: $1" '{ print } $0 == last { exit }' \
		"$WORK/first.out" | sed -n 's/^data: {"n":\([0-9]*\)}/\1/p'
}
[ "$(whole "$id" | wc -l)" = "$told" ] || fail "id $id is not the row's number"
[ "$(events again gap)" = 0 ] || fail "a gap: $(event again gap)"
{ whole "$id"; rows again | sed 's/[^0-9]//g'; } | awk '
	NR > 1 && $1 != last % 1000 + 1 { print last " then " $1; bad = 1 }
	{ last = $1 }
	END { exit bad }' || fail "rows are missing or twice over the break"
say "ok: resumed after $id"

# --- an epoch that nobody knows ------------------------------------------------
watch gone "select n" -H "Last-Event-ID: 000000000000-17"
until_true 10 seen_events gone gap 1 || fail "no gap"
[ "$(event gone gap | jq -c '[.rows, .ms]')" = '[null,null]' ] ||
	fail "$(event gone gap)"

# --- a rate of the fleet ---------------------------------------------------------
watch capped "select n where n > 1" -d rate=50
rates() { "$BUILD/mql" queries -o json | jq -s "flatten | map(.rate) | max"; }
until_true 10 is 50 rates || fail "the rate of a stream is $(rates)"
capped() { [ "$(event capped meta | jq .agent.drop_rate)" -gt 0 ]; }
until_true 10 capped || fail "nothing is dropped for the rate"
for bad in x 1000000001 -1 ''; do
	[ "$(status "$AT/api/v1/stream?q=select+n&rate=$bad")" = 400 ] ||
		fail "rate=$bad: $(cat "$WORK/body")"
done
say "ok: a rate"

# --- the end -------------------------------------------------------------------
curl -sN --max-time 10 "$AT/api/v1/stream?q=select+n&limit=7" > "$WORK/ends.out"
[ "$(nrows ends)" = 7 ] || fail "limit=7: $(nrows ends) rows"
[ "$(event ends end | jq -c '[.why, .failed, .viewer.sent]')" = \
	'["limit",false,7]' ] || fail "$(event ends end)"
[ "$(status -H "Last-Event-ID: $(last_id ends)" \
	"$AT/api/v1/stream?q=select+n")" = 204 ] || fail "no 204 after the end"
curl -sN --max-time 10 "$AT/api/v1/stream?q=select+n&for=300ms" \
	> "$WORK/ends.out"
[ "$(event ends end | jq -r .why)" = for ] || fail "for: $(event ends end)"
curl -sN --max-time 10 "$AT/api/v1/stream?q=select+n+limit+5" > "$WORK/ends.out"
[ "$(nrows ends) $(event ends end | jq -r .why)" = "5 limit" ] ||
	fail "the query's own limit: $(event ends end)"
say "ok: ends"

# --- windows, several queries ----------------------------------------------------
curl -sN --max-time 20 -H 'Accept: text/event-stream' --get \
	"$AT/api/v1/stream?for=2500ms" \
	--data-urlencode 'q=select count(*) as n window 1s' \
	--data-urlencode 'q=select n' --data-urlencode 'q=selec' \
	> "$WORK/several.out"
grep -q '^event: window.0$' "$WORK/several.out" || fail "no window.0"
grep -q '^event: rows.1$' "$WORK/several.out" || fail "no rows.1"
grep -A1 '^event: error.2$' "$WORK/several.out" |
	grep SYNTAX > /dev/null ||
	fail "no error.2"
[ "$(last_id several | sed 's/[0-9a-f]\{12\}/E/g')" = E-end,E-end,error ] ||
	fail "$(last_id several)"
say "ok: several queries on one stream"

# --- wrong queries ---------------------------------------------------------------
bad='q=select * where nn == '
[ "$(status --get --data-urlencode "$bad" "$AT/api/v1/stream")" = 400 ] ||
	fail "a wrong query is not 400"
jq -e '.error | .code == "SYNTAX" and .line == 1 and .col == 21' \
	"$WORK/body" > /dev/null || fail "$(cat "$WORK/body")"
[ "$(status -H 'Accept: text/event-stream' --get --data-urlencode "$bad" \
	"$AT/api/v1/stream")" = 200 ] || fail "not 200 for an EventSource"
grep -A1 '^event: error$' "$WORK/body" | tail -n 1 | sed 's/^data: //' |
	jq -e '.col == 21' > /dev/null || fail "$(cat "$WORK/body")"
[ "$(status -H 'Last-Event-ID: error' "$AT/api/v1/stream?q=x")" = 204 ] ||
	fail "no 204 after an error"
curl -s --get --data-urlencode "$bad" "$AT/api/v1/explain" |
	jq -e '.ok == false and .error.col == 21' > /dev/null || fail "explain"
curl -s "$AT/api/v1/explain?q=select+*" |
	jq -e '.ok and .canonical == "select *"' > /dev/null || fail "explain"
[ "$(curl -s "$AT/api/v1/functions" | jq 'map(.name) | index("lower")')" = 0 ] ||
	fail "functions"
curl -s "$AT/api/v1/agents" | jq -e 'length >= 1' > /dev/null || fail "agents"
say "ok: errors have a place"

# --- limits ------------------------------------------------------------------------
head -c 1000000 /dev/zero | tr '\0' a > "$WORK/million"
over=$({ printf 'GET / HTTP/1.1\r\nHost: localhost\r\nX: '
	cat "$WORK/million"; printf '\r\n\r\n'; } | timeout 20 curl -s -m 10 \
	--output - "telnet://${AT#http://}" 2> /dev/null | head -n 1 || :)
case $over in
*" 431 "* | *" 413 "* | *" 414 "* | '') ;;
*) fail "a header of 1 MB: $over" ;;
esac
{ printf "q=select * where n == '"; head -c 900000 "$WORK/million"
	printf "'"; } > "$WORK/query"
[ "$(status --data-binary @"$WORK/query" "$AT/api/v1/stream")" = 400 ] &&
	grep -q '"LIMIT"' "$WORK/body" || fail "a query of 900 kB: $(cat "$WORK/body")"
cat "$WORK/million" "$WORK/million" > "$WORK/query"
[ "$(status --data-binary @"$WORK/query" "$AT/api/v1/stream")" = 413 ] ||
	fail "a form of 2 MB"
{ printf "q=select n where n in (0"; printf ',%d' $(seq 1 20000); printf ')'
	printf '&limit=3'; } > "$WORK/query"
curl -sN --max-time 10 --data-binary @"$WORK/query" "$AT/api/v1/stream" \
	> "$WORK/long.out" || :
grep -q '^event: \(end\|error\)' "$WORK/long.out" ||
	fail "a long query by POST: $(head -c 300 "$WORK/long.out")"
for path in /assets/../../etc/passwd /assets/%2e%2e/%2e%2e/etc/passwd \
	/assets//etc/passwd '/assets/..%5c..' //etc/passwd /assets/; do
	[ "$(status --path-as-is "$AT$path")" = 404 ] || fail "$path is there"
done
[ "$(status -X DELETE "$AT/")" = 405 ] || fail "DELETE"
[ "$(status -H 'Host: evil.example' "$AT/healthz")" = 421 ] || fail "Host"
[ "$(status -H 'Origin: http://evil.example' "$AT/api/v1/queries")" = 403 ] ||
	fail "Origin"
[ "$(status "$AT/")" = 200 ] || fail "no page"
etag=$(curl -sI "$AT/" | tr -d '\r' | sed -n 's/^ETag: //p')
[ "$(status -H "If-None-Match: $etag" "$AT/")" = 304 ] || fail "no 304"
cmp <(curl -s --compressed "$AT/") <(curl -s "$AT/") || fail "page, plain"
curl -sI "$AT/" |
	grep "^Content-Security-Policy: default-src 'none'; .* style-src 'self';" \
		> /dev/null ||
	fail "no policy"
say "ok: limits and doors"

# --- garbage, and many who say half a sentence --------------------------------------
host=${AT#http://}
half=()
for i in $(seq 1 200); do
	exec {fd}<> "/dev/tcp/${host%:*}/${host##*:}"
	printf 'GET /api/v1/stream?q=sel' >&"$fd"
	half+=("$fd")
done
for bytes in 'head -c 4096 /dev/urandom' 'cat "$WORK/million"' \
	"printf '\x16\x03\x01\x02\0\x01\0'" "printf 'GET\r\n\r\n'" \
	"printf 'GET /api/v1/stream?q=%%zz HTTP/1.1\r\n\r\n'"; do
	exec {fd}<> "/dev/tcp/${host%:*}/${host##*:}"
	eval "$bytes" >&"$fd" 2> /dev/null || :
	exec {fd}>&-
done
curl -sN --max-time 10 "$AT/api/v1/stream?q=select+n&limit=3" > "$WORK/ends.out"
[ "$(nrows ends)" = 3 ] || fail "no rows among half-open connections"
for fd in "${half[@]}"; do exec {fd}>&-; done
say "ok: garbage"

# --- the source-job goes and comes back ---------------------------------------------
before=$(nrows again)
kill -KILL "$JOB"
wait "$JOB" 2> /dev/null || :
until_true 10 is down event_link || fail "the break is not told"
source_job
until_true 15 seen_events again gap 1 || fail "no gap is told"
until_true 15 is up event_link || fail "the link does not come back"
until_true 10 rows_at_least again $((before + 200)) || fail "no rows"
say "ok: $(event again gap)"

# --- SIGTERM: everybody gets an end ---------------------------------------------------
kill -TERM "$SINK"
wait "$SINK" || fail "mql-sink-sse ended with status $?"
until_true 5 seen_events again end 1 || fail "no end"
[ "$(event again end | jq -c '[.why, .again]')" = \
	'["the daemon is shutting down",true]' ] || fail "$(event again end)"
say "ok: drained"
