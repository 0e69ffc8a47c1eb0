FUZZERS += fuzz_json
fuzz_json.src  := tests/fuzz/fuzz_json.c
fuzz_json.deps := event
