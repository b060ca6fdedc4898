# Builds the extension with PGXS: one shared library from src/, one install script from the .sql
# fragments that stand beside the C++ they declare.  `make PG_CONFIG=/path/to/pg_config` picks the server.
PG_CONFIG ?= pg_config

EXTENSION   = retry_ledger
# The version stands in the control file and nowhere else.
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" retry_ledger.control)
MODULE_big  = retry_ledger

# Order matters: tables before the functions that use them, functions before views and triggers.
SQL_FRAGMENTS = src/module.sql \
                src/ledger/ledger.sql \
                src/govern/tables.sql \
                src/retry/tables.sql \
                src/checkpoint/tables.sql \
                src/files/tables.sql \
                src/work/tables.sql \
                src/guard/guard.sql \
                src/govern/govern.sql \
                src/govern/purge.sql \
                src/govern/redact.sql \
                src/retry/retry.sql \
                src/checkpoint/checkpoint.sql \
                src/files/files.sql \
                src/retry/failure.sql \
                src/retry/registry.sql \
                src/retry/rerun.sql \
                src/work/work.sql \
                src/history/history.sql \
                src/credits/credits.sql \
                src/history/outcome.sql \
                src/files/progress.sql \
                src/history/metrics.sql \
                src/refusal/refusal.sql \
                src/history/verify.sql \
                src/web/web.sql \
                src/guard/own_tables.sql \
                src/guard/ddl.sql

SOURCES = $(sort $(wildcard src/*.cpp src/*/*.cpp))
OBJS    = $(SOURCES:.cpp=.o)
DATA_built  = $(EXTENSION)--$(EXTVERSION).sql
DOCS        = $(wildcard doc/*.md)
# Half of the time of a build went into reading the same headers for each file.  src/core does without: it must
# compile where there is no PostgreSQL.
PRECOMPILED = src/pg/precompiled.hpp.gch
EXTRA_CLEAN = exports.map $(SOURCES:.cpp=.d) $(SOURCES:.cpp=.bc) $(PRECOMPILED) $(PRECOMPILED:.gch=.d)

REGRESS      = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
REGRESS_OPTS = --inputdir=. --load-extension=plpgsql

# PGXS compiles .cpp with CXXFLAGS.  Everything is hidden but what PGDLLEXPORT names: PostgreSQL loads
# libraries with RTLD_GLOBAL, so weak symbols (fmt's, the standard library's) of two extensions could meet.
# -Wno-register: PostgreSQL 15's headers still say `register`.
PG_CPPFLAGS = -I$(srcdir)/src -DRETRY_LEDGER_VERSION='"$(EXTVERSION)"'
PG_CXXFLAGS = -std=c++17 -Wall -Wextra -Werror -Wno-unused-parameter -Wno-register -Wno-missing-field-initializers \
              -fvisibility=hidden -fvisibility-inlines-hidden -MMD -MP
# PostgreSQL was built with gcc and hands on warning options that only gcc knows.
PG_CXXFLAGS += $(if $(findstring clang,$(CXX)),-Wno-unknown-warning-option) $(EXTRA_CXXFLAGS)
# PGXS links with the C compiler, which doesn't bring the C++ runtime.  The version script hides what
# -fvisibility can't: the standard library declares its own templates visible.
SHLIB_LINK  = -lre2 -lstdc++ -lm -Wl,--version-script=exports.map
# Bitcode for JIT inlining would be compiled without our flags and gains nothing here.
override with_llvm = no

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# PostgreSQL's headers are system headers to us: their warnings aren't ours to fix.
override CPPFLAGS := $(patsubst -I$(includedir_server),-isystem $(includedir_server),$(CPPFLAGS))

BOUNDARY_OBJS = $(filter-out src/core/%,$(OBJS))
$(BOUNDARY_OBJS): override CPPFLAGS += -include $(PRECOMPILED:.gch=) -Winvalid-pch
$(BOUNDARY_OBJS): $(PRECOMPILED)
$(PRECOMPILED): $(PRECOMPILED:.gch=)
	$(CXX) $(CXXFLAGS) $(CPPFLAGS) -x c++-header -MF $(@:.gch=.d) -o $@ $<

# The fragments, each behind a guard against being run by hand in psql.
$(DATA_built): $(SQL_FRAGMENTS) retry_ledger.control
	@{ printf '%s\n%s\n' '-- Built from the fragments under src/ by make; edit those.' \
	     '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; \
	   for f in $(filter %.sql,$^); do printf '\n-- %s\n' "$$f"; cat "$$f"; done; } > $@

exports.map: $(SOURCES)
	@{ echo '{ global: Pg_magic_func; _PG_init; retry_ledger_*_main; pg_finfo_*;'; \
	   sed -n 's/^RETRY_LEDGER_FUNCTION(\([a-z_]*\)).*/\1;/p' $^; echo 'local: *; };'; } > $@

$(shlib): exports.map

# PGXS tracks no headers; the compiler writes what each object was made from.
-include $(SOURCES:.cpp=.d) $(PRECOMPILED:.gch=.d)

CPP_FILES = $(shell git ls-files -co --exclude-standard '*.cpp' '*.hpp')

.PHONY: format lint unit
format:
	clang-format -i $(CPP_FILES)

lint:
	clang-format --dry-run --Werror $(CPP_FILES)
	test/lint.sh $(shlib)

# The rules in src/core know no PostgreSQL and are tested without one.
unit:
	$(MAKE) -C test/unit check
