# One make process builds the whole tree: each folder lists its files in
# build.mk, every output goes to build/$(BUILD), nothing is written elsewhere.
#
#   make               optimised build       make check    all tests
#   make demo          watch it work         make lint     style and layering
#   make bench         figures               make fuzz     ten seconds a fuzzer
#   make bench-instr   instructions per publish, by callgrind
#   make bench-sse     rows to ten thousand viewers; bench-sse-long: for 10 min
#   make check-page    the page in a real browser
#   make bench-fleet   ten thousand agents
#   make soak          an hour of everything: does anything grow?
#   make check-kafka   sink and source on a real broker; bench-kafka, demo-kafka
#   make BUILD=asan    a second tree         make install prefix=/usr DESTDIR=
#   make deps          Debian packages       make dist     a tarball of HEAD
#   BUILD is one of: release debug asan tsan cov fuzz
#   OUT is where the trees go (default build), WERROR=1 makes warnings errors,
#   V=1 shows the commands

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

NAME    := mql
VERSION := 0.1.0
SOVER   := 0

BUILD      ?= release
OUT        ?= build
FLEX       ?= flex
BISON      ?= bison
PKG_CONFIG ?= pkg-config
prefix     ?= /usr/local
bindir     ?= $(prefix)/bin
libdir     ?= $(prefix)/lib
includedir ?= $(prefix)/include
mandir     ?= $(prefix)/share/man
unitdir    ?= $(prefix)/lib/systemd/system

O := $(OUT)/$(BUILD)
B := $(O)/obj# objects and generated code; what we make of them is in $(O)

opt.release := -O2 -g -DNDEBUG -D_FORTIFY_SOURCE=2 -fstack-protector-strong
opt.debug   := -Og -g3
opt.asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
opt.tsan    := -O1 -g -fsanitize=thread
opt.cov     := -O0 -g --coverage
opt.fuzz    := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
$(if $(opt.$(BUILD)),,$(error BUILD=$(BUILD): no such build))

# WERROR is for us and for CI; a release tarball must not break on a new compiler.
WERROR ?=
WARN   := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wundef -Wvla -Wformat=2 \
          -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
          -Wcast-qual -Wwrite-strings -Wpointer-arith -Wdouble-promotion \
          -Wimplicit-fallthrough -Wswitch-enum $(if $(WERROR),-Werror)
ifneq ($(findstring clang,$(CC)),)
WARN   += -Wno-double-promotion# it means every NAN and INFINITY; gcc does not
endif
BASE   := -std=c17 -D_GNU_SOURCE -D_LGPL_SOURCE -DMQL_VERSION='"$(VERSION)"' \
          -I. -Iinclude -I$(B) \
          -fPIC -fvisibility=hidden -fno-common $(opt.$(BUILD))

