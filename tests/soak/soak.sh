#!/bin/bash
# soak.sh BUILD TABLE [SECONDS] - an hour of everything at once: does anything
# grow, and do the books still balance at the end?
#
#     main      source-job of most; saved queries, groups
#     flaky     another one, killed every other minute; the taps' second choice
#     keyed     a third one, with keys, which strangers knock at
#     agents    real ones that come and go; others are killed by the process
#     peers     stand-ins that vanish without a word
#     tap0..3   services that stay; tap0 has a key
#     witness   asks all the time, of main and flaky; watch, by the page's daemon
#     sse kafka the sinks, the latter to librdkafka's mock cluster
#     guests    come, go, stall, flood, share groups, save; garbage; half-open
#               connections; wrong keys
#
# Every ten seconds memory (heap.c), descriptors and threads of who stays, and
# what they count, are written to TABLE (judge.awk says how), which judges at the end.
# All is on loopback, and paced: it takes about one core. What is known of lost
# agents is kept for a minute, so less than ten minutes tell nothing of growth.
. "$(dirname "$0")/../e2e/lib.sh"
TABLE=$2 SECONDS_LONG=${3:-3600}
MQL=$BUILD/mql
EVERY=$((SECONDS_LONG < 600 ? 1 : 10))
export SOAK_HEAP=$WORK/heap
mkdir "$SOAK_HEAP"
: > "$TABLE"

pause() { read -rt "$1" -u "$NAP" || :; }
over() { past "$END"; }

