BENCHES            += bench_publish bench_service bench_latency bench_json bench_eval bench_group bench_compile
bench_publish.src  := bench/publish.c bench/request.c bench/bench.c bench/daemon.c
bench_publish.deps := client agent
bench_service.src  := bench/service.c bench/request.c bench/bench.c bench/daemon.c
bench_service.deps := client agent
BENCHES            += bench_hostile
bench_hostile.src  := bench/hostile.c bench/request.c bench/bench.c bench/daemon.c
bench_hostile.deps := client agent
bench_latency.src  := bench/latency.c bench/bench.c bench/daemon.c
bench_latency.deps := client agent
bench_eval.src     := bench/eval.c bench/corpus.c bench/bench.c
bench_eval.deps    := common
bench_json.src     := bench/json.c bench/simdjson.cc bench/corpus.c bench/bench.c
bench_json.deps    := client
bench_json.pkgs    := jansson simdjson
bench_json.ldlibs  := -lstdc++
bench_group.src    := bench/group.c bench/corpus.c bench/bench.c
bench_group.deps   := client
bench_compile.src  := bench/compile.c bench/bench.c
bench_compile.deps := client
# The peer gets all that this machine has: it does not choose at run time.
$(B)/bench/simdjson.o: CXXFLAGS += -O3 -march=native
BENCHES            += bench_matcher
bench_matcher.src  := bench/matcher.c bench/many.c bench/bench.c
bench_matcher.deps := language
BENCHES            += bench_change # which make bench-instr runs, too
bench_change.src   := bench/change.c bench/many.c bench/bench.c
bench_change.deps  := agent
# Run by make bench-instr alone: see tools/instr.sh.
INSTR              := bench_instr
bench_instr.src    := bench/instr.c bench/request.c bench/bench.c bench/daemon.c
bench_instr.deps   := client agent
# Run by make bench-sse alone: ten thousand clients take a while.
BENCH_SSE           := bench_sse bench_sse_long
bench_sse.src       := bench/sse.c bench/sink.c bench/bare.c bench/crowd.c bench/bench.c bench/daemon.c
bench_sse.deps      := client agent
bench_sse.pkgs      := libmicrohttpd gnutls
# By make bench-sse-long alone: ten minutes of ten thousand clients.
bench_sse_long.src  := bench/sse_long.c bench/sink.c bench/crowd.c bench/bench.c bench/daemon.c
bench_sse_long.deps := client agent
bench_sse_long.pkgs := gnutls
# A fleet, real and simulated: for tests, for trying things out, and for
# make bench-fleet.
PEERS              := bench/peers.c bench/peers_loop.c bench/peer_agent.c bench/peer_bare.c \
                      bench/peer_rows.c bench/peer_groups.c bench/zmtp.c bench/zmtp_curve.c
SIMULATOR          := fleet
fleet.src          := bench/simulator.c bench/agents.c bench/agents_loop.c bench/request.c bench/corpus.c bench/bench.c $(PEERS)
fleet.deps         := agent
fleet.pkgs         := libsodium
# Run by make bench-fleet alone: ten thousand agents take a while.
BENCH_FLEET        := bench_fleet
bench_fleet.src    := bench/fleet_suite.c bench/fleet_live.c bench/fleet_rows.c bench/fleet_latency.c \
                      bench/fleet_windows.c bench/bare_router.c bench/agents.c bench/agents_loop.c bench/request.c \
                      bench/corpus.c bench/daemon.c bench/bench.c $(PEERS)
bench_fleet.deps   := client agent
bench_fleet.pkgs   := libzmq libsodium
# Run by make bench-kafka alone: it needs a broker.
BENCH_KAFKA        := bench_kafka
bench_kafka.src     = bench/kafka.c bench/feed.c bench/bench.c $(KAFKA_TESTED)
bench_kafka.deps   := client http kafka
