$ mql explain "select request_id, count(*), p99(ms) from requests where status >= 500 group by request_id window 1m on ts grace 5s limit 10"
query       select request_id, count(*), p99(ms) from requests where status >= 500 group by request_id window 1m on ts grace 5s limit 10
streams     requests
agent       filter, groups, sent as partials
            select count(*), p99(ms) from requests where status >= 500 group by request_id window 1m on ts grace 5s
source-job  merge of the agents' groups
            windows of 1m, by the time ts, held open for 5s
            groups by request_id
            aggregates count(*), p99(ms)
            limit of 10 in each window
client      fan-in over the source-jobs
            of several each sends groups, those of its agents merged;
            what stands behind them above is then done here, last
reads       status, ts, request_id, ms
index       status >= 500 (range)
cost        at most 5 instructions an event
memory      32 MiB of groups at an agent, whose others go as rows
memory      64 MiB of groups at the source-job; what does not fit is counted
warning     request_id looks as if each event had its own: groups beyond the memory bound are counted and left out
