LIBS        += client
SOLIBS      += mql-client
client.src  := client/books.c client/link.c client/request.c client/tail.c
client.deps := language wire
mql-client.deps := client
mql-client.map  := client/client.map
