LIBS      += wire
wire.src  := wire/allowed.c wire/books.c wire/cert.c wire/dealer.c wire/discovery.c wire/endpoint.c \
             wire/endpoints.c wire/fields_decode.c \
             wire/fields_encode.c wire/frame.c wire/heartbeat.c wire/keys.c wire/links.c wire/message.c \
             wire/pack.c wire/partials.c wire/rendezvous.c wire/router.c wire/rows_reader.c \
             wire/rows_writer.c wire/share.c wire/socket.c wire/text.c wire/zap.c
wire.deps := event common
wire.pkgs := libzmq msgpack
