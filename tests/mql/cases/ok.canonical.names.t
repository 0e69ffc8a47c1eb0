$ mql explain "select a as x, max( b ) group by x having e['MAX(b)'] > 1 order by max desc"
query       select a as x, max(b) as 'max( b )' group by x having e['max( b )'] > 1 order by e['max( b )'] desc
streams     every stream
agent       no filter, the fields that are needed
            select a, b, @ts
source-job  merge of the agents' rows
            groups by a
            aggregates max(b)
            having e['max( b )'] > 1
            order by e['max( b )'] desc
client      fan-in over the source-jobs
reads       a, b
index       none yet: every event is evaluated
cost        at most 4 instructions an event
memory      64 MiB of groups at the source-job; what does not fit is counted
warning     without `where` every event makes a row for the source-job
