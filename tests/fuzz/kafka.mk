FUZZERS += fuzz_kafka
fuzz_kafka.src  = tests/fuzz/fuzz_kafka.c sink/kafka/cut.c sink/kafka/key.c
fuzz_kafka.deps := client
