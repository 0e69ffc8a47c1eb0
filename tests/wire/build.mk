TESTS += test_books test_frame test_message test_golden test_rows test_socket \
         test_hostile test_partials
test_books.src    := tests/wire/test_books.c
test_books.deps   := wire
test_frame.src    := tests/wire/test_frame.c
test_frame.deps   := wire
test_message.src  := tests/wire/test_message.c
test_message.deps := wire
test_golden.src   := tests/wire/test_golden.c tests/wire/any.c tests/wire/sample.c
test_golden.deps  := wire
test_rows.src     := tests/wire/test_rows.c
test_rows.deps    := wire
test_socket.src   := tests/wire/test_socket.c
test_socket.deps  := wire
test_hostile.src  := tests/wire/test_hostile.c
test_hostile.deps := wire
test_partials.src  := tests/wire/test_partials.c
test_partials.deps := wire
