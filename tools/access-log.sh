#!/bin/sh
# access-log.sh - a simulated access log of 2,000 lines as NDJSON, for the demo
# where the real one is not at hand.
awk 'BEGIN {
	srand(7)
	n = split("/ /index.html /feed /images/logo.png /articles/rings.html " \
		"/wp-login.php /favicon.ico /old/page.html", path, " ")
	for (i = 0; i < 2000; i++) {
		p = path[1 + int(rand() * rand() * rand() * n)]
		status = p ~ /wp-login|old/ ? 404 : rand() < 0.01 ? 500 : 200
		printf "{\"clientip\":\"198.51.100.%d\",\"request\":" \
			"{\"verb\":\"GET\",\"path\":\"%s\"},\"response\":%d," \
			"\"bytes\":%d}\n", rand() * 256, p, status,
			status == 200 ? 200 + rand() * 90000 : 209
	}
}'
