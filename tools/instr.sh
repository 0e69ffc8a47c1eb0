#!/bin/sh
# instr.sh BUILD PROGRAM - instructions per publish, case by case, as callgrind
# counts them: the difference of two runs of different length over the
# difference of their lengths. They do not depend on the machine's mood.
set -eu

build=$1 program=$2
few=2000 many=12000

under() { # program argument... -> instructions
	valgrind --tool=callgrind --callgrind-out-file="$build/instr.out" \
		--collect-atstart=no --toggle-collect='counted*' \
		"$@" > "$build/instr.log" 2>&1
	awk '/^(totals|summary):/ { n = $2 } END { print n }' "$build/instr.out"
}

count() { # case n -> instructions
	under "$program" "$build" "$1" "$2"
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
a=$(under "$build/bench_change" "$build" 100)
b=$(under "$build/bench_change" "$build" 500)
printf '%-34s %8d\n' '10,000 queries live, one more' $(((b - a) / 400))
