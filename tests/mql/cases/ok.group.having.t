$ mql eval "select lower(node) as n, count(*) group by n having e['COUNT(*)'] > 1"
< {"node":"A"}
< {"node":"a"}
< {"node":"b"}
{"n":"a","count(*)":2}
