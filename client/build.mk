LIBS        += client
SOLIBS      += mql-client
client.src  := client/account.c client/credit.c client/fields.c client/fleet.c client/link.c client/lists.c client/many.c client/merge.c \
               client/replay.c client/request.c client/saved.c client/session.c client/session_tell.c client/summary.c \
               client/summary_write.c client/tail.c
client.deps := language wire
mql-client.deps := client
mql-client.map  := client/client.map
mql-client.api  := client mql error
