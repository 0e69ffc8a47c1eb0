#!/bin/sh
# fuzz.sh DIR NAME SECONDS - run one fuzzer over its seeds. What it finds on
# the way stays in DIR/corpus, an input that fails in DIR.
set -eu
dir=$1 name=$2 seconds=$3
corpus=$dir/corpus/${name#fuzz_}
seeds=tests/fuzz/corpus/${name#fuzz_}

mkdir -p "$corpus"
[ -d "$seeds" ] || seeds=
exec "$dir/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 \
	-error_exitcode=1 -print_final_stats=1 -artifact_prefix="$dir/" \
	"$corpus" $seeds
