LIBS      += wire
wire.src  := wire/books.c wire/dealer.c wire/endpoint.c wire/frame.c wire/heartbeat.c \
             wire/jsonio.c wire/message_agent.c wire/message_subscriber.c wire/router.c \
             wire/rows.c wire/socket.c
wire.deps := common
wire.pkgs := libzmq jansson msgpack
