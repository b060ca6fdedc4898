/*
 * libpq at its barest: parameters without a type, with OID 0, with a type, as text and in binary, directly
 * and through a prepared statement.  Each way of sending an id reaches the same run.
 */
#include <libpq-fe.h>

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_OID = 25, VARCHAR_OID = 1043, INT8_OID = 20, UUID_OID = 2950 };

static PGconn *connection;
static int count, failures;

static bool ok(bool holds, const char *format, ...) {
    va_list arguments;
    count++;
    if (!holds) failures++;
    printf("%s %d - ", holds ? "ok" : "not ok", count);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
    return holds;
}

static void must(const char *sql) {
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        printf("Bail out! %s", PQerrorMessage(connection));
        exit(1);
    }
    PQclear(result);
}

static const char *field(const PGresult *result, int code) {
    const char *value = PQresultErrorField(result, code);
    return value ? value : "";
}

static void explain(const PGresult *result) {
    printf("#   %s: %s SQLSTATE %s\n", PQresStatus(PQresultStatus(result)),
           field(result, PG_DIAG_MESSAGE_PRIMARY), field(result, PG_DIAG_SQLSTATE));
}

/* The result is one row of retry_run for this run. */
static void accepted(PGresult *result, const char *run, const char *what) {
    bool good = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 &&
                strcmp(PQgetvalue(result, 0, 0), run) == 0 && strcmp(PQgetvalue(result, 0, 1), "2") == 0;
    if (!ok(good, "%s", what)) explain(result);
    PQclear(result);
}

/* The result is an error with this SQLSTATE and token, a JSON object as DETAIL, and a HINT. */
static void refused(PGresult *result, const char *sqlstate, const char *token, const char *what) {
    bool good = PQresultStatus(result) == PGRES_FATAL_ERROR &&
                strcmp(field(result, PG_DIAG_SQLSTATE), sqlstate) == 0 &&
                strncmp(field(result, PG_DIAG_MESSAGE_PRIMARY), token, strlen(token)) == 0 &&
                field(result, PG_DIAG_MESSAGE_DETAIL)[0] == '{' &&
                field(result, PG_DIAG_MESSAGE_HINT)[0] != '\0';
    if (!ok(good, "%s", what)) explain(result);
    PQclear(result);
}

