PROGS             += mql-sink-sse
SSE               := api batch config guard http hub main message meta metrics page params position \
                     reply ring stream sub viewer
# What its tests link: all but what needs a running libmicrohttpd.
SSE_TESTED        := $(patsubst %,sink/sse/%.c,$(filter-out main http api page metrics stream,$(SSE)))
mql-sink-sse.src  := $(SSE:%=sink/sse/%.c)
mql-sink-sse.gen  := sink/sse/page_files.c
mql-sink-sse.deps := client
mql-sink-sse.pkgs := libmicrohttpd zlib

# The page: built in $(OUT) by esbuild from sink/sse/web/, or with WEB=0, or
# where there is no node, a plain one. No file of it is read at run time.
PAGE     := sink/sse/web
WEB      ?= $(if $(and $(wildcard $(PAGE)/package.json),$(shell command -v npm)),1,0)
PAGE_IN  := $(if $(filter 0,$(WEB)),sink/sse/plain,$(OUT)/web/dist)
PAGE_SRC := $(if $(filter 0,$(WEB)),,$(filter-out %/node_modules,$(wildcard $(PAGE)/* $(PAGE)/src/* $(PAGE)/test/*)))

$(OUT)/web/.done: $(PAGE_SRC)
	$(call show,NPM,$(PAGE))
	@mkdir -p $(OUT)/web
	$(Q)tar -C $(PAGE) --exclude=node_modules --exclude=dist -cf - . | tar -C $(OUT)/web -xf -
	$(Q)cd $(OUT)/web && { npm ci --silent && npm run --silent build; } || \
	  { echo "the page does not build; make WEB=0 does without it" >&2; exit 1; }
	@touch $@

$(B)/sink/sse/page_files.c: tools/embed.sh $(B)/sink/sse/web-$(WEB) \
                            $(if $(filter 0,$(WEB)),$(wildcard sink/sse/plain/*),$(OUT)/web/.done)
	$(call show,EMBED,$(PAGE_IN))
	$(Q)tools/embed.sh $(PAGE_IN) > $@

$(B)/sink/sse/web-$(WEB): # another WEB is another page
	@mkdir -p $(@D)
	@rm -f $(@D)/web-[01]
	@touch $@

# The page's own tests: its logic under node, then in a real browser.
.PHONY: check-page check-page-now
check-page: deps
	@tools/deps.sh browser
	+@$(MAKE) --no-print-directory $(JOBS) $@-now

check-page-now: all
	$(if $(filter 0,$(WEB)),,@cd $(OUT)/web && npm test --silent)
	@tests/browser/run.sh $(O)
