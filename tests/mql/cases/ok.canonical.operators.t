$ mql explain "SELECT a WHERE a = 1 && b <> 'x' || !(c is null)"
query       select a where a == 1 and b != 'x' or not c == null
streams     every stream
agent       filter, projection of 1 column
source-job  merge of the agents' rows
client      fan-in over the source-jobs, row by row
reads       a, b, c
index       none: every event is evaluated
cost        at most 8 instructions an event
