$ mql explain "select count(ms > 100) where a == 1"
query       select count(ms > 100) where a == 1
streams     every stream
agent       filter, the fields that are needed
            select ms, @ts where a == 1
source-job  merge of the agents' rows
            aggregates count(ms > 100)
client      fan-in over the source-jobs
reads       a, ms
index       none yet: every event is evaluated
cost        at most 5 instructions an event
memory      64 MiB of groups at the source-job; what does not fit is counted
warning     count(ms > 100) counts events, whether it is true of them or not: sum(if(.., 1, 0)) counts the true
