LIBS       += agent
SOLIBS     += mql-agent
agent.src  := agent/agent.c
agent.deps := language wire
agent.pkgs := liburcu-bp
mql-agent.deps := agent
mql-agent.map  := agent/agent.map
