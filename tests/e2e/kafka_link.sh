#!/bin/bash
# The link between a source-job and the agent that brings Kafka's messages
# breaks while rows of a saved query are on it: those that were lost there are
# read once more before an offset is committed, so who listens has each, also
# where the new link comes to another worker.
if [ "${1:-}" != --inside ]; then
	unshare -n true 2>/dev/null || {
		echo "kafka_link: skipped: no network namespaces here"
		exit 77
	}
	exec unshare -n "$0" --inside "$@"
fi
shift
. "$(dirname "$0")/../kafka/lib.sh"
N=200000
ip link set lo up
mock
mkdir "$WORK/state"
# Nobody else is silent for long enough to be missed.
source_job --heartbeat 100ms --lease 60s --state "$WORK/state" --workers 3 \
	--kafka-bootstrap "$BOOTSTRAP" --kafka-topics t --kafka-group g
figure() { of_job "kafka_source_$1"; }
figure_is() { [ "$(figure "$1")" = "$2" ]; }
figure_least() { [ "$(figure "$1")" -ge "$2" ]; }
"$BUILD/mql" save -q kept "select n" || fail "it is not saved"
until_true 60 figure_least partitions 1 || fail "no partitions"
until_true 60 figure_is live_queries 1 || fail "it is not live"
ask kept -o json --saved kept
KEPT=$LAST
until_true 20 says "$WORK/kept.err" 'live on' || fail "nobody listens"

feed() { # FIRST LAST
	seq "$1" "$2" | sed 's/.*/{"n":&}/' |
		kcat -P -q -b "$BOOTSTRAP" -t t || fail "the feed broke"
}
distinct() { sort -u "$WORK/kept.out" | wc -l; }
has() { [ "$(distinct)" = "$1" ]; }
broke() { [ "$(grep -c 'lost the source-job' "$WORK/job.err")" -gt "$1" ]; }

# Rows on the link when it breaks are a matter of luck, which is tried.
lost=0
for ((i = 1; i <= 5 && lost == 0; i++)); do
	feed $(((i - 1) * N + 1)) $((i * N)) &
	FEEDER=$!
	until_true 60 lines_at_least "$WORK/kept.out" $(((i - 1) * N + N / 20)) ||
		fail "no rows"
	ip link set lo down
	until_true 20 broke $((i - 1)) || fail "the link does not break"
	ip link set lo up
	wait "$FEEDER" || fail "nothing is produced"
	until_true 60 has $((i * N)) || fail "$(distinct) of $((i * N)) rows"
	until_true 60 figure_is ahead 0 || fail "$(figure ahead) are not committed"
	lost=$(of_job rows_lost_total)
done
[ "$lost" -gt 0 ] || {
	say "skipped: nothing was on the link in $((i - 1)) times"
	exit 77
}
twice=$(($(wc -l < "$WORK/kept.out") - $(distinct)))
[ "$twice" -le "$(figure late_total)" ] ||
	fail "$twice rows twice, $(figure late_total) were late"
stop "$KEPT" || fail "mql ended with status $?"
! says "$WORK/kept.err" 'not balance' || fail "$(tail -n 1 "$WORK/kept.err")"
say "ok: $lost rows were lost on the link, none for good; $twice came twice"
