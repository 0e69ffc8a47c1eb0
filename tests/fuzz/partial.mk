FUZZERS += fuzz_partial
fuzz_partial.src  := tests/fuzz/fuzz_partial.c
fuzz_partial.deps := language
