PROGS               += mql-source-job
mql-source-job.src  := source-job/agent_messages.c source-job/agents.c source-job/at.c \
                       source-job/batch.c source-job/channel.c source-job/clocks.c source-job/config.c \
                       source-job/credit.c source-job/crew.c source-job/delivery.c source-job/drain.c \
                       source-job/handed.c source-job/hello.c \
                       source-job/hop.c source-job/ingest.c \
                       source-job/kafka/consumer.c source-job/kafka/history.c source-job/kafka/history_find.c \
                       source-job/kafka/offsets.c source-job/kafka/offsets_commit.c source-job/kafka/replay.c \
                       source-job/kafka/source.c \
                       source-job/kafka/table.c source-job/kafka/table_reader.c \
                       source-job/latency.c source-job/ledger.c source-job/lists.c source-job/loop.c \
                       source-job/main.c source-job/map.c source-job/merge.c \
                       source-job/metrics.c source-job/moving.c source-job/notes.c source-job/outputs.c source-job/own.c \
                       source-job/part.c source-job/part_say.c source-job/part_set.c \
                       source-job/rate.c source-job/rates.c \
                       source-job/power.c source-job/queries.c source-job/queue.c source-job/quota.c \
                       source-job/registry.c source-job/relay.c source-job/reload.c source-job/replays.c \
                       source-job/requests.c source-job/run.c \
                       source-job/saved.c source-job/saved_file.c source-job/saved_topic.c source-job/secrets.c source-job/state.c \
                       source-job/spread.c source-job/staged.c source-job/stager.c source-job/subscribe.c source-job/subscribers.c \
                       source-job/threads.c source-job/watermark.c source-job/worker.c
mql-source-job.deps := language wire http kafka
mql-source-job.pkgs := libxxhash jansson
# As a service has it: the names of its own files are not ours.
mql-source-job.ldlibs = $(O)/libmql-agent.a $(shell $(PKG_CONFIG) --libs liburcu-bp)
$(O)/mql-source-job: $(O)/libmql-agent.a
