TESTS += test_account
test_account.src  := tests/client/test_account.c
test_account.deps := client
