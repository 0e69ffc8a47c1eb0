KAFKA_TESTS := cut key state dir producer
TESTS += $(KAFKA_TESTS:%=test_kafka_%)
$(foreach t,$(KAFKA_TESTS),\
  $(eval test_kafka_$(t).src  := tests/sink-kafka/test_$(t).c $(KAFKA_TESTED))\
  $(eval test_kafka_$(t).deps := client http kafka))
