#!/bin/sh
# eval.sh BUILD - `mql eval` gives the same bytes however many threads read the
# input, and however it is cut: over files and pipes, with every kind of line.
set -eu
mql=$(cd "$1" && pwd)/mql
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
bad=0 n=0
unset MQL_THREADS MQL_BLOCK MQL_LIMIT MQL_OUTPUT MQL_STATS || :

fail() {
	bad=$((bad + 1))
	echo "FAIL $*"
}

# Lines with and without CR, blank ones, bad ones, and some that are too long
# for the 200 bytes that are allowed below; the last has no newline.
awk 'BEGIN {
	for (i = 0; i < 400; i++) {
		printf("{\"a\":%d,\"t\":\"%0*d\"}%s", i, i % 97, 0,
			i % 5 ? "\n" : "\r\n")
		if (i % 11 == 0) printf("\n")
		if (i % 29 == 0) printf(" \t\r\n")
		if (i % 31 == 7) printf("no json\n")
		if (i % 37 == 9) printf("{\"a\":-1,\"t\":\"%0*d\"}\n", i * 9, 0)
	}
	printf("{\"a\":\"last\"}")
}' > mixed
printf '{"a":1}\n{"a":2}\r\n' > short
: > empty
printf '\n\n' > blank
awk 'BEGIN { printf("{\"a\":\"%09999d\"}", 0) }' > long
printf '{"a":"last of the long"}' | cat long - > longer
tr '\n' '\r' < long > /dev/null
printf '\n{"a":3}\r' >> long

# same FILE... : the answer of one thread is that of several, in small parts
# and large ones, with rows, complaints and status.
same() {
	for query in 'select *' 'select a, a * 2 where a > 100' \
		'select count(*), min(a), max(a)' \
		'select * where a < 0 sample 50%' 'select a, @seq' \
		'select a limit 7'; do
		run 1 1M one "$query" "$@"
		for how in '2 1' '2 64' '7 3' '7 777' '3 100k'; do
			run "${how% *}" "${how#* }" many "$query" "$@"
			n=$((n + 1))
			cmp -s one many && continue
			fail "$query, threads and block $how, over $*"
			diff one many | head -5
		done
	done
}

# run THREADS BLOCK TO QUERY FILE...: `pipe FILE`, `at OFFSET FILE`, or files.
run() {
	threads=$1 block=$2 to=$3 query=$4
	shift 4
	status=0
	set -- "$@"
	case $1 in
	pipe)	cat "$2" | ask > "$to" 2> "$to.err" || status=$? ;;
	at)	{ dd bs=1 count="$2" of=skipped 2> dd.err
		  ask || status=$?
		  cat; } < "$3" > "$to" 2> "$to.err" ;;
	*)	ask "$@" > "$to" 2> "$to.err" || status=$? ;;
	esac
	cat "$to.err" >> "$to"
	echo "status $status" >> "$to"
}

ask() {
	"$mql" eval --threads "$threads" --block "$block" --max-event 200 \
		--stats "$query" "$@"
}

same mixed
same short mixed empty blank long mixed longer short
same pipe mixed
same pipe long
same pipe empty
same at 9 mixed
same at 1000 mixed

# Said once, of the first in the order of the input, with its own file's line.
run 7 16 out 'select *' short mixed long
n=$((n + 1))
grep -q 'lines were not JSON.*(first: mixed:[0-9]*)' out || fail "first bad line"
line=$(sed -n 's/.*(first: mixed:\([0-9]*\)).*/\1/p' out)
n=$((n + 1))
[ "$(sed -n "${line}p" mixed)" = "no json" ] || fail "line $line is not bad"
n=$((n + 1))
grep -c '^{"a":' out > rows
[ "$(cat rows)" -gt 400 ] || fail "$(cat rows) rows of more than 400"

# Standard input that was named before has been read.
n=$((n + 1))
"$mql" eval --threads 4 --block 8 'select a' - short - < short > out
[ "$(wc -l < out)" = 4 ] || fail "twice standard input"

# A row comes when its line has, not when the input ends.
mkfifo in out.fifo
"$mql" eval --threads 4 'select a' < in > out.fifo &
exec 3> in 4< out.fifo
for i in 1 2 3; do
	n=$((n + 1))
	echo "{\"a\":$i}" >&3
	read -r row <&4
	[ "$row" = "{\"a\":$i}" ] || fail "live row $row"
done
exec 3>&- 4<&-
wait

# A reader that leaves ends it, over a file and over a pipe without end.
for i in 1 2 3 4 5 6 7 8; do cat mixed mixed mixed mixed; echo; done > big
n=$((n + 2))
{ "$mql" eval --threads 4 --block 100 'select *' big big big 2> err
  echo $? > status; } | head -n 1 > out
[ "$(wc -l < out)" = 1 ] || fail "head of a file"
{ yes '{"a":1}' | "$mql" eval --threads 4 'select *' 2> err
  echo $? > status; } | head -n 1 > out
[ "$(cat status)" = 0 ] && [ ! -s err ] || fail "head of a pipe: $(cat err)"

# What is asked for must make sense.
n=$((n + 2))
"$mql" eval --block 0 'select *' short > out 2>&1 && fail "block 0"
"$mql" eval --threads 10000 'select *' short > out 2>&1 && fail "10000 threads"

echo "eval: $n cases, $bad failed"
[ $bad = 0 ]
