FUZZERS += fuzz_program
fuzz_program.src  := tests/fuzz/fuzz_program.c
fuzz_program.deps := language