/* The failed run number `n` of a table, as text; the caller has it until the next call with the same slot. */
static const char *failed_run(const char *table, int n) {
    static char ids[4][64];
    static int slot;
    char sql[200];
    slot = (slot + 1) % 4;
    snprintf(sql, sizeof sql, "SELECT id FROM %s WHERE task = 'task %d' AND NOT is_retry", table, n);
    PGresult *result = PQexec(connection, sql);
    snprintf(ids[slot], sizeof ids[slot], "%s", PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return ids[slot];
}

static const char *const call = "SELECT original_run_id, attempt FROM retry_run($1, run_table => $2)";

/* One execution of the call: the id with this type and format, the table as untyped text. */
static PGresult *retry(const char *id, int length, Oid type, int format, const char *table, bool typed) {
    const char *values[] = {id, table};
    int lengths[] = {length, 0}, formats[] = {format, 0};
    Oid types[] = {type, 0};
    return PQexecParams(connection, call, 2, typed ? types : NULL, values, lengths, formats, 0);
}

/* The bytes that a uuid or a bigint has in binary. */
static int binary_uuid(const char *text, char *bytes) {
    int size = 0;
    for (const char *digit = text; *digit && size < 16; digit++) {
        unsigned value;
        if (*digit == '-') continue;
        sscanf(digit, "%2x", &value);
        bytes[size++] = (char)value;
        digit++;
    }
    return size;
}

static int binary_bigint(const char *text, char *bytes) {
    uint64_t value = (uint64_t)strtoll(text, NULL, 10);
    uint32_t high = htonl((uint32_t)(value >> 32)), low = htonl((uint32_t)value);
    memcpy(bytes, &high, 4);
    memcpy(bytes + 4, &low, 4);
    return 8;
}

static void ways_to_send(const char *table, Oid own_type, int (*binary)(const char *, char *)) {
    char bytes[16], what[100];
    const struct {
        const char *name;
        bool typed;
        Oid type;
        int format;
    } ways[] = {
        {"no types at all", false, 0, 0},      {"OID 0", true, 0, 0},
        {"as text", true, TEXT_OID, 0},        {"as varchar", true, VARCHAR_OID, 0},
        {"its type", true, own_type, 0},       {"its type in binary", true, own_type, 1},
        {"text in binary", true, TEXT_OID, 1}, {"OID 0 in binary", true, 0, 1},
    };
    for (int i = 0; i < (int)(sizeof ways / sizeof ways[0]); i++) {
        const char *run = failed_run(table, i + 1), *value = run;
        int length = (int)strlen(run);
        if (ways[i].format == 1 && ways[i].type == own_type) {
            length = binary(run, bytes);
            value = bytes;
        }
        snprintf(what, sizeof what, "%s, %s", table, ways[i].name);
        accepted(retry(value, length, ways[i].type, ways[i].format, table, ways[i].typed), run, what);
        snprintf(what, sizeof what, "%s, %s: again", table, ways[i].name);
        refused(retry(value, length, ways[i].type, ways[i].format, table, ways[i].typed), "PT409",
                "ALREADY_RETRIED:", what);
    }
    refused(retry(NULL, 0, 0, 0, table, false), "PT400", "INVALID_RUN_ID:", "NULL without a type");
    refused(retry(NULL, 0, own_type, 1, table, true), "PT400", "INVALID_RUN_ID:", "NULL with its type");
    refused(retry("", 0, 0, 0, table, false), "PT400", "INVALID_RUN_ID:", "an empty text");
    refused(retry("no id", 5, 0, 0, table, false), "PT400", "INVALID_RUN_ID:", "a text that is no id");
}

/* More executions than PostgreSQL plans anew: the generic plan serves as well. */
static void prepared(const char *table) {
    char name[40], what[100];
    snprintf(name, sizeof name, "retry_%s", table);
    PQclear(PQprepare(connection, name, call, 0, NULL));
    PGresult *description = PQdescribePrepared(connection, name);
    ok(PQnparams(description) == 2 && PQparamtype(description, 0) == TEXT_OID,
       "%s: an id without a type is taken as text", table);
    PQclear(description);
    for (int n = 20; n < 30; n++) {
        const char *values[] = {failed_run(table, n), table};
        snprintf(what, sizeof what, "%s, prepared, execution %d", table, n - 19);
        accepted(PQexecPrepared(connection, name, 2, values, NULL, NULL, 0), values[0], what);
    }
    const char *values[] = {failed_run(table, 20), table};
    refused(PQexecPrepared(connection, name, 2, values, NULL, NULL, 0), "PT409",
            "ALREADY_RETRIED:", "and is refused");
}

/* retry_run with literals and casts, and the answer in binary. */
static void literals(const char *table) {
    char sql[200], what[100];
    const char *run = failed_run(table, 40);
    snprintf(sql, sizeof sql, "SELECT original_run_id, attempt FROM retry_run('%s', run_table => '%s')", run,
             table);
    snprintf(what, sizeof what, "%s, a literal", table);
    accepted(PQexec(connection, sql), run, what);
    const char *values[] = {failed_run(table, 41), table};
    PGresult *result = PQexecParams(connection, call, 2, NULL, values, NULL, NULL, 1);
    uint32_t attempt = 0;
    if (PQresultStatus(result) == PGRES_TUPLES_OK) memcpy(&attempt, PQgetvalue(result, 0, 1), 4);
    ok(ntohl(attempt) == 2, "%s, the answer in binary", table);
    PQclear(result);
}

static void mutations(void) {
    const char *values[] = {failed_run("bigint_runs", 50)};
    PGresult *result = PQexecParams(connection, "UPDATE bigint_runs SET status = 'queued' WHERE id = $1", 1,
                                    NULL, values, NULL, NULL, 0);
    ok(strcmp(field(result, PG_DIAG_CONSTRAINT_NAME), "retry_ledger_immutable") == 0 &&
           strcmp(field(result, PG_DIAG_TABLE_NAME), "bigint_runs") == 0 &&
           strcmp(field(result, PG_DIAG_SCHEMA_NAME), "public") == 0,
       "a refused mutation names schema, table and constraint");
    refused(result, "23R01", "PB-S1 VIOLATION:", "a mutation of an ended run");
    result = PQexecParams(connection,
                          "INSERT INTO bigint_runs (task, parent_run_id) VALUES ('by hand', $1) RETURNING "
                          "parent_run_id, attempt",
                          1, NULL, values, NULL, NULL, 0);
    accepted(result, values[0], "a retry by hand, the parent without a type");
}

int main(void) {
    connection = PQconnectdb("");
    if (PQstatus(connection) != CONNECTION_OK) {
        printf("Bail out! %s", PQerrorMessage(connection));
        return 1;
    }
    must(
        "CREATE TABLE uuid_runs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), task text NOT NULL, "
        "status text NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'running', 'completed', "
        "'failed')))");
    must(
        "CREATE TABLE bigint_runs (id bigint GENERATED BY DEFAULT AS IDENTITY (START 2000000000000) PRIMARY "
        "KEY, "
        "task text NOT NULL, status text NOT NULL DEFAULT 'queued' "
        "CHECK (status IN ('queued', 'running', 'completed', 'failed')))");
    must("INSERT INTO uuid_runs (task, status) SELECT 'task ' || n, 'failed' FROM generate_series(1, 60) n");
    must(
        "INSERT INTO bigint_runs (task, status) SELECT 'task ' || n, 'failed' FROM generate_series(1, 60) n");
    must("SELECT * FROM govern_runs('uuid_runs')");
    must("SELECT * FROM govern_runs('bigint_runs')");
    ways_to_send("uuid_runs", UUID_OID, binary_uuid);
    ways_to_send("bigint_runs", INT8_OID, binary_bigint);
    prepared("uuid_runs");
    prepared("bigint_runs");
    literals("uuid_runs");
    literals("bigint_runs");
    mutations();
    PQfinish(connection);
    printf("1..%d\n", count);
    return failures != 0;
}
