# What soak.sh loads into each process.
tests: $(O)/heap.so

$(O)/heap.so: $(B)/tests/soak/heap.o
	$(call show,LD,$@)
	$(Q)$(CC) -shared $(BASE) $(LDFLAGS) -o $@ $^ -lpthread
