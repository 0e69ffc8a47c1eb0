PROGS    += mql
mql.src  := cli/main.c
mql.deps := client agent
