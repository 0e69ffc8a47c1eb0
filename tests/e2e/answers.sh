#!/bin/bash
# Each filter case of ../shared/data/answers.json gives its answer by
# `mql eval`: as many rows, and the same bytes where the case says which.
. "$(dirname "$0")/lib.sh"
need_data

jq -c '.cases[] | select(.kind == "filter")' "$DATA/answers.json" \
	> "$WORK/cases"
while read -r case; do
	id=$(jq -r .id <<< "$case")
	file=$WORK/$(jq -r .dataset <<< "$case").ndjson
	query=$(jq -r .mql <<< "$case")
	whole=$(sed 's/^select .* from /select * from /' <<< "$query")
	want=$(jq -r .answer.matches <<< "$case")
	sum=$(jq -r .answer.sha256_of_matching_lines <<< "$case")
	"$BUILD/mql" eval "$query" "$file" > "$WORK/rows"
	[ "$(wc -l < "$WORK/rows")" = "$want" ] ||
		fail "$id: $(wc -l < "$WORK/rows") rows, not $want"
	got=$("$BUILD/mql" eval "$whole" "$file" | sha256sum | cut -d' ' -f1)
	[ "$got" = "$sum" ] || fail "$id: other lines than the answer's"
	say "ok: $id: $want rows"
done < "$WORK/cases"
[ "$(wc -l < "$WORK/cases")" -ge 10 ] || fail "too few cases"
