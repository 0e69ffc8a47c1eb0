TESTS += test_ledger test_map test_queue test_config test_channel test_watermark test_registry \
         test_quota test_state test_saved test_spread test_clocks test_credit \
         test_rate test_secrets
test_secrets.src := tests/source-job/test_secrets.c source-job/secrets.c
test_secrets.deps := wire
test_rate.src    := tests/source-job/test_rate.c source-job/rate.c
test_rate.deps   := common
test_credit.src  := tests/source-job/test_credit.c source-job/credit.c
test_credit.deps := common
test_clocks.src  := tests/source-job/test_clocks.c source-job/clocks.c source-job/latency.c
test_clocks.deps := common
test_ledger.src  := tests/source-job/test_ledger.c source-job/ledger.c
test_ledger.deps := wire
test_map.src     := tests/source-job/test_map.c source-job/map.c
test_map.deps    := common
test_map.pkgs    := libxxhash
test_queue.src   := tests/source-job/test_queue.c source-job/queue.c source-job/batch.c
test_queue.deps  := wire
test_config.src  := tests/source-job/test_config.c source-job/config.c
test_config.deps := wire
test_channel.src := tests/source-job/test_channel.c source-job/channel.c
test_channel.deps := common
test_watermark.src := tests/source-job/test_watermark.c source-job/watermark.c
test_watermark.deps := language
test_spread.src := tests/source-job/test_spread.c source-job/spread.c
test_spread.deps := language wire
test_registry.src := tests/source-job/test_registry.c source-job/registry.c source-job/map.c
test_registry.deps := common
test_registry.pkgs := libxxhash
test_state.src   := tests/source-job/test_state.c source-job/state.c
test_state.deps  := common
test_saved.src   := tests/source-job/test_saved.c source-job/saved_file.c
test_saved.deps  := wire
test_saved.pkgs  := jansson
TESTS += test_outputs test_stager
test_outputs.src := tests/source-job/test_outputs.c source-job/outputs.c
test_outputs.deps := common
test_stager.src  := tests/source-job/test_stager.c source-job/stager.c source-job/batch.c
test_stager.deps := language wire
test_quota.src   := tests/source-job/test_quota.c source-job/quota.c
test_quota.deps  := common
test_quota.pkgs  := libxxhash

# These start the daemon itself, which stands beside them.
SOURCE_JOB_TESTS := test_sj_fanout test_sj_rows test_sj_endings test_sj_agents \
                    test_sj_operators test_sj_hostile test_sj_keys test_sj_stages test_sj_partials test_sj_owner \
                    test_sj_relay test_sj_shared test_sj_workers test_sj_metrics test_sj_costs test_sj_rates test_sj_reload
TESTS += $(SOURCE_JOB_TESTS)
$(foreach t,$(SOURCE_JOB_TESTS),\
  $(eval $(t).src := tests/source-job/$(t).c tests/source-job/harness.c \
                  tests/source-job/harness_daemon.c)\
  $(eval $(t).deps := wire))
test_sj_partials.src  += tests/source-job/folding.c
test_sj_partials.deps := language wire
test_sj_relay.src     += tests/source-job/folding.c
test_sj_relay.deps    := language wire
test_sj_shared.src    += tests/source-job/folding.c
test_sj_shared.deps   := language wire
test_sj_owner.deps    := agent
test_sj_metrics.src   += tests/source-job/prometheus.c
test_sj_costs.src     += tests/source-job/prometheus.c
test_sj_costs.deps    := agent
$(SOURCE_JOB_TESTS:%=$(O)/%): | $(O)/mql-source-job

# On librdkafka's mock cluster.
TESTS += test_sj_kafka
test_sj_kafka.src    := tests/source-job/test_kafka.c source-job/kafka/consumer.c \
                        source-job/kafka/history.c source-job/kafka/history_find.c \
                        source-job/kafka/offsets.c source-job/kafka/offsets_commit.c \
                        source-job/kafka/replay.c source-job/kafka/source.c
test_sj_kafka.deps   := agent kafka
TESTS += test_sj_history
test_sj_history.src  := tests/source-job/test_history.c source-job/kafka/consumer.c \
                        source-job/kafka/history.c source-job/kafka/history_find.c \
                        source-job/kafka/offsets.c source-job/kafka/offsets_commit.c
test_sj_history.deps := kafka
TESTS += test_sj_table
test_sj_table.src    := tests/source-job/test_table.c source-job/kafka/table.c \
                        source-job/kafka/table_reader.c
test_sj_table.deps   := kafka
test_sj_table.pkgs   := rdkafka
