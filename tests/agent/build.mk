TESTS += test_ring test_cap test_publisher test_route test_agent_move test_agent test_publish test_agent_books test_agent_fold \
         test_agent_host test_agent_oom test_agent_chaos test_agent_clock test_agent_budget test_owner \
         test_owner_switch test_agent_busy test_agent_descriptors \
         test_agent_suspects
test_ring.src         := tests/agent/test_ring.c
test_ring.deps        := agent
test_cap.src          := tests/agent/test_cap.c
test_cap.deps         := agent
test_publisher.src    := tests/agent/test_publisher.c
test_publisher.deps   := agent
test_agent_move.src   := tests/agent/test_agent_move.c tests/agent/fake_source_job.c
test_agent_move.deps  := agent
test_route.src        := tests/agent/test_route.c
test_route.deps       := agent
test_agent.src        := tests/agent/test_agent.c tests/agent/fake_source_job.c
test_agent.deps       := agent
test_publish.src      := tests/agent/test_publish.c tests/agent/fake_source_job.c
test_publish.deps     := agent
test_agent_books.src  := tests/agent/test_agent_books.c tests/agent/fake_source_job.c
test_agent_books.deps := agent
test_agent_fold.src  := tests/agent/test_agent_fold.c tests/agent/fake_source_job.c
test_agent_fold.deps := agent
test_agent_host.src   := tests/agent/test_agent_host.c tests/agent/fake_source_job.c
test_agent_host.deps  := agent
test_agent_oom.src    := tests/agent/test_agent_oom.c tests/agent/fake_source_job.c
test_agent_oom.deps   := agent
test_agent_oom.ldlibs := $(foreach f,malloc calloc realloc strdup mmap,-Wl,--wrap=$(f))
test_agent_chaos.src  := tests/agent/test_agent_chaos.c tests/agent/fake_source_job.c
test_agent_chaos.deps := agent
test_agent_clock.src  := tests/agent/test_agent_clock.c tests/agent/fake_source_job.c
test_agent_clock.deps := agent
test_agent_clock.ldlibs := -Wl,--wrap=clock_mono_ms,--wrap=clock_wall_ms
test_owner.src        := tests/agent/test_owner.c tests/agent/fake_source_job.c
test_owner.deps       := agent
test_owner_switch.src  := tests/agent/test_owner_switch.c tests/agent/fake_source_job.c
test_owner_switch.deps := agent
test_agent_budget.src  := tests/agent/test_agent_budget.c tests/agent/fake_source_job.c
test_agent_budget.deps := agent
test_agent_busy.src  := tests/agent/test_agent_busy.c tests/agent/fake_source_job.c
test_agent_busy.deps := agent
test_agent_busy.ldlibs := -Wl,--wrap=clock_mono_ns,--wrap=clock_thread_ns
test_agent_descriptors.src  := tests/agent/test_agent_descriptors.c \
                               tests/agent/fake_source_job.c
test_agent_descriptors.deps := agent
test_agent_descriptors.ldlibs := -Wl,--wrap=close_range
test_agent_suspects.src  := tests/agent/test_agent_suspects.c tests/agent/fake_source_job.c
test_agent_suspects.deps := agent
