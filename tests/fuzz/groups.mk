FUZZERS += fuzz_groups
fuzz_groups.src  := tests/fuzz/fuzz_groups.c
fuzz_groups.deps := language
