TESTS += test_account test_lists test_merge
test_account.src  := tests/client/test_account.c
test_account.deps := client
test_lists.src    := tests/client/test_lists.c
test_lists.deps   := client
test_merge.src    := tests/client/test_merge.c
test_merge.deps   := client
