$ mql eval "select e[^'a'], n order by n desc"
< {"a":1,"n":1,"ab":"x","b":2}
< {"n":3,"b":2}
< {"an":[1],"n":2,"a":null}
{"n":3}
{"an":[1],"n":2}
{"a":1,"ab":"x","n":1}
