$ mql eval -o table "select a, count(*) as n group by a window 10s on t"
< {"a":"x","t":1700000001}
< {"a":"x","t":1700000012}
< {"a":"y","t":1700000003}
2023-11-14 22:13:20 UTC, 10s: 2 events
a  n
x  1
y  1

2023-11-14 22:13:30 UTC, 10s: 1 event
a  n
x  1
