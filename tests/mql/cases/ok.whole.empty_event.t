$ mql eval "select upper('x') as k, *"
< {}
< { }
< {"k":1}
{"k":"X" }
{"k":"X"  }
{"k":"X","k":1}
