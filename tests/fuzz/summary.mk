FUZZERS           += fuzz_summary
fuzz_summary.src  := tests/fuzz/fuzz_summary.c
fuzz_summary.deps := client
