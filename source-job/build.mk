PROGS               += mql-source-job
mql-source-job.src  := source-job/agents.c source-job/at.c source-job/config.c source-job/delivery.c \
                       source-job/drain.c source-job/hello.c source-job/hop.c \
                       source-job/http.c source-job/ingest.c source-job/ledger.c \
                       source-job/loop.c source-job/main.c source-job/map.c \
                       source-job/metrics.c source-job/power.c source-job/queries.c \
                       source-job/queue.c source-job/quota.c source-job/requests.c source-job/run.c source-job/saved.c source-job/saved_file.c \
                       source-job/staged.c source-job/state.c source-job/subscribe.c source-job/subscribers.c \
                       source-job/watermark.c
mql-source-job.deps := language wire
mql-source-job.pkgs := libmicrohttpd libxxhash
