FUZZERS       += fuzz_sse
fuzz_sse.src  := tests/fuzz/fuzz_sse.c $(SSE_TESTED)
fuzz_sse.deps := client
fuzz_sse.pkgs := libmicrohttpd zlib
