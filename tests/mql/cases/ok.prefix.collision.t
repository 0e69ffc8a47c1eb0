$ mql eval "select e[^'a'], b as ab, missing as a"
< {"a":1,"ab":2,"b":3,"\u0061c":4,"ac":5}
< {"z":1}
{"a":1,"\u0061c":4,"ab":3}
{}
