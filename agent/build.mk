LIBS       += agent
SOLIBS     += mql-agent
agent.src  := agent/agent.c agent/builder.c agent/descriptors.c agent/drain.c \
              agent/fold.c agent/folds.c agent/inbox.c agent/life.c agent/link.c \
              agent/matchers.c agent/publish.c agent/publisher.c agent/report.c \
              agent/ring.c agent/run.c agent/stats.c agent/stream.c \
              agent/teller.c agent/thread.c agent/waker.c
agent.deps := language wire
agent.pkgs := liburcu-bp
mql-agent.deps := agent
mql-agent.map  := agent/agent.map
mql-agent.api  := agent error
