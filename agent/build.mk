LIBS       += agent
SOLIBS     += mql-agent
agent.src  := agent/agent.c agent/budget.c agent/budget_look.c agent/cap.c agent/suspects.c agent/builder.c agent/choose.c agent/descriptors.c agent/drain.c \
              agent/fold.c agent/folds.c agent/health.c agent/inbox.c agent/labels.c \
              agent/keys.c agent/life.c agent/link.c \
              agent/matchers.c agent/owner.c agent/parting.c agent/publish.c agent/publisher.c agent/report.c \
              agent/ring.c agent/route.c agent/run.c agent/stats.c agent/stream.c \
              agent/teller.c agent/thread.c agent/waker.c
agent.deps := language wire
agent.pkgs := liburcu-bp
mql-agent.deps := agent
mql-agent.map  := agent/agent.map
mql-agent.api  := agent error
