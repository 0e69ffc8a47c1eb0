$ mql explain "select e['a']['b'], e['a'], a.b, e['x y'][0].z, @ts"
query       select a['b'], a, a.b, e['x y'][0]['z'], @ts
streams     every stream
agent       no filter, projection of 4 columns
source-job  merge of the agents' rows
client      fan-in over the source-jobs, row by row
reads       a['b'], a, a.b, e['x y'][0]['z'], @ts
index       none: every event is evaluated
cost        at most 7 instructions an event
warning     without `where` every event makes a row
