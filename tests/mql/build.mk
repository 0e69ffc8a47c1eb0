# mql/, from the program on
TESTS += test_arith test_set test_like test_regex test_verify test_emit \
         test_eval test_row test_matcher test_guard test_runner test_oom \
         test_differential test_mantis
test_arith.src         := tests/mql/test_arith.c
test_arith.deps        := language
test_set.src           := tests/mql/test_set.c
test_set.deps          := language
test_like.src          := tests/mql/test_like.c
test_like.deps         := language
test_regex.src         := tests/mql/test_regex.c
test_regex.deps        := language
test_verify.src        := tests/mql/test_verify.c
test_verify.deps       := language
test_emit.src          := tests/mql/test_emit.c
test_emit.deps         := language
test_eval.src          := tests/mql/test_eval.c
test_eval.deps         := language
test_row.src           := tests/mql/test_row.c
test_row.deps          := language
test_matcher.src       := tests/mql/test_matcher.c
test_matcher.deps      := language
test_guard.src         := tests/mql/test_guard.c
test_guard.deps        := language
test_runner.src        := tests/mql/test_runner.c
test_runner.deps       := language
test_oom.src           := tests/mql/test_oom.c
test_oom.deps          := language
test_oom.ldlibs        := $(foreach f,malloc calloc realloc,-Wl,--wrap=$(f))
test_differential.src  := tests/mql/test_differential.c
test_differential.deps := language
test_mantis.src        := tests/mql/test_mantis.c
test_mantis.deps       := language
test_mantis.pkgs       := jansson

# mql/, up to the plan
TESTS += test_lex test_parse test_check test_plan
test_lex.src           := tests/mql/test_lex.c
test_lex.deps          := language
test_parse.src         := tests/mql/test_parse.c
test_parse.deps        := language
test_check.src         := tests/mql/test_check.c
test_check.deps        := language
test_plan.src          := tests/mql/test_plan.c
test_plan.deps         := language
test_plan.pkgs         := jansson

# mql/, the aggregates
TESTS += test_aggregate test_aggregate_sketch test_aggregate_merge \
         test_aggregate_hostile test_aggregate_oom
test_aggregate.src          := tests/mql/test_aggregate.c
test_aggregate.deps         := language
test_aggregate_sketch.src   := tests/mql/test_aggregate_sketch.c
test_aggregate_sketch.deps  := language
test_aggregate_merge.src    := tests/mql/test_aggregate_merge.c
test_aggregate_merge.deps   := language
test_aggregate_hostile.src  := tests/mql/test_aggregate_hostile.c
test_aggregate_hostile.deps := language
test_aggregate_oom.src      := tests/mql/test_aggregate_oom.c
test_aggregate_oom.deps     := language
test_aggregate_oom.ldlibs   := $(foreach f,malloc calloc realloc,-Wl,--wrap=$(f))

# mql/, the functions
TESTS += test_function test_function_cases test_time
test_function.src           := tests/mql/test_function.c
test_function.deps          := language
test_function_cases.src     := tests/mql/test_function_cases.c
test_function_cases.deps    := language
test_time.src               := tests/mql/test_time.c
test_time.deps              := language

# mql/, behind the filter
TESTS += test_key test_group test_window test_order test_stage \
         test_stage_time test_results test_fold test_gather
test_fold.src          := tests/mql/test_fold.c
test_fold.deps         := language
test_gather.src        := tests/mql/test_gather.c
test_gather.deps       := language
test_key.src           := tests/mql/test_key.c
test_key.deps          := language
test_group.src         := tests/mql/test_group.c
test_group.deps        := language
test_window.src        := tests/mql/test_window.c
test_window.deps       := language
test_order.src         := tests/mql/test_order.c
test_order.deps        := language
test_stage.src         := tests/mql/test_stage.c
test_stage.deps        := language
test_stage_time.src    := tests/mql/test_stage_time.c
test_stage_time.deps   := language
test_results.src       := tests/mql/test_results.c
test_results.deps      := language

# mql/sample.c
TESTS += test_sample
test_sample.src        := tests/mql/test_sample.c
test_sample.deps       := language
TESTS += test_differential_values
test_differential_values.src  := tests/mql/test_differential_values.c
test_differential_values.deps := language

# mql/pretest.c
TESTS += test_pretest
test_pretest.src       := tests/mql/test_pretest.c
test_pretest.deps      := language

# JSON in, JSON out
TESTS += test_json_conformance
test_json_conformance.src  := tests/mql/test_json_conformance.c
test_json_conformance.deps := language

TESTS += test_matcher_many
test_matcher_many.src   := tests/mql/test_matcher_many.c
test_matcher_many.deps  := language
TESTS += test_matcher_oom
test_matcher_oom.src    := tests/mql/test_matcher_oom.c
test_matcher_oom.deps   := language
test_matcher_oom.ldlibs := $(foreach f,malloc calloc realloc,-Wl,--wrap=$(f))
TESTS += test_digest
test_digest.src         := tests/mql/test_digest.c
test_digest.deps        := language
