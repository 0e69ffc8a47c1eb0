$ mql explain "select a where ((a == 1) and (b == 2 or (c == 3)))"
query       select a where a == 1 and (b == 2 or c == 3)
streams     every stream
agent       filter, projection of 1 column
source-job  merge of the agents' rows
client      fan-in over the source-jobs, row by row
reads       a, b, c
index       a == 1 (hash), or what proves more selective
cost        at most 7 instructions an event
