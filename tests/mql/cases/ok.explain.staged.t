$ mql explain "select request_id, count(*), p99(ms) from requests where status >= 500 group by request_id window 1m on ts grace 5s limit 10"
query       select request_id, count(*), p99(ms) from requests where status >= 500 group by request_id window 1m on ts grace 5s limit 10
streams     requests
agent       filter, the fields that are needed
            select request_id, ms, ts, @ts from requests where status >= 500
source-job  merge of the agents' rows
            windows of 1m, by the time ts, held open for 5s
            groups by request_id
            aggregates count(*), p99(ms)
            limit of 10 in each window
client      fan-in over the source-jobs
reads       status, ts, request_id, ms
index       none yet: every event is evaluated
cost        at most 5 instructions an event
memory      64 MiB of groups at the source-job; what does not fit is counted
warning     request_id looks as if each event had its own: groups beyond the memory bound are counted and left out
