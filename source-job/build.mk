PROGS               += mql-source-job
mql-source-job.src  := source-job/main.c
mql-source-job.deps := language wire
mql-source-job.pkgs := libmicrohttpd
