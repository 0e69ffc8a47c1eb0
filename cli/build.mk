PROGS    += mql
mql.src  := cli/ask.c cli/closing.c cli/cmd.c cli/columns.c cli/eval.c cli/eval_threads.c cli/explain.c cli/fields.c cli/fmt.c cli/functions.c cli/help.c cli/history.c cli/input.c \
            cli/keygen.c cli/kill.c cli/lines.c cli/list.c cli/main.c cli/notes.c cli/output.c cli/output_csv.c \
            cli/output_json.c cli/output_live.c cli/order.c cli/output_table.c cli/parts.c cli/save.c cli/stop.c cli/switch.c cli/tail.c cli/tap.c cli/text.c
mql.deps := client agent
