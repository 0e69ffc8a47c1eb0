TESTS            += test_lines test_output test_closing
test_closing.src := tests/cli/test_closing.c cli/closing.c cli/text.c
test_closing.deps := language
test_lines.src   := tests/cli/test_lines.c cli/lines.c
test_lines.deps  := common
test_output.src  := tests/cli/test_output.c cli/cmd.c cli/columns.c cli/notes.c \
                    cli/output.c cli/output_csv.c cli/output_json.c cli/output_live.c cli/output_table.c cli/text.c
test_output.deps := language
