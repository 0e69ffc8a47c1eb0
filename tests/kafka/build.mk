# A broker for those who have no Java; and the tests that need a real one.
tests: $(O)/mock-kafka $(O)/drain-kafka $(O)/fill-kafka

$(O)/mock-kafka $(O)/drain-kafka $(O)/fill-kafka: $(O)/%-kafka: $(B)/tests/kafka/%.o $(KAFKA_THREADS:%.c=$(B)/%.o)
	$(call show,LD,$@)
	$(Q)$(CC) $(BASE) $(LDFLAGS) -o $@ $^ $(shell $(PKG_CONFIG) --libs rdkafka)

.PHONY: check-kafka check-kafka-now
check-kafka: deps
	@$(if $(KAFKA_BOOTSTRAP),,tools/deps.sh kafka)
	+@$(MAKE) --no-print-directory $(JOBS) $@-now

KAFKA_SCRIPTS := $(filter-out %/broker.sh %/with-broker.sh %/bench-source.sh %/lib.sh,$(sort $(wildcard tests/kafka/*.sh)))

# One after the other: each has a broker, and wants the machine for itself.
check-kafka-now: all tests
	@for s in $(KAFKA_SCRIPTS); do $$s $(O) || exit 1; done
TESTS += test_kafka
test_kafka.src  := tests/kafka/test_kafka.c
test_kafka.deps := kafka
