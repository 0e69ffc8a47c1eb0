#!/bin/sh
# errors.sh BUILD - whatever is wrong with what was typed, `mql` says so in one
# clear sentence on standard error and exits with the promised status.
set -eu
mql=$1/mql
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0 n=0
unset MQL_SOURCE_JOB MQL_AGENT_SOURCE_JOB MQL_OUTPUT || :

printf '%s\n' '{"a":1}' '{"a":2}' > "$dir/good"
printf '%s\n' '{"a":1}' 'no json' '{"a":2}' '{"a":' > "$dir/broken"
printf '{"a":"%01000d"}\n{"a":3}\n' 0 > "$dir/long"
: > "$dir/empty"

# A port on which surely nobody answers: this shell never listens.
nobody=tcp://127.0.0.1:1

# check STATUS LINES PATTERN ARGUMENT...: exit status, number of lines on
# standard error, and a word that they hold.
check() {
	status=$1 lines=$2 pattern=$3
	shift 3
	n=$((n + 1)) got=0
	"$mql" "$@" > "$dir/out" 2> "$dir/err" < /dev/null || got=$?
	said=$(wc -l < "$dir/err")
	if [ "$got" != "$status" ] || [ "$said" != "$lines" ] ||
	   { [ "$pattern" ] && ! grep -q -e "$pattern" "$dir/err"; }; then
		bad=$((bad + 1))
		echo "FAIL mql $*: status $got (not $status), $said lines" \
		     "(not $lines), no \`$pattern\`?"
		sed 's/^/  /' "$dir/err"
	fi
}

rows() {
	n=$((n + 1))
	if [ "$(cat "$dir/out")" != "$1" ]; then
		bad=$((bad + 1))
		echo "FAIL rows:"; sed 's/^/  /' "$dir/out"
	fi
}

# Usage: status 2, one sentence, no output.
check 2 1 'fro'            fro
check 2 1 'one stream'    fields
check 2 1 'a directory and a name' keygen dir
check 2 1 'letters, digits'  keygen . ../name
check 1 1 'No such file'     keygen /nowhere/at/all name
check 2 1 'no-such'        --no-such 'select *'
check 2 1 'no-such'        eval --no-such 'select *'
check 2 1 'one query'      select '*' where x
check 2 1 'output'         -o xml 'select *'
check 2 1 'limit'          --limit many 'select *'
check 2 1 'for'            --for ever 'select *'
check 2 1 'query'          eval
check 2 1 'query'          explain
check 2 1 'app'            tap "$dir/good"
check 2 1 'loop'           tap --app x --loop
check 2 1 'id'             kill
check 2 1 'id'             kill all
check 2 1 'arguments'      agents now
check 2 1 'no command'     help fro

# A wrong query: place, text, caret; the same wherever it is typed.
check 2 3 '^1:16: '        'select * where =='
check 2 3 '^1:16: '        eval 'select * where ==' "$dir/good"
check 2 3 '^1:16: '        explain 'select * where =='

# Files: all are looked at before the first row.
check 2 1 'missing: No such file' eval 'select *' "$dir/good" "$dir/missing"
rows ''
check 2 1 'directory'      eval 'select *' "$dir"
check 2 1 'missing: No such file' tap --app x "$dir/missing"
check 1 1 'lines were not JSON (first: .*/broken:2)' \
	eval 'select *' "$dir/broken"
rows '{"a":1}
{"a":2}'
check 1 1 'line was not JSON, or longer than 100 bytes (first: .*/long:1)' \
	eval --max-event 100 'select *' "$dir/long"
rows '{"a":3}'
check 0 0 ''               eval 'select *' "$dir/empty" -
rows ''
check 0 1 '^1 row; matched 1 of 2 seen$' \
	eval --stats 'select * where a > 1' "$dir/good"
rows '{"a":2}'

# Nobody there: status 3 and where we looked.
check 3 1 "$nobody"        --source-job "$nobody" agents
check 3 1 "$nobody"        queries --source-job "$nobody"
check 3 1 "$nobody"        kill --source-job "$nobody" 1
check 3 1 "$nobody"        --source-job "$nobody" 'select *'
check 2 1 'in the future'  --since 2099-01-01 'select *'
check 2 1 'in the future'  --since 4000000000 'select *'
check 2 1 'takes a duration' --since soon 'select *'
check 2 1 'takes a duration' --since -1h 'select *'
check 2 1 'takes a duration' --since '' 'select *'
check 2 1 'do not go together' --since 1h --from-beginning 'select *'
check 2 1 'is of history'  --until-end 'select *'
check 2 1 'takes a duration' --since 2020-02-30T10:00Z 'select *'
check 3 1 ''               --since 2020-02-28T10:00Z -s "$nobody" 'select *'
check 2 1 'nowhere'        --source-job nowhere 'select *'
check 2 1 'nowhere'        agents --source-job nowhere
check 2 1 'nowhere'        tap --app x --source-job nowhere "$dir/good"

# A tap without a source-job still reads its input, and says what became of it.
check 0 1 '^2 events read; 0 published' \
	tap --app x --source-job "$nobody" "$dir/good"

# Help is no error.
for c in tail eval explain tap agents queries streams fields kill; do
	check 0 0 '' help "$c"
	check 0 0 '' "$c" --help
done
check 0 0 '' --help
check 0 0 '' --version

# A reader that leaves is no error either; a full disk is.
n=$((n + 1))
yes '{"a":1}' | "$mql" eval 'select *' > "$dir/fifo.out" 2> "$dir/err" --limit 3
[ "$(wc -l < "$dir/fifo.out")" = 3 ] || { bad=$((bad + 1)); echo "FAIL limit"; }
n=$((n + 1))
{ yes '{"a":1}' | "$mql" eval 'select *'; echo $? > "$dir/status"; } \
	2> "$dir/err" | head -n 3 > "$dir/out"
if [ "$(cat "$dir/status")" != 0 ] || [ -s "$dir/err" ]; then
	bad=$((bad + 1)); echo "FAIL head"; cat "$dir/err"
fi
if [ -e /dev/full ]; then
	n=$((n + 1)) got=0
	"$mql" eval 'select *' "$dir/good" > /dev/full 2> "$dir/err" || got=$?
	if [ $got != 1 ] || ! grep -q 'No space' "$dir/err"; then
		bad=$((bad + 1)); echo "FAIL full disk"; cat "$dir/err"
	fi
fi

echo "errors: $n cases, $bad failed"
[ $bad = 0 ]
