FUZZERS += fuzz_function
fuzz_function.src  := tests/fuzz/fuzz_function.c
fuzz_function.deps := language
