$ mql explain "select a as x limit 5 sample 2.5% where b from s, 't u'"
query       select a as x from s, 't u' where b == true sample 2.5% limit 5
streams     s, t u
agent       filter, sample 2.5% of the matches, projection of 1 column
source-job  merge of the agents' rows
            limit of 5
client      fan-in over the source-jobs, row by row
reads       b, a
index       b == true (hash)
cost        at most 3 instructions an event