# --- what to build: filled in by the folders --------------------------------
# LIBS   static libraries    name.src   hand-written files   name.deps  our libraries
# SOLIBS installed ones       name.gen   flex and bison files name.pkgs  foreign ones
# PROGS, TESTS, FUZZERS, BENCHES  programs, linked statically against name.deps;
#                             name.pkgs of every library they use are added
# SOLIBS also: name.map the exported symbols, with name.pc.in beside it for
#                             pkg-config; name.api the headers it implements
LIBS :=
SOLIBS :=
PROGS :=
TESTS :=
FUZZERS :=
BENCHES :=
SIMULATOR :=
INSTR :=
include $(sort $(wildcard */build.mk sink/*/build.mk))

ALLPKGS := $(sort $(foreach l,$(LIBS) $(SOLIBS) $(PROGS),$($(l).pkgs)))
PKGFLAGS := $(if $(ALLPKGS),$(shell $(PKG_CONFIG) --cflags $(ALLPKGS) check 2>/dev/null))

# A library carries the objects of the libraries it needs: what we install
# stands alone, and libcommon never becomes somebody's public dependency.
own   = $(addprefix $(B)/,$(addsuffix .o,$(basename $($(1).src) $($(1).gen))))
deps  = $(sort $($(1).deps) $(foreach d,$($(1).deps),$(call deps,$(d))))
obj   = $(call own,$(1)) $(foreach d,$(call deps,$(1)),$(call own,$(d)))
pkgs  = $(sort $($(1).pkgs) $(foreach d,$(call deps,$(1)),$($(d).pkgs)))
flibs = $(if $(call pkgs,$(1)),$(shell $(PKG_CONFIG) --libs $(call pkgs,$(1)) 2>/dev/null)) $($(1).ldlibs) -lm -lpthread

# V=1 shows the commands, else what they make.
Q    := $(if $(V),,@)
show  = $(if $(V),,@echo '  $(1)	$(2)')

# --- compile ----------------------------------------------------------------
$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call show,CC,$<)
	$(Q)$(CC) $(BASE) $(WARN) $(PKGFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/%.o: %.cc                # only peers in bench/ are C++
	@mkdir -p $(@D)
	$(call show,CXX,$<)
	$(Q)$(CXX) -std=c++17 -I. $(opt.$(BUILD)) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(B)/%.o: $(B)/%.c            # generated code: our warnings do not apply to it
	$(call show,CC,$<)
	$(Q)$(CC) $(BASE) -w $(PKGFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(B)/%.c $(B)/%.h &: %.y
	@mkdir -p $(@D)
	$(call show,BISON,$<)
	$(Q)$(BISON) -Wall -Wcounterexamples -Werror --defines=$(B)/$*.h -o $(B)/$*.c $<

$(B)/%.c $(B)/%.h &: %.l
	@mkdir -p $(@D)
	$(call show,FLEX,$<)
	$(Q)$(FLEX) --header-file=$(B)/$*.h -o $(B)/$*.c $<

$(B)/%.h.o: %.h               # a header must stand alone: see lint
	@mkdir -p $(@D)
	@$(CC) $(BASE) $(WARN) -Werror -Wno-pedantic $(PKGFLAGS) $(CPPFLAGS) \
	  $(CFLAGS) -MMD -MP -x c -c -o $@ $<

# --- link -------------------------------------------------------------------
define lib_rule
$(O)/lib$(1).a: $(call own,$(1))
	@rm -f $$@
	$$(call show,AR,$$@)
	$$(Q)$$(AR) rcs $$@ $$^
endef
define so_rule
$(O)/lib$(1).so.$(VERSION): $(call obj,$(1)) $($(1).map)
	$$(call show,LD,$$@)
	$$(Q)$$(CC) -shared $$(BASE) $$(LDFLAGS) $$(DEFS) -Wl,-soname,lib$(1).so.$(SOVER) \
	  -Wl,--version-script,$($(1).map) -o $$@ $$(filter %.o,$$^) $$(call flibs,$(1))

# The installed archive is one object that shows what the shared library does
# and nothing else. Both archives have mql_strerror(): either will do.
$(O)/lib$(1).a: $(call obj,$(1)) $($(1).map)
	@rm -f $$@
	$$(call show,AR,$$@)
	$$(Q)$$(LD) -r -o $(B)/$(1).o $$(filter %.o,$$^)
	$$(Q)sed -n 's/^[ \t]*\(mql_[a-z_]*\);.*/\1/p' $($(1).map) > $(B)/$(1).sym
	$$(Q)objcopy --keep-global-symbols=$(B)/$(1).sym \
	  --weaken-symbol=mql_strerror $(B)/$(1).o
	$$(Q)$$(AR) rcs $$@ $(B)/$(1).o
endef
define prog_rule
$(O)/$(1): $(call obj,$(1))
	@mkdir -p $$(@D)
	$$(call show,LD,$$@)
	$$(Q)$$(CC) $$(BASE) $$(LDFLAGS) $(2) -o $$@ $$(filter %.o,$$^) $$(call flibs,$(1)) $(3)
endef
DEFS := $(if $(filter asan tsan fuzz,$(BUILD)),,-Wl,-z,defs)
TESTLIBS = $(shell $(PKG_CONFIG) --libs check 2>/dev/null)
$(foreach l,$(LIBS),$(eval $(call lib_rule,$(l))))
$(foreach l,$(SOLIBS),$(eval $(call so_rule,$(l))))
$(foreach p,$(PROGS) $(BENCHES) $(INSTR) $(BENCH_SSE) $(BENCH_FLEET) $(BENCH_KAFKA) $(SIMULATOR),$(eval $(call prog_rule,$(p),,)))
$(foreach p,$(TESTS),$(eval $(call prog_rule,$(p),,$$(TESTLIBS))))
$(foreach p,$(FUZZERS),$(eval $(call prog_rule,$(p),-fsanitize=fuzzer,)))

INSTALLED := $(SOLIBS:%=$(O)/lib%.so.$(VERSION)) $(SOLIBS:%=$(O)/lib%.a) \
             $(PROGS:%=$(O)/%)

all: $(INSTALLED)
tests: $(TESTS:%=$(O)/%) $(SIMULATOR:%=$(O)/%)
fuzzers: $(FUZZERS:%=$(O)/%)
benches: $(foreach b,$(BENCHES) $(INSTR) $(BENCH_SSE) $(BENCH_FLEET) $(BENCH_KAFKA),$(O)/$(b))

# --- the commands of the README ----------------------------------------------
# They install what they need first. pkg-config can answer only after that, so
# the work itself is a second make, as parallel as the machine.
JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

check lint fuzz bench demo: deps
	+@$(MAKE) --no-print-directory $(JOBS) $@-now

deps:
	@tools/deps.sh

# --- check: one line a test for tools/run-tests.sh, the long ones first --------
define newline


endef
FUZZ_SECONDS ?= 10
SCRIPTS   := $(filter-out %/lib.sh,$(sort $(wildcard tests/e2e/*.sh tests/cli/*.sh)))
SANITIZED := $(filter asan tsan,$(BUILD))
line       = $(1)$(newline)

CHECKS = \
  $(foreach t,$(SLOWEST),$(call line,$(t) $(O)/$(t))) \
  $(foreach s,$(SCRIPTS),$(call line,$(s:tests/%.sh=%) $(s) $(O))) \
  $(foreach t,$(filter-out $(SLOWEST),$(TESTS)),$(call line,$(t) $(O)/$(t))) \
  $(foreach t,$(ALONE),$(call line,$(t)-alone env MQL_WORKERS=1 $(if $(filter e2e/%,$(t)),tests/$(t).sh $(O),$(O)/$(t)))) \
  $(call line,golden tests/golden.sh $(O)/mql tests/mql/cases) \
  $(call line,manual tests/mql/examples.sh $(O)/mql docs/mql.md docs/man/mql.7) \
  $(if $(SANITIZED),,$(call line,install tests/install.sh $(O))) \
  $(if $(SANITIZED),,$(call line,exports tools/exports.sh $(O) $(EXPORTS))) \
  $(call line,man mandoc -Tlint -Wwarning $(wildcard docs/man/*.[1-8])) \
  $(if $(SANITIZED),,$(FUZZ_LINES))
# These begin first: all are over when the last of them is.
SLOWEST = test_sj_kafka test_sj_partials test_agent_move test_agent_budget test_agent_oom
# A source-job has four threads in the tests, and one in these once more.
ALONE = e2e/chaos e2e/exact e2e/restart e2e/slow test_sj_agents test_sj_endings test_sj_fanout test_sj_operators test_sj_rows
EXPORTS = $(foreach l,$(SOLIBS),lib$(l) $($(l).map) $($(l).api:%=include/mql/%.h))
FUZZ_LINES = $(foreach f,$(FUZZERS),$(call line,$(f) tools/fuzz.sh $(OUT)/fuzz $(f) $(call fuzz_seconds,$(f))))
# Beside the tests a fuzzer has three seconds, or ten at a door that everybody
# knocks at; `make fuzz` gives each FUZZ_SECONDS.
DOORS = fuzz_query fuzz_json fuzz_program fuzz_frame
fuzz_seconds = $(if $(filter check-now,$(MAKECMDGOALS)),$(if $(filter $(DOORS),$1),10,3),$(FUZZ_SECONDS))

# libzmq is not built for ThreadSanitizer, so what goes from thread to thread
# inside it would look like a race.
check-now: all tests $(if $(SANITIZED),,stage fuzzers-built)
	$(file >$(O)/checks,$(CHECKS))
	@MQL_WORKERS=4 TSAN_OPTIONS="ignore_noninstrumented_modules=1 suppressions=$(CURDIR)/tools/tsan.supp" \
	  tools/run-tests.sh $(O)/log < $(O)/checks

fuzz-now: fuzzers-built
	$(file >$(OUT)/fuzz/checks,$(FUZZ_LINES))
	@tools/run-tests.sh $(OUT)/fuzz/log < $(OUT)/fuzz/checks

fuzzers-built:
	+@$(MAKE) --no-print-directory BUILD=fuzz CC=clang fuzzers

# --- lint, bench, demo ----------------------------------------------------------
HEADERS := $(filter-out $(OUT)/%,$(wildcard */*.h */*/*.h))

lint-now: $(HEADERS:%=$(B)/%.o) $(INSTALLED)
	@tools/layers.sh
	@tools/style.sh
	@tools/exports.sh $(O) $(EXPORTS)

bench-now: all $(BENCHES:%=$(O)/%)
	@tools/bench.sh $(O) $(OUT)/bench.json $(BENCHES)

bench-sse: all $(O)/bench_sse
	@tools/bench.sh $(O) $(OUT)/bench-sse.json bench_sse

bench-sse-long: all $(O)/bench_sse_long
	@tools/bench.sh $(O) $(OUT)/bench-sse-long.json bench_sse_long

bench-fleet: all $(O)/$(BENCH_FLEET)
	@tools/bench.sh $(O) $(OUT)/bench-fleet.json $(BENCH_FLEET)

# SOAK_SECONDS: an hour unless given. The samples stay.
SOAK_SECONDS ?= 3600
soak: all tests
	@tests/soak/soak.sh $(O) $(OUT)/soak.tsv $(SOAK_SECONDS)

bench-kafka: all tests $(O)/$(BENCH_KAFKA)
	@tests/kafka/with-broker.sh $(O) tools/bench.sh $(O) $(OUT)/bench-kafka.json \
		$(BENCH_KAFKA) tests/kafka/bench-source.sh

demo-kafka: all tests examples
	@tests/kafka/with-broker.sh $(O) tools/demo-kafka.sh $(O)

bench-instr: all $(INSTR:%=$(O)/%) $(O)/bench_change
	@tools/instr.sh $(O) $(O)/$(INSTR)

demo-now: all examples
	@tools/demo.sh $(O)

# --- install -----------------------------------------------------------------
install: all
	install -d $(addprefix $(DESTDIR),$(bindir) $(libdir)/pkgconfig $(unitdir) \
	  $(includedir)/mql $(foreach n,1 3 7 8,$(mandir)/man$(n)))
	install -m 755 $(PROGS:%=$(O)/%) $(DESTDIR)$(bindir)
	install -m 644 include/mql/*.h $(DESTDIR)$(includedir)/mql
	$(foreach m,$(wildcard docs/man/*.[1378]),\
	  install -m 644 $(m) $(DESTDIR)$(mandir)/man$(subst .,,$(suffix $(m)))$(newline)	)
	$(foreach l,$(SOLIBS),\
	  install -m 755 $(O)/lib$(l).so.$(VERSION) $(DESTDIR)$(libdir)$(newline)	\
	  install -m 644 $(O)/lib$(l).a $(DESTDIR)$(libdir)$(newline)	\
	  ln -sf lib$(l).so.$(VERSION) $(DESTDIR)$(libdir)/lib$(l).so.$(SOVER)$(newline)	\
	  ln -sf lib$(l).so.$(SOVER) $(DESTDIR)$(libdir)/lib$(l).so$(newline)	\
	  $(call fill,$(dir $($(l).map))$(l).pc.in,$(libdir)/pkgconfig/$(l).pc,$(call flibs,$(l)))$(newline)	)
	$(foreach u,$(wildcard packaging/*.service.in),\
	  $(call fill,$(u),$(unitdir)/$(notdir $(u:.in=)))$(newline)	)

fill = sed -e 's|@prefix@|$(prefix)|; s|@bindir@|$(bindir)|; s|@libdir@|$(libdir)|' \
  -e 's|@includedir@|$(includedir)|; s|@version@|$(VERSION)|; s|@libs@|$(3)|' \
  $(1) > $(DESTDIR)$(2)

# What a user of the installed libraries sees, without touching the system.
STAGE := $(abspath $(O))/stage
stage: $(O)/stage/.done
$(O)/stage/.done: $(INSTALLED) $(wildcard include/mql/*.h */*.in docs/man/*)
	@$(MAKE) --no-print-directory install prefix=$(STAGE) DESTDIR= > /dev/null
	@touch $@

examples: stage
	@PKG_CONFIG_PATH=$(STAGE)/lib/pkgconfig $(MAKE) --no-print-directory \
	  $(if $(V),,-s) -C examples OUT=$(abspath $(O))/examples

dist:
	@mkdir -p $(OUT)
	git archive --prefix=$(NAME)-$(VERSION)/ -o $(OUT)/$(NAME)-$(VERSION).tar.gz HEAD

clean:
	rm -rf $(OUT)

.PHONY: all tests fuzzers benches check lint fuzz bench bench-instr bench-sse \
        bench-sse-long bench-fleet bench-kafka soak demo demo-kafka deps install stage \
        examples dist clean fuzzers-built $(foreach t,check lint fuzz bench demo,$(t)-now)
-include $(shell find $(O) -name '*.d' 2>/dev/null)
