# What host.sh runs: a service with libmql-agent.so, and a plugin that carries
# the agent inside of it or is linked to it.
tests: $(O)/host $(O)/plugin-inside.so $(O)/plugin-linked.so

AGENT_SO = $(O)/libmql-agent.so.$(VERSION)

$(O)/libmql-agent.so.$(SOVER): $(AGENT_SO)
	@ln -sf $(<F) $@

HOST = host host_close host_files host_fork host_plugin

$(O)/host: $(HOST:%=$(B)/tests/e2e/%.o) $(O)/libmql-agent.so.$(SOVER)
	$(call show,LD,$@)
	$(Q)$(CC) $(BASE) $(LDFLAGS) -o $@ $^ -Wl,-rpath,'$$ORIGIN' -lpthread

$(O)/plugin-inside.so: $(B)/tests/e2e/plugin.o $(O)/libmql-agent.a
	$(call show,LD,$@)
	$(Q)$(CC) -shared $(BASE) $(LDFLAGS) -o $@ $^ $(call flibs,mql-agent)

$(O)/plugin-linked.so: $(B)/tests/e2e/plugin.o $(O)/libmql-agent.so.$(SOVER)
	$(call show,LD,$@)
	$(Q)$(CC) -shared $(BASE) $(LDFLAGS) -o $@ $^ -Wl,-rpath,'$$ORIGIN'

# What recorded.sh plays old peers with; a bad network.
SIMULATOR   += replay link
replay.src  := tests/e2e/replay.c
replay.deps := wire
link.src    := tests/e2e/link.c
link.deps   := common
