FUZZERS += fuzz_eval
fuzz_eval.src  := tests/fuzz/fuzz_eval.c
fuzz_eval.deps := language
