$ mql eval "select a, b group by b"
< {"a":1,"b":"x"}
< {"a":2,"b":"y"}
< {"a":3,"b":"x"}
{"a":1,"b":"x"}
{"a":2,"b":"y"}
