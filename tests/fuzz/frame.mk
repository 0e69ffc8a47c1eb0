FUZZERS += fuzz_frame
fuzz_frame.src  := tests/fuzz/fuzz_frame.c tests/wire/any.c
fuzz_frame.deps := wire
