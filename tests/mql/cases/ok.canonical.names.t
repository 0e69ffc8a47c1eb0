$ mql explain "select a as x, max( b ) group by x having e['MAX(b)'] > 1 order by max desc"
query       select a as x, max(b) as 'max( b )' group by x having e['max( b )'] > 1 order by e['max( b )'] desc
streams     every stream
agent       no filter, groups, sent as partials
            select max(b) group by a
source-job  merge of the agents' groups
            groups by a
            aggregates max(b)
            having e['max( b )'] > 1
            order by e['max( b )'] desc
client      fan-in over the source-jobs
            of several each sends groups, those of its agents merged;
            what stands behind them above is then done here, last
reads       a, b
index       none: every event is evaluated
cost        at most 4 instructions an event
memory      32 MiB of groups at an agent, whose others go as rows
memory      64 MiB of groups at the source-job; what does not fit is counted
