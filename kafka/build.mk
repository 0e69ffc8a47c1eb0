# Only for ThreadSanitizer.
KAFKA_THREADS := $(if $(filter tsan,$(BUILD)),tests/kafka/threads.c)

# What producers and consumers of Kafka have in common.
LIBS       += kafka
kafka.src  := kafka/kafka.c $(KAFKA_THREADS)
kafka.deps := common
kafka.pkgs := rdkafka
