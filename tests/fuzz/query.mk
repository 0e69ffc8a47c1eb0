FUZZERS += fuzz_query
fuzz_query.src  := tests/fuzz/fuzz_query.c
fuzz_query.deps := language
