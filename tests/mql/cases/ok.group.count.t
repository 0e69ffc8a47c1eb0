$ mql eval "select node, count(*), max(ms), sum(ms) / count(*) as mean group by node order by count desc"
< {"node":"a","ms":1}
< {"node":"b","ms":2}
< {"node":"b","ms":4}
{"node":"b","count(*)":2,"max(ms)":4,"mean":3}
{"node":"a","count(*)":1,"max(ms)":1,"mean":1}