# --- who stays ------------------------------------------------------------------
declare -A PID HTTP_OF AGENTS_OF SUBSCRIBERS_OF AT_FIRST
fds() { local all=(/proc/"$1"/fd/*); echo "${#all[@]}"; }
job() { # NAME OPTIONS...: at the same ports when it was there before
	local name=$1
	shift
	background "$name" watched "$BUILD/mql-source-job" --heartbeat 1s --lease 5s \
		--agents "${AGENTS_OF[$name]:-tcp://127.0.0.1:0}" \
		--subscribers "${SUBSCRIBERS_OF[$name]:-tcp://127.0.0.1:0}" \
		--http "${HTTP_OF[$name]:-127.0.0.1:0}" "$@"
	PID[$name]=$LAST
	until_true 20 says "$WORK/$name.out" '"ready"' ||
		fail "$name does not get ready"
	AT_FIRST[$name]=$(fds "$LAST")
	AGENTS_OF[$name]=$(jq -r .agents "$WORK/$name.out")
	SUBSCRIBERS_OF[$name]=$(jq -r .subscribers "$WORK/$name.out")
	HTTP_OF[$name]=$(jq -r .http "$WORK/$name.out")
}

keys() {
	local name
	K=$WORK/keys
	mkdir -p "$K"/allowed/{agents,subscribers,operators}
	for name in job agent reader stranger; do
		"$MQL" keygen -q "$K" "$name" || fail "keygen"
	done
	cp "$K/agent.pub" "$K/allowed/agents"
	cp "$K/reader.pub" "$K/allowed/subscribers"
	job keyed --key-file "$K/job.key" --allowed-keys "$K/allowed"
	MQL_AGENT_KEY=$K/agent.key MQL_AGENT_SERVER_KEY=$K/job.pub \
		stays tap0 watched "$MQL" tap --app keyed --loop --rate 100 --lossy \
		-s "${AGENTS_OF[keyed]}" "$WORK/events.ndjson"
	stays reader count_rows "$MQL" --key-file "$K/reader.key" -q \
		--server-key "$K/job.pub" -s "${SUBSCRIBERS_OF[keyed]}" \
		"select n, text where n % 2 == 0"
}

stays() { # NAME COMMAND...
	background "$@"
	PID[$1]=$LAST
}
# Its heap is told.
watched() { LD_PRELOAD=$BUILD/heap.so exec "$@"; }
# Its rows are counted, not kept; its own standard error stays as it is.
count_rows() { watched "$@" > >(exec wc -l); }

# fleet NAME OPTIONS...: ends when a line comes to its input
declare -A INPUT
fleet() {
	local name=$1
	shift
	mkfifo "$WORK/$name.in"
	exec {INPUT[$name]}<> "$WORK/$name.in"
	background "$name" watched sh -c 'in=$1; shift; exec "$@" < "$in"' - \
		"$WORK/$name.in" "$BUILD/fleet" --to "${AGENTS_OF[main]}" "$@"
	PID[$name]=$LAST
}

kafka() {
	mkfifo "$WORK/mock.in"
	exec {MOCK}<> "$WORK/mock.in"
	background mock sh -c 'exec "$1" < "$2"' - "$BUILD/mock-kafka" \
		"$WORK/mock.in"
	until_true 10 lines_at_least "$WORK/mock.out" 1 || fail "no mock"
	stays kafka watched "$BUILD/mql-sink-kafka" --http 127.0.0.1:0 --topic soak \
		--bootstrap "$(cat "$WORK/mock.out")" --name soak \
		--query "select @seq as s, country where country == 'BR'"
	until_true 20 says "$WORK/kafka.out" '"ready"' || fail "no Kafka sink"
	HTTP_OF[kafka]=$(jq -r .http "$WORK/kafka.out")
}

begin() {
	local i
	printf '{"n":%d,"text":"text %d","country":"BR"}\n' \
		$(seq 500 | awk '{ print $1, $1 }') > "$WORK/events.ndjson"
	job main --state "$WORK/state"
	job flaky
	local both=${SUBSCRIBERS_OF[main]},${SUBSCRIBERS_OF[flaky]}
	export MQL_SOURCE_JOB=${SUBSCRIBERS_OF[main]}
	keys
	fleet agents --agents 24 --processes 2 --events 10 --churn 1
	fleet killed --agents 16 --processes 2 --events 10 --kills 20s
	fleet peers --peers 200 --processes 1 --rate 2 --batch 2 --churn 4
	for i in 1 2 3; do
		stays "tap$i" watched "$MQL" tap --app "tap$i" --loop --rate 100 \
			-s "${AGENTS_OF[main]},${AGENTS_OF[flaky]}" \
			--lossy "$WORK/events.ndjson"
	done
	stays witness count_rows "$MQL" -s "$both" "select @seq as s"
	stays sse watched "$BUILD/mql-sink-sse" --listen 127.0.0.1:0 --replay 1M
	until_true 20 says "$WORK/sse.out" '"ready"' || fail "no page"
	HTTP_OF[sse]=$(jq -r .http "$WORK/sse.out")
	HTTP_OF[sse]=${HTTP_OF[sse]#http://}
	stays watch count_rows curl -sN --get \
		--data-urlencode "q=select count(*) as n window 5s" \
		"${HTTP_OF[sse]}/api/v1/stream"
	kafka
}

# --- guests -----------------------------------------------------------------------
# Each of these goes on until it is over, and leaves nobody behind. What goes
# wrong for a guest is not what is looked at: most are there to be refused.
short() { # comes and goes
	local i=0
	until over; do
		i=$((i + 1))
		"$MQL" --for $((RANDOM % 3000 + 50))ms -q "${QUERY[i % ${#QUERY[@]}]}"
		[ $((i % 9)) -gt 0 ] || timeout -s KILL 1 "$MQL" -q "select *"
	done
}
QUERY=("select *" "select country, count(*) group by country window 1s"
	"select n where n > 100" "select count(distinct n), p99(n)"
	"select distinct country" "select * order by n limit 5 window 2s"
	"select * where text =~ /(t+)+ 1/" "select n where n ==="
	"select top(n, 3) sample 10%")

stalls() { # stops reading for a while
	local pid
	until over; do
		"$MQL" -q "select *, 'stalled' as s" > >(exec wc -l) &
		pid=$!
		pause 2
		kill -STOP $pid
		pause $((RANDOM % 20 + 5))
		kill -CONT $pid
		pause 2
		kill -INT $pid
		wait $pid
	done
}

floods() { # many queries at once, none of them like another
	local i k=0 pids
	until over; do
		pids=()
		for i in $(seq 16); do
			k=$((k + 1))
			"$MQL" --for 200ms -q "select n where n == $k" &
			pids+=($!)
		done
		wait "${pids[@]}"
		pause 5
	done
}

shares() { # members of a group that come and go
	local i=0
	until over; do
		i=$((i + 1))
		timeout -s $([ $((i % 2)) = 0 ] && echo KILL || echo INT) \
			$((RANDOM % 5 + 1)) "$MQL" -q --group g$((i % 2)) \
			--key country "select country, n"
	done
}

saves() {
	local i=0
	until over; do
		i=$((i + 1))
		"$MQL" save -q s$((i % 4)) "select n where n == $((i % 100))"
		"$MQL" --saved s$((i % 4)) --for 1s -q
		"$MQL" rm -q s$(((i + 1) % 4))
		"$MQL" agents -o json
		"$MQL" queries -o json
	done
}

views() { # viewers of the page: some read, some do not
	local pid
	until over; do
		curl -sN -m 3 "${HTTP_OF[sse]}/api/v1/stream?q=select+*" \
			> >(exec wc -c)
		curl -sN -m 20 "${HTTP_OF[sse]}/api/v1/stream?q=select+n" \
			> >(exec wc -c) &
		pid=$!
		pause 1
		kill -STOP $pid
		pause 5
		kill -KILL $pid
		wait $pid
	done
}

strangers() { # wrong keys, and none
	until over; do
		timeout 5 "$MQL" queries --key-file "$K/stranger.key" \
			--server-key "$K/job.pub" -s "${SUBSCRIBERS_OF[keyed]}"
		timeout 5 "$MQL" queries -s "${SUBSCRIBERS_OF[keyed]}"
		timeout 5 "$MQL" tap --app stranger --lossy --loop --rate 10 \
			-s "${AGENTS_OF[keyed]}" "$WORK/events.ndjson"
		pause 2
	done
}

# say_zmtp TYPE: the words of a ZeroMQ socket without a name, then frames of
# ours with nothing but noise in them.
say_zmtp() {
	local i
	printf '\xff\0\0\0\0\0\0\0\x01\x7f\x03\0NULL'
	head -c 48 /dev/zero
	printf '\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x06%s' "$1"
	for i in 1 2 3 4 5 6 7 8 9; do
		printf '\0\x48MQLw\x01%b\0\0' "\\x0$i"
		head -c 64 /dev/urandom
	done
}

noise() { # garbage, and connections that say half a sentence and stay
	local fd all port
	until over; do
		all=()
		for port in "${AGENTS_OF[@]#tcp://}" "${HTTP_OF[@]}" \
			"${SUBSCRIBERS_OF[@]#tcp://}"; do
			for say in 'head -c 2000 /dev/urandom' 'say_zmtp DEALER' \
				"printf 'GET /met'" "printf '\xff\0'"; do
				exec {fd}<> "/dev/tcp/${port%:*}/${port##*:}" ||
					continue
				eval "$say" >&"$fd"
				all+=("$fd")
			done
		done
		pause 8
		for fd in "${all[@]}"; do exec {fd}>&-; done
	done
}

# --- samples ------------------------------------------------------------------------
put() { printf '%s\t%s\t%s\t%s\n' "$NOW" "$@" >> "$TABLE"; }

sample_process() { # NAME PID
	[ -r "/proc/$2/status" ] || fail "$1 is gone"
	awk -v now="$NOW" -v who="$1" 'BEGIN { OFS = "\t" }
		$1 == "VmRSS:" { print now, who, "rss", $2 }
		$1 == "Threads:" { print now, who, "threads", $2 }' \
		"/proc/$2/status" >> "$TABLE"
	[ ! -s "$SOAK_HEAP/$2" ] || put "$1" heap $(cat "$SOAK_HEAP/$2")
	put "$1" fds "$(fds "$2")"
}

sample_counts() { # NAME: all that it counts, but for what has labels
	curl -fs -m 5 "http://${HTTP_OF[$1]}/metrics" |
		awk -v now="$NOW" -v who="$1" 'BEGIN { OFS = "\t" }
			/^mql_(dropped_total\{.*\}|[a-z_]*) [0-9.]*$/ { print now, who, $1, $2 }' \
		>> "$TABLE" || fail "$1 does not say how it stands"
}

STAYS="main keyed sse kafka witness reader tap0 tap1 tap2 tap3"
sample() {
	local name k=0
	NOW=$((($(now_ms) - BEGAN) / 1000))
	for name in $STAYS; do sample_process "$name" "${PID[$name]}"; done
	for name in $(pgrep -P "${PID[agents]}"); do
		sample_process "agents$((k++))" "$name"
	done
	for name in main keyed sse kafka; do sample_counts "$name"; done
}

# The flaky one dies, and comes back.
flap() {
	kill -KILL "${PID[flaky]}"
	wait "${PID[flaky]}" 2> /dev/null || :
	job flaky
}

# --- the end --------------------------------------------------------------------------
balanced() { # NAME: of an asker
	local line
	line=$(tail -n 1 "$WORK/$1.err")
	! says "$WORK/$1.err" 'not balance' || fail "$1: $line"
	say "ok: $1: $line"
}
fds_at_most() { [ "$(fds "$1")" -le "$2" ]; }
metric() { curl -fs "http://${HTTP_OF[$1]}/metrics" | sed -n "s/^$2 //p"; }
nobody() { [ "$(metric main mql_agents)" = 0 ]; }

finish_all() {
	local i name
	for name in agents killed peers; do
		echo >&"${INPUT[$name]}"
		wait "${PID[$name]}" || fail "$name ended with status $?"
	done
	for i in 0 1 2 3; do
		kill -INT "${PID[tap$i]}"
		wait "${PID[tap$i]}" || fail "tap$i ended with status $?"
	done
	until_true 20 nobody || fail "agents stay"
	for name in witness reader; do
		stop "${PID[$name]}" || fail "$name ended with status $?"
	done
	balanced witness
	kill -TERM "${PID[kafka]}"
	wait "${PID[kafka]}" || fail "the Kafka sink ended with status $?"
	says "$WORK/kafka.err" 'the books balance' ||
		fail "$(tail -n 1 "$WORK/kafka.err")"
	say "ok: $(tail -n 1 "$WORK/kafka.err")"
	kill "${PID[watch]}"
	wait "${PID[watch]}" || :
	kill -TERM "${PID[sse]}"
	wait "${PID[sse]}" || fail "the page's daemon ended with status $?"
	for name in main keyed; do
		until_true 60 fds_at_most "${PID[$name]}" \
			$((${AT_FIRST[$name]} + 4)) ||
			fail "$name keeps $(fds "${PID[$name]}") descriptors," \
				"${AT_FIRST[$name]} before anybody came"
		kill -TERM "${PID[$name]}"
		wait "${PID[$name]}" || fail "$name ended with status $?"
	done
}

# --- an hour ----------------------------------------------------------------------------
# At first the judge itself: it sees what grows, and lets pass what does not.
grows() { # RSS-AT-THE-END [HEAP-AT-THE-END]: of 20,000 KB
	awk -v rss="$1" -v heap="${2:-0}" 'BEGIN { OFS = "\t"
		for (t = 0; t < 400; t++) {
			print t, "a", "rss", t < 300 ? 20000 : rss
			if (heap)
				print t, "a", "heap",
					t < 300 ? 20000 : heap
		} }' |
		awk -v seconds=400 -f "$ROOT/tests/soak/judge.awk" > /dev/null
}
grows 22000 || fail "the judge calls growth what is none"
! grows 23000 || fail "the judge does not see what grows"
grows 38000 22000 || fail "the judge calls growth what the allocator keeps"
! grows 23000 23000 || fail "the judge does not see what is in use"

begin
BEGAN=$(now_ms)
END=$((BEGAN + SECONDS_LONG * 1000))
for guest in short stalls floods shares saves views strangers noise; do
	(set +e; $guest) > "$WORK/guests" 2>&1 &
	GUESTS+=("$!")
done
for ((due = BEGAN; due < END; due += EVERY * 1000)); do
	left=$((due - $(now_ms)))
	[ $left -le 0 ] || pause $((left / 1000)).$(printf %03d $((left % 1000)))
	sample
	if [ $((NOW / 120)) -gt "${FLAPPED:-0}" ]; then
		FLAPPED=$((NOW / 120))
		flap
	fi
done
wait "${GUESTS[@]}" 2> "$WORK/ended" || :
finish_all
awk -v seconds="$SECONDS_LONG" -f "$ROOT/tests/soak/judge.awk" "$TABLE" ||
	fail "something grew"
say "ok: $SECONDS_LONG s; the samples are in $TABLE"
