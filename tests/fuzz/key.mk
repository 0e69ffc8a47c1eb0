FUZZERS += fuzz_key
fuzz_key.src  := tests/fuzz/fuzz_key.c
fuzz_key.deps := wire
