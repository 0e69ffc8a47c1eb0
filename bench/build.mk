BENCHES            += bench_publish bench_latency
bench_publish.src  := bench/publish.c bench/bench.c bench/fleet.c
bench_publish.deps := client agent
bench_latency.src  := bench/latency.c bench/bench.c bench/fleet.c
bench_latency.deps := client agent
