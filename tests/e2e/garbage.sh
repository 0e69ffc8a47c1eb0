#!/bin/bash
# Garbage on every port of the source-job: it lives on, and the rows of those
# who speak properly come as before.
. "$(dirname "$0")/lib.sh"
printf '{"n":%d}\n' $(seq 1 1000) > "$WORK/events.ndjson"
source_job

# throw ENDPOINT: bytes that are no greeting, and a greeting cut short.
throw() {
	local host=${1#tcp://} fd
	for bytes in 'head -c 4096 /dev/urandom' \
		"printf 'GET / HTTP/1.0\r\n\r\n'" \
		"printf '\xff\0\0\0\0\0\0\0\x01\x7f\x03'"; do
		exec {fd}<> "/dev/tcp/${host%:*}/${host##*:}"
		eval "$bytes" >&"$fd" 2>/dev/null || :
		exec {fd}>&-
	done
}

tap tap1 "$WORK/events.ndjson" --rate 2000
TAP=$LAST
until_true 10 agents_connected 1 || fail "no agent"
ask rows "select n"
ASKER=$LAST
until_true 10 lines_at_least "$WORK/rows.out" 100 || fail "no rows"
for endpoint in "$AGENTS" "$SUBSCRIBERS" "tcp://$HTTP"; do
	throw "$endpoint" || :
done
wait "$TAP" || fail "the tap ended with status $?"
until_true 10 lines_at_least "$WORK/rows.out" 1000 || fail "rows are missing"
stop "$ASKER" || fail "mql ended with status $?"
kill -0 "$JOB" || fail "the source-job is dead"
curl -fsS "http://$HTTP/healthz" > /dev/null || fail "not healthy"
kill -TERM "$JOB"
wait "$JOB" || fail "the source-job ended with status $?"
say "ok: $(tail -n 1 "$WORK/rows.err")"
