LIBS       += common
common.src := common/arena.c common/buf.c common/clock.c common/daemon.c common/door.c common/duration.c \
              common/error.c common/listen.c common/loaded.c common/log.c common/notify.c common/options.c \
              common/process.c common/prom.c common/signals.c common/thread.c common/utf8.c
