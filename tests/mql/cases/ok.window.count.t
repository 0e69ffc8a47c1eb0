$ mql eval "select max(n) window |2|"
< {"n":1}
< {"n":5}
< {"n":3}
{"max(n)":5}
{"max(n)":3}
