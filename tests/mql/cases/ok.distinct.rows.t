$ mql eval "select distinct a"
< {"a":1}
< {"a":1.0}
< {"a":"1"}
{"a":1}
{"a":"1"}
