$ mql eval "select a order by a"
< {"a":"x"}
< {"a":2}
< {}
< {"a":10}
{}
{"a":2}
{"a":10}
{"a":"x"}
