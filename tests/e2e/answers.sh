#!/bin/bash
# Each case of ../shared/data/answers.json gives its answer by `mql eval`:
#
#   filter    as many rows, and the same bytes where the case says which
#   group     the groups and their numbers; a top list in its order
#   agg       counts, sums and extremes exactly, percentiles within accept_between
#   distinct  within 2%
. "$(dirname "$0")/lib.sh"
need_data

eval_mql() { "$BUILD/mql" eval "$1" "$file" > "$WORK/rows"; }

filter() {
	local whole want sum got
	whole=$(sed 's/^select .* from /select * from /' <<< "$query")
	want=$(jq -r .answer.matches <<< "$case")
	sum=$(jq -r .answer.sha256_of_matching_lines <<< "$case")
	eval_mql "$query"
	[ "$(wc -l < "$WORK/rows")" = "$want" ] ||
		fail "$id: $(wc -l < "$WORK/rows") rows, not $want"
	got=$("$BUILD/mql" eval "$whole" "$file" | sha256sum | cut -d' ' -f1)
	[ "$got" = "$sum" ] || fail "$id: other lines than the answer's"
	say "ok: $id: $want rows"
}

# Rows as [key, numbers...]. A sum over nothing is null with us, so its column
# is left out, and 0 in the answers.
group() {
	# `window on FIELD SIZE: select ...` is the file's own way to say it.
	if [[ $query =~ ^window\ on\ ([a-z_]+)\ ([0-9a-z]+):\ select\ (.*)$ ]]
	then
		local on=${BASH_REMATCH[1]} size=${BASH_REMATCH[2]}
		query="select iso(time_bucket($on, $size)) as key,
			${BASH_REMATCH[3]} window $size on $on"
	fi
	eval_mql "$query"
	jq -se --argjson case "$case" '
		def exact: [.[] | [.key, .count] + [.sum_bytes // empty]];
		($case.answer.rows | exact) as $want |
		[.[] | [.[]]] as $got |
		[$got[] | if length < ($want[0] | length) then . + [0]
			  else . end] as $got |
		if $case.mql | test(" limit ") then $got == $want
		else ($got | length) == $case.answer.groups and
		     $want - $got == [] and
		     ([$got[][1]] | add) == $case.answer.total end
		' < "$WORK/rows" > "$WORK/verdict" ||
		fail "$id: $query: $(head -n 3 "$WORK/rows")"
	say "ok: $id: $(wc -l < "$WORK/rows") groups"
}

# `max(..)` is over the same path as the first aggregate with one.
agg() {
	local path
	path=$(grep -o "e\\['[^)]*\\]" <<< "$query" | head -n 1)
	query=${query//(..)/($path)}
	eval_mql "$query"
	jq -se --argjson case "$case" '
		def near($a; $b): ($a - $b | fabs) <= 1e-12 * ($b | fabs);
		def within($between): . >= $between[0] and . <= $between[1];
		$case.answer as $want | length == 1 and
		(.[0] | to_entries | length > 0 and all(
			.value as $got | .key |
			if test("^count") then $got == $want.events
			elif test("^sum") then $got == $want.sum
			elif test("^min") then $got == $want.min
			elif test("^max") then $got == $want.max
			elif test("^average") then near($got; $want.avg)
			else sub("\\(.*"; "") as $p | $got |
				within($want.percentiles[$p].accept_between)
			end))' < "$WORK/rows" > "$WORK/verdict" ||
		fail "$id: $query: $(cat "$WORK/rows")"
	say "ok: $id: $(cat "$WORK/rows")"
}

distinct() {
	eval_mql "$query"
	jq -e --argjson case "$case" '
		[.[]][0] as $got | $case.answer.distinct as $want |
		($got - $want | fabs) <= 0.02 * $want
		' < "$WORK/rows" > "$WORK/verdict" ||
		fail "$id: $(cat "$WORK/rows")"
	say "ok: $id: $(cat "$WORK/rows")"
}

jq -c '.cases[]' "$DATA/answers.json" > "$WORK/cases"
while read -r case; do
	id=$(jq -r .id <<< "$case")
	file=$WORK/$(jq -r .dataset <<< "$case").ndjson
	query=$(jq -r .mql <<< "$case")
	"$(jq -r .kind <<< "$case")"
done < "$WORK/cases"
[ "$(wc -l < "$WORK/cases")" -ge 30 ] || fail "too few cases"
