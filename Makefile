# One make process builds the whole tree: each folder lists its files in
# build.mk, every output goes to build/$(BUILD), nothing is written elsewhere.
#
#   make               optimised build       make check    all tests
#   make demo          watch it work         make lint     style and layering
#   make bench         figures               make fuzz     ten seconds a fuzzer
#   make BUILD=asan    a second tree         make install prefix=/usr DESTDIR=
#   BUILD is one of: release debug asan tsan cov fuzz
#   OUT is where the trees go (default build)

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

O := $(OUT)/$(BUILD)

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
BASE   := -std=c17 -D_GNU_SOURCE -D_LGPL_SOURCE -DMQL_VERSION='"$(VERSION)"' \
          -I. -Iinclude -I$(O) \
          -fPIC -fvisibility=hidden -fno-common $(opt.$(BUILD))

# --- what to build: filled in by the folders --------------------------------
# LIBS   static libraries    name.src   hand-written files   name.deps  our libraries
# SOLIBS installed ones       name.gen   flex and bison files name.pkgs  foreign ones
# PROGS, TESTS, FUZZERS, BENCHES  programs, linked statically against name.deps;
#                             name.pkgs of every library they use are added
LIBS :=
SOLIBS :=
PROGS :=
TESTS :=
FUZZERS :=
BENCHES :=
include $(sort $(wildcard */build.mk))

ALLPKGS := $(sort $(foreach l,$(LIBS) $(SOLIBS) $(PROGS),$($(l).pkgs)))
PKGFLAGS := $(if $(ALLPKGS),$(shell $(PKG_CONFIG) --cflags $(ALLPKGS) check 2>/dev/null))

# A library carries the objects of the libraries it needs: what we install
# stands alone, and libcommon never becomes somebody's public dependency.
own   = $(patsubst %.c,$(O)/%.o,$($(1).src) $($(1).gen))
deps  = $(sort $($(1).deps) $(foreach d,$($(1).deps),$(call deps,$(d))))
obj   = $(call own,$(1)) $(foreach d,$(call deps,$(1)),$(call own,$(d)))
pkgs  = $(sort $($(1).pkgs) $(foreach d,$(call deps,$(1)),$($(d).pkgs)))
flibs = $(if $(call pkgs,$(1)),$(shell $(PKG_CONFIG) --libs $(call pkgs,$(1)) 2>/dev/null)) $($(1).ldlibs) -lm -lpthread

# --- compile ----------------------------------------------------------------
$(O)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(BASE) $(WARN) $(PKGFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/%.o: $(O)/%.c            # generated code: our warnings do not apply to it
	$(CC) $(BASE) -w $(PKGFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/%.c $(O)/%.h &: %.y
	@mkdir -p $(@D)
	$(BISON) -Wall -Wcounterexamples -Werror --defines=$(O)/$*.h -o $(O)/$*.c $<

$(O)/%.c $(O)/%.h &: %.l
	@mkdir -p $(@D)
	$(FLEX) --header-file=$(O)/$*.h -o $(O)/$*.c $<

# --- link -------------------------------------------------------------------
define lib_rule
$(O)/lib$(1).a: $(call own,$(1))
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
define so_rule
$(O)/lib$(1).so.$(VERSION): $(call obj,$(1)) $($(1).map)
	$$(CC) -shared $$(BASE) $$(LDFLAGS) $$(DEFS) -Wl,-soname,lib$(1).so.$(SOVER) \
	  -Wl,--version-script,$($(1).map) -o $$@ $$(filter %.o,$$^) $(call flibs,$(1))
endef
define prog_rule
$(O)/$(1): $(call obj,$(1))
	@mkdir -p $$(@D)
	$$(CC) $$(BASE) $$(LDFLAGS) $(2) -o $$@ $$(filter %.o,$$^) $(call flibs,$(1)) $(3)
endef
DEFS := $(if $(filter asan tsan fuzz,$(BUILD)),,-Wl,-z,defs)
TESTLIBS := $(shell $(PKG_CONFIG) --libs check 2>/dev/null)
$(foreach l,$(LIBS),$(eval $(call lib_rule,$(l))))
$(foreach l,$(SOLIBS),$(eval $(call so_rule,$(l))))
$(foreach p,$(PROGS) $(BENCHES),$(eval $(call prog_rule,$(p),,)))
$(foreach p,$(TESTS),$(eval $(call prog_rule,$(p),,$(TESTLIBS))))
$(foreach p,$(FUZZERS),$(eval $(call prog_rule,$(p),-fsanitize=fuzzer,)))

all: $(LIBS:%=$(O)/lib%.a) $(SOLIBS:%=$(O)/lib%.so.$(VERSION)) \
     $(PROGS:%=$(O)/%)

tests: $(TESTS:%=$(O)/%)

clean:
	rm -rf $(OUT)

.PHONY: all tests clean
-include $(shell find $(O) -name '*.d' 2>/dev/null)
