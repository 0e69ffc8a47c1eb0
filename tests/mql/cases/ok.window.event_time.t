$ mql eval "select count(*) as n, min(t) as t window 10s on t"
< {"t":1000}
< {"t":1011}
< {"t":1009}
{"n":2,"t":1000}
{"n":1,"t":1011}
