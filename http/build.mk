# The operators' door of daemons.
LIBS      += http
http.src  := http/http.c
http.deps := common
http.pkgs := libmicrohttpd
