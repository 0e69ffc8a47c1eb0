LIBS       += common
common.src := common/arena.c common/buf.c common/clock.c common/duration.c \
              common/error.c common/log.c common/options.c
