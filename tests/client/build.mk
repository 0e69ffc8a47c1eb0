TESTS += test_account
test_account.src  := tests/client/test_account.c
test_account.deps := client
TESTS += test_summary
test_summary.src  := tests/client/test_summary.c
test_summary.deps := client
