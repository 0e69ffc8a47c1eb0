# The library is called `language` here because the program is called mql.
LIBS          += language
language.src  := mql/agg_count.c mql/agg_distinct.c mql/agg_exact.c mql/agg_firstlast.c mql/agg_hash.c \
                 mql/agg_list.c mql/agg_minmax.c mql/agg_percentile.c mql/agg_rate.c mql/agg_sum.c mql/agg_tally.c \
                 mql/agg_top.c mql/agg_value.c mql/agg_variance.c mql/agg_wire.c mql/aggregate.c mql/arith.c \
                 mql/ast.c mql/check.c mql/columns.c mql/dis.c mql/emit.c mql/eval.c mql/explain.c \
                 mql/fn_net.c mql/fn_number.c mql/fn_text.c mql/fn_time.c mql/fn_value.c mql/function.c mql/guard.c \
                 mql/hash.c mql/like.c mql/matcher.c mql/mql.c mql/plan.c mql/pool.c mql/prog.c mql/regex.c \
                 mql/row.c mql/runner.c mql/set.c mql/spell.c mql/time.c mql/tree.c mql/verify.c mql/word.c
language.gen  := mql/grammar.c mql/lex.c
language.deps := event
language.pkgs := libpcre2-8

# The generated headers must exist before the files that include them.
$(B)/mql/mql.o $(B)/mql/grammar.o $(B)/mql/lex.o $(B)/mql/word.o: $(B)/mql/grammar.h $(B)/mql/lex.h

# what comes behind the filter
language.src += mql/finish.c mql/group.c mql/held.c mql/key.c mql/key_json.c mql/pane.c mql/reduced.c mql/reference.c \
                mql/results.c mql/stage.c mql/stage_close.c mql/window.c

# groups between processes
language.src += mql/fold.c mql/folder.c mql/gather.c mql/partial.c mql/stage_partial.c

# the front: from text to plan
language.src += mql/check_call.c mql/check_expr.c mql/plan_say.c mql/resolve.c mql/spell_query.c \
                mql/tree_clause.c mql/tree_sample.c

# the back: from tree to program
language.src += mql/emit_shape.c mql/emit_test.c mql/emit_value.c mql/sample.c

# what the source-job and the terminal ask about it
language.src += mql/pace.c

# what is told of an event before it is read
language.src += mql/pretest.c

# many queries at once
language.src += mql/access.c mql/conjunct.c mql/digest.c mql/habit.c mql/hints.c mql/index.c mql/index_build.c mql/index_choose.c \
                mql/matcher_member.c mql/matcher_next.c mql/members.c mql/residual.c
