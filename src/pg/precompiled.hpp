// What nearly every file reads, compiled once for all of them: see the Makefile.
#include "pg/postgres.hpp"
