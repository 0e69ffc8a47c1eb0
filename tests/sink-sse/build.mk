TESTS += test_sse_ring test_sse_position test_sse_message test_sse_guard test_sse_hub
test_sse_ring.src      := tests/sink-sse/test_ring.c sink/sse/ring.c sink/sse/batch.c
test_sse_ring.deps     := common
test_sse_ring.pkgs     := zlib
test_sse_position.src  := tests/sink-sse/test_position.c sink/sse/position.c
test_sse_position.deps := common
test_sse_message.src   := tests/sink-sse/test_message.c $(SSE_TESTED)
test_sse_message.deps  := client
test_sse_message.pkgs  := libmicrohttpd zlib
test_sse_guard.src     := tests/sink-sse/test_guard.c $(SSE_TESTED)
test_sse_guard.deps    := client
test_sse_guard.pkgs    := libmicrohttpd zlib
test_sse_hub.src       := tests/sink-sse/test_hub.c $(SSE_TESTED)
test_sse_hub.deps      := client
test_sse_hub.pkgs      := libmicrohttpd zlib
test_sse_hub.ldlibs    := -Wl,--wrap=thread_start
