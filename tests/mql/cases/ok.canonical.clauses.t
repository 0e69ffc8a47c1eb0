$ mql explain "select node, Count(*) as n, a limit 5 order by n desc having n > 1 window 60 10 group by node where b sample 10/s at @zone == 'b'"
query       select node, count(*) as n, first(a) as a where b == true group by node window 1m every 10s having n > 1 order by n desc sample 10/s limit 5 at zone == 'b'
streams     every stream
agents      zone == 'b'
agent       filter, at most 10 matches a second, groups, sent as partials
            select count(*), first(a) where b == true group by node window 1m every 10s sample 10/s at zone == 'b'
source-job  merge of the agents' groups
            windows of 1m every 10s, by the time @ts
            groups by node
            aggregates count(*), first(a)
            having n > 1
            order by n desc
            limit of 5 in each window
client      fan-in over the source-jobs
            of several each sends groups, those of its agents merged;
            what stands behind them above is then done here, last
reads       b, node, a
index       b == true (hash)
cost        at most 4 instructions an event
memory      32 MiB of groups at an agent, whose others go as rows
memory      64 MiB of groups at the source-job; what does not fit is counted
