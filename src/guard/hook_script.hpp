// What the script of an extension says itself, and what merely runs while it does.
//
// A script comes with files that somebody has installed on the server: what it brings is its own affair.  But
// an event trigger or a trigger that fires meanwhile, and whatever a function does that is called, is
// anybody's.  Commands of the script are executed by CREATE or ALTER EXTENSION itself; whatever else runs SQL
// adds a level to the stack of error contexts.
//
// What the script's names stand for is decided by the search path, and by what is there.  So a script says
// something only as long as the schemas are searched that were when it began, but for what it has SET itself;
// and of each type that comes meanwhile it is kept who has made it.
#pragma once

#include "pg/error.hpp"

namespace retry_ledger::guard {

// Whether the script itself has said what is being done.  Always false where the library isn't preloaded.
bool says_extension_script();

// Whether a statement that is no command runs in a DO block that the script says.
bool runs_block_of_script();

// Keeps who has made a type that comes while a script runs; of any other it does nothing.
void note_new_type(Oid type);
// Whether the type is one that the script can mean: PostgreSQL's, one that it has made, or one that its
// extension, or one that this requires, has had.  Within a script.
bool is_known_to_script(Oid type);

// Each command within a script, and the one that executes it, while it lives.
class ScriptCommand {
public:
    ScriptCommand(const Node *statement, ProcessUtilityContext context);
    ~ScriptCommand();
    ScriptCommand(const ScriptCommand &) = delete;
    ScriptCommand &operator=(const ScriptCommand &) = delete;

    // Whether a command has to do with scripts at all.
    static bool is_due(const Node *statement);

private:
    void leave();

    int outer_kind_;
    ErrorContextCallback *outer_began_;
    bool outer_block_;
};

}  // namespace retry_ledger::guard
