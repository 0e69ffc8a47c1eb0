$ mql eval "select count(*), sum(a), p99(a) where false"
< {"a":1}
{"count(*)":0}
