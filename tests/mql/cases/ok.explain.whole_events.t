$ mql explain "select *"
query       select *
streams     every stream
agent       no filter, whole events
source-job  merge of the agents' rows
client      fan-in over the source-jobs, row by row
reads       the whole event for each row
index       none: every event is evaluated
cost        at most 2 instructions an event
warning     without `where` every event makes a row
warning     `select *` sends whole events: name the fields that you need
