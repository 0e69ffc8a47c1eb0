$ mql eval "select id, case when ms > 100 then 'slow' when ms > 10 then 'fair' else 'fast' end as speed, if(ok, 1, 0) as ok"
< {"id":1,"ms":250,"ok":true}
< {"id":2,"ms":50}
< {"id":3}
{"id":1,"speed":"slow","ok":1}
{"id":2,"speed":"fair","ok":0}
{"id":3,"speed":"fast","ok":0}
