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

# Two at a time: each has a broker, and keeps the machine busy.
check-kafka-now: all tests
	$(file >$(O)/kafka-checks,$(foreach s,$(KAFKA_SCRIPTS),$(call line,$(s:tests/%.sh=%) $(s) $(O))))
	@TESTS_AT_ONCE=2 tools/run-tests.sh $(O)/log-kafka < $(O)/kafka-checks
TESTS += test_kafka
test_kafka.src  := tests/kafka/test_kafka.c
test_kafka.deps := kafka
