LIBS       += event
event.src  := event/built.c event/json_at.c event/json_check.c event/json_fields.c event/json_find.c event/json_members.c \
              event/json_needle.c event/json_number.c event/json_same.c event/json_scan.c event/json_seek_avx2.c event/json_seek_avx512.c \
              event/json_seek_vector.c event/json_seek_word.c event/json_text.c \
              event/json_walk.c event/json_write.c event/path.c event/pathset.c \
              event/layout.c event/policy.c event/policy_write.c \
              event/reader.c event/schema.c event/value.c
event.deps := common
