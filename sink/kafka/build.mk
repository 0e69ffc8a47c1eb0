PROGS               += mql-sink-kafka
KAFKA               := config cut dir key main metrics output producer sink state topics
# What its tests and its bench link: all but main.
KAFKA_TESTED        := $(patsubst %,sink/kafka/%.c,$(filter-out main,$(KAFKA)))
# Only for ThreadSanitizer.
KAFKA_THREADS       := $(if $(filter tsan,$(BUILD)),tests/kafka/threads.c)
mql-sink-kafka.src  := $(KAFKA:%=sink/kafka/%.c) $(KAFKA_THREADS)
mql-sink-kafka.deps := client http
mql-sink-kafka.pkgs := rdkafka
