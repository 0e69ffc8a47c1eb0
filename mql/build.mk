# The library is called `language` here because the program is called mql.
LIBS          += language
language.src  := mql/arith.c mql/ast.c mql/check.c mql/dis.c mql/emit.c mql/eval.c mql/explain.c \
                 mql/like.c mql/matcher.c mql/mql.c mql/plan.c mql/prog.c mql/regex.c mql/row.c \
                 mql/runner.c mql/verify.c
language.gen  := mql/grammar.c mql/lex.c
language.deps := event
language.pkgs := libpcre2-8

# The generated headers must exist before the files that include them.
$(O)/mql/mql.o $(O)/mql/grammar.o $(O)/mql/lex.o: $(O)/mql/grammar.h $(O)/mql/lex.h
