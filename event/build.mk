LIBS       += event
event.src  := event/built.c event/json_check.c event/json_equal.c event/json_extract.c \
              event/json_walk.c event/json_write.c event/path.c event/pathset.c \
              event/reader.c event/schema.c event/value.c
event.deps := common
