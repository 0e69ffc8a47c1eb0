#!/bin/sh
# instr.sh BUILD PROGRAM - instructions per publish, case by case, as callgrind
# counts them: the difference of two runs of different length over the
# difference of their lengths. They do not depend on the machine's mood.
set -eu

build=$1 program=$2
few=2000 many=12000

under() { # function program argument... -> instructions
	counted=$1
	shift
	valgrind --tool=callgrind --callgrind-out-file="$build/instr.out" \
		--collect-atstart=no --toggle-collect="$counted" \
		"$@" > "$build/instr.log" 2>&1
	awk '/^(totals|summary):/ { n = $2 } END { print n }' "$build/instr.out"
}

count() { # case n -> instructions
	under 'counted*' "$program" "$build" "$1" "$2"
}

printf '%-34s %8s %8s\n' 'instructions per operation' '' target
while IFS='	' read -r name target; do
	a=$(count "$name" $few) b=$(count "$name" $many)
	echo "$name	$a	$b	$target"
done <<END | awk -F '\t' -v n=$((many - few)) '{
	per = ($3 - $2) / n
	word = $4 == "-" ? "" : (per <= $4 ? "ok" : "MISSED")
	printf("%-34s %8.1f %8s %s\n", $1, per, $4, word)
	fflush()
}'
empty loop	-
by hand, no read side	-
struct, nobody asks	16
struct, no match	80
struct, match, 10 columns	-
built, nobody asks	-
built, set only	-
built, no match	-
JSON text, no match	-
END
while IFS='	' read -r name counted alone; do
	a=$(under "$counted" "$build/bench_change" "$build" 100 $alone)
	b=$(under "$counted" "$build/bench_change" "$build" 500 $alone)
	printf '%-34s %8d\n' "$name" $(((b - a) / 400))
done <<END
10,000 queries live, one more	counted_more*
10,000 queries live, one less	counted_less*
no query live, one more	counted_more*	alone
no query live, one less	counted_less*	alone
END
