$ mql explain "select count(ms > 100) where a == 1"
query       select count(ms > 100) where a == 1
streams     every stream
agent       filter, groups, sent as partials
            select count(ms > 100) where a == 1
source-job  merge of the agents' groups
            aggregates count(ms > 100)
client      fan-in over the source-jobs
            of several each sends groups, those of its agents merged;
            what stands behind them above is then done here, last
reads       a, ms
index       a == 1 (hash)
cost        at most 5 instructions an event
memory      32 MiB of groups at an agent, whose others go as rows
memory      64 MiB of groups at the source-job; what does not fit is counted
warning     count(ms > 100) counts events, whether it is true of them or not: sum(if(.., 1, 0)) counts the true
