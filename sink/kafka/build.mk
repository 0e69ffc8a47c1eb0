PROGS               += mql-sink-kafka
KAFKA               := config cut dir key main metrics output producer saved sink state topics
# What its tests and its bench link: all but main.
KAFKA_TESTED        := $(patsubst %,sink/kafka/%.c,$(filter-out main,$(KAFKA)))
mql-sink-kafka.src  := $(KAFKA:%=sink/kafka/%.c)
mql-sink-kafka.deps := client http kafka
