#include "guard/hook_script.hpp"

#include "pg/compat.hpp"

namespace retry_ledger::guard {

namespace {

enum Kind { other, executes_script, of_script };

// The innermost command.
int kind = other;
ErrorContextCallback *began = nullptr;

bool executes(const Node *statement) {
    return IsA(statement, CreateExtensionStmt) || IsA(statement, AlterExtensionStmt);
}

// A command of the script may be taken apart into others, which are the script's as well.
int kind_of(const Node *statement, ProcessUtilityContext context) {
    if (executes(statement)) return executes_script;
    if (!says_extension_script()) return other;
    return kind == executes_script || context == PROCESS_UTILITY_SUBCOMMAND ? of_script : other;
}

}  // namespace

bool says_extension_script() {
    if (!creating_extension || kind == other) return false;
    return kind == executes_script ? pg::compat::is_at_script_level(began) : error_context_stack == began;
}

bool ScriptCommand::is_due(const Node *statement) {
    return creating_extension || executes(statement);
}

ScriptCommand::ScriptCommand(const Node *statement, ProcessUtilityContext context)
    : outer_kind_(std::exchange(kind, kind_of(statement, context))),
      outer_began_(std::exchange(began, error_context_stack)) {}

ScriptCommand::~ScriptCommand() {
    kind = outer_kind_;
    began = outer_began_;
}

}  // namespace retry_ledger::guard
