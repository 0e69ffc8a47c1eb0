#!/bin/sh
# bench.sh BUILD JSON SUITE... - run the suites, print a table, and write the
# same figures to the file JSON as an array of objects. A suite that fails is
# told apart: its figures so far are there. It is a program of BUILD, or, with
# a slash in it, a script.
set -eu

build=$1 json=$2
shift 2
lines=$build/bench.tsv

failed=0
for suite; do
	case $suite in */*) run=$suite ;; *) run=$build/$suite ;; esac
	"$run" "$build" || failed=1
done > "$lines"

awk -F '\t' -v json="$json" '
function number(x) { return x == "-" ? "null" : x }
BEGIN {
	print "lower is better; the baseline is the limit in the same run"
	head = "%-8s %-34s %9s %-3s %9s %7s %7s %s\n"
	printf(head, "suite", "figure", "value", "", "baseline", "ratio",
		"target", "")
	printf("[") > json
}
{
	ratio = $5 == "-" || $5 == 0 ? "-" : sprintf("%.2f", $3 / $5)
	ok = $6 == "-" ? "null" : ($3 + 0 <= $6 + 0 ? "true" : "false")
	word = ok == "true" ? "ok" : (ok == "false" ? "MISSED" : "")
	comma = NR == 1 ? "" : ","
	printf(head, $1, $2, $3, $4, $5, ratio, $6, word)
	printf("%s\n{\"suite\":\"%s\",\"name\":\"%s\",\"value\":%s," \
		"\"unit\":\"%s\",\"baseline\":%s,\"ratio\":%s," \
		"\"target\":%s,\"ok\":%s}", comma, $1, $2, $3, $4,
		number($5), number(ratio), number($6), ok) > json
}
END { print "\n]" > json }' "$lines"
exit $failed
