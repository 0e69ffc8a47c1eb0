$ mql explain "select a where a =~ /.*x/ and b =~ /^x/"
query       select a where a =~ /.*x/ and b =~ /^x/
streams     every stream
agent       filter, projection of 1 column
source-job  merge of the agents' rows
client      fan-in over the source-jobs, row by row
reads       a, b
index       none: every event is evaluated
cost        at most 5 instructions an event
warning     /.*x/ begins with no fixed text, so it is tried at length on every value
