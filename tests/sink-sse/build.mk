# The files of the daemon but main.c are tested together, without HTTP.
TESTS += test_sse_ring test_sse_position test_sse_message test_sse_guard
SSE_TESTED := $(filter-out sink/sse/main.c sink/sse/http.c sink/sse/api.c sink/sse/page.c sink/sse/metrics.c,$(SSE:%=sink/sse/%.c))
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
