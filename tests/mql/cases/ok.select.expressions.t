$ mql eval "select ms / 1000 as s, lower(c), ms > 100 as slow, 'x', 45"
< {"ms":250,"c":"BR"}
< {"ms":50}
{"s":0.25,"lower(c)":"br","slow":true,"x":"x","45":45}
{"s":0.05,"slow":false,"x":"x","45":45}
