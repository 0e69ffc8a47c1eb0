# lib.sh - what the end-to-end tests share; sourced by bash.
#
# Every test is called with the build directory, works in a directory of its
# own, waits for conditions with a deadline, and ends the processes that it
# started, by their ids.
set -euo pipefail

BUILD=$(cd "$1" && pwd)
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DATA=$ROOT/../shared/data
NAME=$(basename "$0" .sh)
WORK=$(mktemp -d)
export MQL_AGENT_BUDGET=${MQL_AGENT_BUDGET-off} # but for a test of it
export MQL_AGENT_STATE_DIR=${MQL_AGENT_STATE_DIR-off} # likewise
exec {NAP}<> <(:) # never readable: `read -t` on it passes a moment

# tree PID...: they, and those that they started.
tree() {
	local pid
	for pid in "$@"; do
		echo "$pid"
		tree $(pgrep -P "$pid")
	done
}

finish() {
	local status=$?
	local pid
	# Those that still run: the id of one that has ended may be somebody
	# else's by now.
	for pid in $(tree $(jobs -rp)); do
		kill -CONT "$pid" 2>/dev/null || :
		kill -KILL "$pid" 2>/dev/null || :
	done
	wait 2>/dev/null || :
	if [ "$status" != 0 ]; then
		echo "$NAME: failed; what the processes said:"
		tail -n 20 "$WORK"/*.err 2>/dev/null || :
	fi
	rm -rf "$WORK"
	exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM

fail() { echo "$NAME: $*" >&2; exit 1; }
say() { echo "$NAME: $*"; }
moment() { read -rt 0.02 -u "$NAP" || :; }

# until_true SECONDS COMMAND...: try it until it holds. On a machine that is busy
# with others things take PATIENCE times as long; what holds in time costs none
# of that.
PATIENCE=${PATIENCE:-3}
until_true() {
	local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * PATIENCE * 1000000))
	shift
	until "$@" 2>/dev/null; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$deadline" ] || return 1
		moment
	done
}
says() { grep -q -- "$2" "$1"; }
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
past() { [ "$(now_ms)" -ge "$1" ]; }
gone() { ! kill -0 "$1"; }
lines_at_least() { [ "$(wc -l < "$1")" -ge "$2" ]; }

# background NAME COMMAND...: standard output to NAME.out, error to NAME.err,
# the process id in $LAST.
background() {
	local name=$1
	shift
	: > "$WORK/$name.out" # here: the child may be late, and nobody is to
	: > "$WORK/$name.err" # read what an earlier one of that name said
	"$@" > "$WORK/$name.out" 2> "$WORK/$name.err" &
	LAST=$!
}

# port LANE: one that nobody listens at, and that the kernel does not give to a
# connection of somebody else's while a daemon that is to come back is away. A
# daemon's ports are of lanes 0 to 3, so that no two of them are the same.
port() {
	local first=10240 low n
	read -r low _ < /proc/sys/net/ipv4/ip_local_port_range
	[ "$low" -gt $((first + 1000)) ] || { echo 0; return; }
	n=$((first + SRANDOM % ((low - first) / 4) * 4 + $1))
	! (: > "/dev/tcp/127.0.0.1/$n") 2>/dev/null || n=$(port "$1")
	echo "$n"
}

# source_job [OPTIONS...]: sets AGENTS, SUBSCRIBERS, HTTP and JOB (its id).
source_job() {
	: > "$WORK/job.out"
	background job "$BUILD/mql-source-job" \
		--agents "${AGENTS:-tcp://127.0.0.1:$(port 0)}" \
		--subscribers "${SUBSCRIBERS:-tcp://127.0.0.1:$(port 1)}" \
		--http "${HTTP:-127.0.0.1:$(port 2)}" "$@"
	JOB=$LAST
	until_true 10 says "$WORK/job.out" '"ready"' ||
		fail "the source-job does not get ready"
	AGENTS=$(jq -r .agents "$WORK/job.out")
	SUBSCRIBERS=$(jq -r .subscribers "$WORK/job.out")
	HTTP=$(jq -r .http "$WORK/job.out")
	export MQL_SOURCE_JOB=$SUBSCRIBERS MQL_AGENT_SOURCE_JOB=$AGENTS
}

agents_connected() {
	[ "$("$BUILD/mql" agents -o json | jq -s 'flatten | length')" = "$1" ]
}

# The only query is live on so many.
live_on() {
	[ "$("$BUILD/mql" queries -o json | jq -s 'flatten | .[0].live')" = "$1" ]
}

# tap NAME FILE [OPTIONS...]: a process that publishes FILE once a query is
# live in it.
tap() {
	local name=$1 file=$2
	shift 2
	background "$name" "$BUILD/mql" tap --app "$name" --wait "$@" "$file"
}

# ask NAME ARGUMENTS...: mql in the background; its id in $LAST.
ask() {
	local name=$1
	shift
	background "$name" "$BUILD/mql" "$@"
}

# stop PID: interrupt it as ^C does, and pass on its exit status.
stop() {
	kill -INT "$1"
	wait "$1"
}

# closing NAME WORD: the number after WORD in the closing line of `ask NAME`,
# or 0 when the line does not name it.
closing() {
	local n
	n=$(tail -n 1 "$WORK/$1.err" | tr -d , |
		sed -n "s/.*$2 \\([0-9][0-9]*\\).*/\\1/p")
	echo "${n:-0}"
}

# Skip with a word where the shared data is not there.
need_data() {
	[ -d "$DATA" ] || { say "skipped: ../shared/data is not here"; exit 77; }
	local f
	for f in github-events apache-access nginxplus-status; do
		zstd -qdc "$DATA/$f.ndjson.zst" > "$WORK/$f.ndjson"
	done
}

# raw_lines FILE JQ-CONDITION: the lines of FILE that jq selects, untouched.
raw_lines() {
	jq -r "select($2) | input_line_number" "$1" > "$WORK/numbers"
	awk 'NR == FNR { want[$1]; next } FNR in want' "$WORK/numbers" "$1"
}
