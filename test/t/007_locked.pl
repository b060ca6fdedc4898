# Level locked: with the library preloaded, neither the owner of a table nor a superuser changes, hides or unguards
# what is governed through SQL, and all that keeps a database going works as before.  Without the library such a
# table takes no writes.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('locked');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;

sub sql { return $node->safe_psql($_[1] // 'app', $_[0]) }

sub preload {
	my ($libraries) = @_;
	$node->append_conf('postgresql.auto.conf', "shared_preload_libraries = '$libraries'");
	$node->restart;
}

sub new_database {
	my ($name) = @_;
	sql("CREATE DATABASE $name", 'postgres');
	sql("ALTER DATABASE $name SET search_path = public, retry_ledger", 'postgres');
}

# The error that statements raise; '' if they raise none.
sub error_of {
	my ($statements, $database) = @_;
	my ($status, $out, $err) = $node->psql($database // 'app', $statements, on_error_stop => 1);
	return $status == 0 ? '' : $err;
}

# As a superuser who has switched off what PostgreSQL lets him switch off.
my $off = 'SET allow_system_table_mods = on; SET session_replication_role = replica; ';
sub refused {
	my ($statements, $error, $database) = @_;
	(my $name = $statements) =~ s/\s+/ /g;
	like(error_of($off . $statements, $database), $error, 'refused: ' . substr($name, 0, 140));
}

# ---- Governed before the library is preloaded: guarded, and locked later.
new_database('app');
sql(<<'SQL');
CREATE SCHEMA retry_ledger; CREATE EXTENSION retry_ledger SCHEMA retry_ledger;
CREATE ROLE owner LOGIN; CREATE ROLE second LOGIN SUPERUSER;
GRANT CREATE ON SCHEMA public TO owner;
CREATE EXTENSION ltree;
CREATE FUNCTION shown() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'a' $$;
CREATE FUNCTION fresh() RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'a' $$;
CREATE FUNCTION fresh(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > $2';
CREATE OPERATOR ##### (LEFTARG = text, RIGHTARG = text, FUNCTION = fresh);
CREATE FUNCTION later(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 > $2';
CREATE OPERATOR #### (LEFTARG = text, RIGHTARG = text, FUNCTION = later);
CREATE TABLE early (id int PRIMARY KEY, status text NOT NULL CHECK (status > shown()), CHECK (status #### 'a'));
CREATE INDEX early_shown ON early (id) WHERE status > shown();
SELECT govern_runs('early');
SQL
is(sql("SELECT level FROM guard_status() WHERE run_table = 'public.early'"), 'guarded', 'without the library: guarded');
like(error_of("SELECT lock_governance('early')"), qr/can't be locked: this server doesn't preload retry_ledger/, 'nor can it be locked');

# ---- What is refused in every database of the server as soon as one has a locked table.
sql('CREATE DATABASE beside', 'postgres');
sql('CREATE EXTENSION pg_surgery', 'beside');
new_database('before');
sql(<<'SQL', 'before');
CREATE SCHEMA retry_ledger; CREATE EXTENSION retry_ledger SCHEMA retry_ledger; CREATE EXTENSION citext;
CREATE FUNCTION liar(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE FUNCTION order_of(int, text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE FUNCTION as_date(text) RETURNS date LANGUAGE sql IMMUTABLE AS $$ SELECT '2000-01-01'::date $$;
SET allow_system_table_mods = on;
CREATE FUNCTION pg_catalog.shadow(varchar) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT NULL::text';
CREATE OPERATOR pg_catalog.<<< (LEFTARG = text, RIGHTARG = text, FUNCTION = public.liar);
CREATE OPERATOR CLASS lies DEFAULT FOR TYPE text USING gin AS OPERATOR 1 pg_catalog.<<<(text, text), STORAGE text;
ALTER OPERATOR FAMILY integer_ops USING btree ADD FUNCTION 1 (int, text) order_of(int, text);
CREATE CAST (text AS date) WITH FUNCTION as_date(text) AS IMPLICIT;
CREATE UNIQUE INDEX one_a_reason ON retry_ledger.retry (reason);
CREATE TABLE holds (retry_id uuid REFERENCES retry_ledger.retry);
UPDATE pg_collation SET collversion = '1' WHERE collname = 'en-x-icu';
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER nothing BEFORE UPDATE ON retry_ledger.request FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE RULE nothing AS ON UPDATE TO retry_ledger.request DO INSTEAD NOTHING;
ALTER TABLE retry_ledger.request ENABLE ROW LEVEL SECURITY;
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TYPE unused AS ENUM ('a');
CREATE FUNCTION said(mood) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'good' $$;
CREATE FUNCTION said(unused) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'b' $$;
CREATE FUNCTION same(mood, mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE CAST (mood AS text) WITH FUNCTION said(mood);
CREATE CAST (unused AS text) WITH FUNCTION said(unused);
CREATE OPERATOR CLASS moods DEFAULT FOR TYPE mood USING btree AS FUNCTION 1 same(mood, mood);
CREATE TYPE mood_range AS RANGE (subtype = mood, subtype_opclass = moods);
CREATE OPERATOR CLASS as_built_in DEFAULT FOR TYPE unused USING btree AS OPERATOR 3 =(anyenum, anyenum), FUNCTION 1 enum_cmp(anyenum, anyenum);
CREATE OPERATOR CLASS likes FOR TYPE text USING btree AS OPERATOR 1 ~~ (text, text), OPERATOR 4 >= (text, text), FUNCTION 1 bttextcmp(text, text);
CREATE AGGREGATE mixed(text) (SFUNC = array_agg_transfn, STYPE = internal, FINALFUNC = array_agg_finalfn, FINALFUNC_EXTRA);
CREATE FUNCTION cut(int8, int4, bool) RETURNS text LANGUAGE sql SUPPORT varchar_support AS 'SELECT NULL::text';
CREATE CAST (bytea AS varbit) WITHOUT FUNCTION;
CREATE TYPE pair AS (a text);
CREATE OPERATOR CLASS pairs FOR TYPE pair USING btree AS FUNCTION 1 (pair, pair) btnamecmp(name, name);
CREATE LANGUAGE mine HANDLER plpgsql_call_handler;
CREATE TEXT SEARCH TEMPLATE mine (LEXIZE = dsimple_lexize);
CREATE TABLE shadowed (id int);
CREATE TABLE shadow (id int);
UPDATE pg_class SET relfilenode = pg_relation_filenode('shadowed') WHERE relname = 'shadow';
SQL
my $toast = sql("SELECT i.indexrelid FROM pg_class c JOIN pg_index i ON i.indrelid = c.reltoastrelid WHERE c.oid = 'retry_ledger.retry'::regclass", 'before');
sql("SET allow_system_table_mods = on; DELETE FROM pg_index WHERE indexrelid = $toast", 'before');

preload('retry_ledger');
is(sql("SELECT level, complete FROM guard_status() WHERE run_table = 'public.early'"), 'guarded|t', 'preloaded: still guarded');
sql('ALTER EVENT TRIGGER retry_ledger_rewrite DISABLE');
# A session that has looked before sees the lock of another one at once.
my $lock = 'psql -qXAt -c "SELECT lock_governance(\'early\')" "' . $node->connstr('app') . '"';
like(error_of("BEGIN; CREATE TABLE unrelated (a int); COMMIT; BEGIN; SELECT 1;\n\\! $lock\nUPDATE pg_trigger SET tgenabled = 'D' WHERE tgrelid = 'early'::regclass; COMMIT"),
	qr/DDL_NOT_ALLOWED: pg_catalog.pg_trigger can't be written by hand/, 'what another session has locked is locked at once');
like(error_of('DROP TABLE unrelated'), qr/DROP TABLE needs event triggers, and they don't fire/, 'an event trigger that was off: no DDL');
like(error_of('ALTER EVENT TRIGGER retry_ledger_rewrite ENABLE'), qr/DDL_NOT_ALLOWED/, 'nor is it half switched on');
sql('ALTER EVENT TRIGGER retry_ledger_rewrite ENABLE ALWAYS; CREATE TABLE for_ddl (a int); DROP TABLE for_ddl');
is(sql("SELECT level, complete FROM guard_status() WHERE run_table = 'public.early'"), 'locked|t', 'lock_governance locks it');
is(sql("SELECT decision FROM lock_governance('early')"), 'locked already', 'and is asked again in vain');
is(sql("SELECT count(*) FROM ledger_entry WHERE action = 'locked'"), '1', 'the ledger has it, once');

# ---- Governed with the library: locked.
sql(<<'SQL');
CREATE TYPE run_status AS ENUM ('queued', 'running', 'completed', 'failed');
CREATE FUNCTION never(name, int) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE FUNCTION never(json) RETURNS int LANGUAGE sql AS 'SELECT 0';
CREATE FUNCTION forged(uuid) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;
CREATE FUNCTION forged(run_status) RETURNS text LANGUAGE sql AS $$ SELECT 'failed' $$;
CREATE TABLE runs (id int PRIMARY KEY, tenant_id text, status run_status NOT NULL, error text, payload jsonb, mood ltree);
CREATE INDEX runs_tenant ON runs (tenant_id);
SELECT govern_runs('runs');
CREATE TABLE parts (id int, tenant_id text, status text NOT NULL, PRIMARY KEY (id, tenant_id)) PARTITION BY LIST (tenant_id);
CREATE TABLE parts_a PARTITION OF parts FOR VALUES IN ('a');
SELECT govern_runs('parts', id_column => 'id');
CREATE TABLE loose (id int NOT NULL, status text NOT NULL) PARTITION BY LIST (id);
SELECT govern_runs('loose', id_column => 'id');
CREATE TABLE quoted (id int NOT NULL, status text NOT NULL, CHECK (status <> quote_ident('a b'))) PARTITION BY LIST (id);
SELECT govern_runs('quoted', id_column => 'id');
CREATE TABLE journal (what text);
SELECT govern_append_only('journal');
CREATE TABLE owned (id int PRIMARY KEY, status text NOT NULL);
ALTER TABLE owned OWNER TO owner;
SET ROLE owner;
SELECT govern_runs('owned');
RESET ROLE;
CREATE TABLE other (id int PRIMARY KEY, note text);
INSERT INTO runs (id, tenant_id, status) SELECT i, 'a', 'queued' FROM generate_series(1, 5) i;
UPDATE runs SET status = 'failed', error = 'boom' WHERE id < 4;
INSERT INTO parts SELECT i, 'a', 'queued' FROM generate_series(1, 3) i;
UPDATE parts SET status = 'failed';
INSERT INTO journal VALUES ('one');
INSERT INTO owned VALUES (1, 'queued'); UPDATE owned SET status = 'failed';
SELECT retry_run(1, run_table => 'runs', new_run_id => '101');
SQL
is(sql('SELECT DISTINCT level, complete FROM guard_status()'), 'locked|t', 'all of it is locked');
is(sql("SELECT provider || ' ' || label FROM pg_seclabels WHERE objtype = 'database'"), 'retry_ledger locked', 'and the database labelled');
my $facts = <<'SQL';
SELECT r FROM runs r WHERE status IN ('failed', 'completed') ORDER BY id;
SELECT p FROM parts p ORDER BY id; SELECT j FROM journal j ORDER BY what; SELECT o FROM owned o ORDER BY id;
SELECT r FROM retry r ORDER BY retry_id;
SQL
my $before = sql($facts);
my $all_entries = "SELECT entry_id, leaf_hash FROM ledger_entry WHERE action <> 'refused' ORDER BY entry_id";
my $entries = sql($all_entries);

# ---- Rows.
my $fact = qr/_VIOLATION|PB-S1/;
refused($_, $fact) for (
	"UPDATE runs SET error = 'x' WHERE id = 1",
	"UPDATE ONLY parts_a SET status = 'queued'",
	'DELETE FROM runs',
	'TRUNCATE runs',
	'TRUNCATE parts_a',
	"MERGE INTO runs USING (VALUES (1)) v(i) ON id = i WHEN MATCHED THEN UPDATE SET error = 'x'",
	"INSERT INTO runs VALUES (1, 'a', 'queued') ON CONFLICT (id) DO UPDATE SET error = 'x'",
	"INSERT INTO runs VALUES (9, 'a', 'completed')",
	"UPDATE journal SET what = 'x'");

# ---- DDL, whatever way it takes.  Members of an extension PostgreSQL itself doesn't drop.
my $ddl = qr/DDL_NOT_ALLOWED|because extension retry_ledger requires it/;
refused($_, $ddl) for (
	# What guards rows.
	'ALTER TABLE runs DISABLE TRIGGER ALL',
	'ALTER TABLE runs DISABLE TRIGGER USER',
	'ALTER TABLE runs DISABLE TRIGGER retry_ledger_change',
	'ALTER TABLE runs ENABLE TRIGGER retry_ledger_change',
	'ALTER TABLE runs ENABLE REPLICA TRIGGER retry_ledger_change',
	'ALTER TABLE parts_a DISABLE TRIGGER ALL',
	'ALTER TABLE parts_a DISABLE TRIGGER retry_ledger_truncate',
	'DROP TRIGGER retry_ledger_change ON runs',
	'DROP TRIGGER retry_ledger_locked ON runs',
	'ALTER TRIGGER retry_ledger_change ON runs RENAME TO harmless',
	'CREATE OR REPLACE TRIGGER retry_ledger_delete BEFORE DELETE ON runs FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	"DO \$\$ BEGIN EXECUTE 'ALTER TABLE runs DISABLE TRIGGER ALL'; END \$\$",
	# What the table is.
	'DROP TABLE runs CASCADE',
	'DROP TABLE parts_a',
	'ALTER TABLE runs DROP COLUMN error',
	"ALTER TABLE runs ALTER COLUMN error TYPE text USING 'x'",
	'ALTER TABLE runs ALTER COLUMN id TYPE bigint',
	'ALTER TABLE runs RENAME TO old_runs',
	'ALTER TABLE runs RENAME COLUMN error TO old_error',
	'ALTER TABLE runs SET SCHEMA retry_ledger',
	'ALTER TABLE runs SET UNLOGGED',
	'ALTER TABLE runs ADD COLUMN x float DEFAULT random()',
	'ALTER TABLE runs DROP CONSTRAINT runs_pkey',
	'ALTER TABLE parts DETACH PARTITION parts_a',
	'ALTER TABLE parts DETACH PARTITION parts_a CONCURRENTLY',
	'CREATE TABLE child () INHERITS (runs)',
	'CREATE TABLE like_runs (LIKE runs); ALTER TABLE like_runs INHERIT runs',
	'CREATE TABLE parent (LIKE runs); ALTER TABLE runs INHERIT parent',
	'ALTER SCHEMA public RENAME TO hidden',
	# What hides rows.
	'ALTER TABLE runs ENABLE ROW LEVEL SECURITY',
	'CREATE POLICY p ON runs USING (false)',
	'CREATE RULE r AS ON UPDATE TO runs DO INSTEAD NOTHING',
	# What rows are made of.
	"ALTER TYPE run_status RENAME VALUE 'failed' TO 'lost'",
	'DROP TYPE run_status CASCADE',
	# What guards DDL.
	'ALTER EVENT TRIGGER retry_ledger_ddl_start DISABLE',
	'ALTER EVENT TRIGGER retry_ledger_ddl_end ENABLE',
	'ALTER EVENT TRIGGER retry_ledger_rewrite RENAME TO harmless',
	'ALTER EVENT TRIGGER retry_ledger_rewrite OWNER TO second',
	'DROP EVENT TRIGGER retry_ledger_ddl_end',
	# The extension.
	'DROP EXTENSION retry_ledger CASCADE',
	'ALTER EXTENSION retry_ledger DROP EVENT TRIGGER retry_ledger_ddl_end',
	'ALTER EXTENSION retry_ledger ADD TABLE other',
	'DROP SCHEMA retry_ledger CASCADE',
	'ALTER SCHEMA retry_ledger RENAME TO other_schema',
	'ALTER SCHEMA retry_ledger OWNER TO second',
	'CREATE OR REPLACE FUNCTION retry_ledger.guard_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$',
	'ALTER FUNCTION retry_ledger.guard_ddl_end() RENAME TO harmless',
	"ALTER FUNCTION retry_ledger.guarded_changes SET session_replication_role = 'origin'",
	'ALTER FUNCTION retry_ledger.guard_change() OWNER TO second',
	'DROP FUNCTION retry_ledger.guard_change() CASCADE',
	'CREATE OR REPLACE VIEW retry_ledger.guarded_state AS SELECT * FROM retry_ledger.guarded_state WHERE false',
	'DROP VIEW retry_ledger.guarded_state CASCADE',
	# Our own tables.
	'DROP TABLE retry_ledger.ledger_entry CASCADE',
	'ALTER TABLE retry_ledger.ledger_entry DISABLE TRIGGER ALL',
	'ALTER TABLE retry_ledger.ledger_entry ADD COLUMN x int',
	'ALTER TABLE retry_ledger.ledger_entry OWNER TO second',
	'ALTER TABLE retry_ledger.ledger_entry ENABLE ROW LEVEL SECURITY',
	'ALTER TABLE retry_ledger.governed_table ALTER COLUMN locked SET DEFAULT true',
	'ALTER TABLE retry_ledger.ledger_entry RENAME TO gone',
	'CREATE RULE r AS ON INSERT TO retry_ledger.ledger_entry DO INSTEAD NOTHING',
	'CREATE TRIGGER t BEFORE INSERT ON retry_ledger.ledger_entry FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	'CREATE TABLE child () INHERITS (retry_ledger.retry)',
	'ALTER TABLE retry_ledger.governed_table DROP CONSTRAINT governed_table_pkey',
	'DROP INDEX retry_ledger.retry_live', 'DROP INDEX retry_ledger.retry_recent',
	'CREATE UNIQUE INDEX mine ON retry_ledger.retry (reason)',
	'CREATE INDEX mine ON retry_ledger.retry (lower(reason))',
	"CREATE INDEX mine ON retry_ledger.retry (reason) WHERE reason > 'a'",
	# What our statements are made of.
	'CREATE OR REPLACE FUNCTION pg_catalog.md5(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT AS $$ SELECT $1 $$',
	'ALTER FUNCTION pg_catalog.md5(text) COST 5',
	'CREATE FUNCTION pg_catalog.format(text, name, name) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$',
	'ALTER OPERATOR pg_catalog.= (text, text) SET (RESTRICT = NONE)',
	'CREATE OPERATOR pg_catalog.= (LEFTARG = name, RIGHTARG = int, FUNCTION = never)',
	'ALTER FUNCTION public.never(name, int) SET SCHEMA pg_catalog',
	'ALTER TYPE pg_catalog.jsonb RENAME TO json_b',
	'CREATE CAST (uuid AS text) WITH FUNCTION forged(uuid) AS IMPLICIT',
	'CREATE CAST (run_status AS text) WITH FUNCTION forged(run_status) AS IMPLICIT',
	# What the planner believes.
	"CREATE OR REPLACE FUNCTION shown() RETURNS text LANGUAGE sql IMMUTABLE AS \$\$ SELECT 'z' \$\$",
	"CREATE OR REPLACE FUNCTION later(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false'",
	'ALTER FUNCTION shown() STABLE',
	'ALTER TABLE early ADD CHECK (status > fresh())',
	"ALTER TABLE early ADD CHECK (status ##### 'a')",
	'CREATE INDEX ON parts (id) WHERE status > fresh()',
	'CREATE TABLE loose_1 PARTITION OF loose (CHECK (status > fresh())) FOR VALUES IN (1)',
	'CREATE TABLE loose_1 PARTITION OF loose FOR VALUES IN (1) PARTITION BY LIST (length(fresh() || status))',
	'CREATE TABLE loose_2 (LIKE loose INCLUDING ALL, CHECK (status > fresh())); ALTER TABLE loose ATTACH PARTITION loose_2 FOR VALUES IN (1)',
	'CREATE TABLE loose_3 (LIKE loose INCLUDING ALL); CREATE INDEX ON loose_3 (id) WHERE status > fresh(); CREATE INDEX ON loose_3 (status) WHERE status > fresh(); ALTER TABLE loose ATTACH PARTITION loose_3 FOR VALUES IN (1)',
	# What the planner computes.
	'ALTER TABLE early ADD CHECK (status <> quote_ident(\'a b\'))',
	"CREATE TABLE loose_1 PARTITION OF loose FOR VALUES IN (1) PARTITION BY LIST ((CASE quote_ident('a b') WHEN status THEN 0 ELSE id END))",
	"CREATE TABLE loose_1 PARTITION OF loose (CHECK (CASE (0.1::float8 + 0.2::float8)::text WHEN '0.3' THEN id > 0 END)) FOR VALUES IN (1)",
	"CREATE TABLE loose_5 (LIKE loose INCLUDING ALL, CHECK (status <> quote_ident('a b'))); ALTER TABLE loose ATTACH PARTITION loose_5 FOR VALUES IN (1)",
	"ALTER TABLE early ADD CHECK (id::float8::text <> '0.3')", "ALTER TABLE early ADD CHECK (textin(float8out(id)) <> '0.3')",
	"ALTER TABLE early ADD CHECK (status <> 0.3::float8 || '')", "ALTER TABLE early ADD CHECK (status <> id::float8 || '')",
	"ALTER TABLE early ADD CHECK (id > 0 OR timestamp '2024-01-01' AT TIME ZONE 'IST' > timestamptz '2024-01-01 00:00+00')",
	"ALTER TABLE early ADD CHECK (date_part('hour', (timestamp '2024-01-01' + id * interval '1 hour') AT TIME ZONE 'IST' AT TIME ZONE interval '0') > 0)",
	"ALTER TABLE early ADD CHECK (id > 0 OR substring('x', 'y') = 'z')",
	# How values are compared.
	'CREATE OPERATOR CLASS mine DEFAULT FOR TYPE runs USING btree AS FUNCTION 1 (runs, runs) btrecordimagecmp(record, record)',
	'CREATE OPERATOR CLASS mine DEFAULT FOR TYPE run_status[] USING btree AS FUNCTION 1 (run_status[], run_status[]) btarraycmp(anyarray, anyarray)',
	'CREATE OPERATOR CLASS mine DEFAULT FOR TYPE json USING hash AS FUNCTION 1 (json, json) never(json)',
	'CREATE FUNCTION never(varchar, text) RETURNS boolean LANGUAGE sql AS \'SELECT false\'; CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = text, FUNCTION = never)',
	'CREATE FUNCTION never(int8, float8) RETURNS int8 LANGUAGE sql AS \'SELECT 0::int8\'; CREATE OPERATOR % (LEFTARG = int8, RIGHTARG = float8, FUNCTION = never)',
	'CREATE FUNCTION never(anyelement, text) RETURNS boolean LANGUAGE sql AS \'SELECT false\'; CREATE OPERATOR @> (LEFTARG = anyelement, RIGHTARG = text, FUNCTION = never)',
	'CREATE FUNCTION never(varchar) RETURNS text LANGUAGE sql AS \'SELECT NULL\'; CREATE OPERATOR @ (RIGHTARG = varchar, FUNCTION = never)',
	# What values are shown with.
	"CREATE OR REPLACE FUNCTION public.ltree_out(ltree) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout'",
	'ALTER FUNCTION public.ltree_out(ltree) RENAME TO harmless',
	'ALTER TYPE ltree SET (SEND = NONE)',
	'CREATE OR REPLACE VIEW runs_retry_history AS SELECT * FROM runs_retry_history WHERE false',
	'DROP VIEW runs_retry_history',
	'ALTER VIEW runs_retry_history RENAME TO hidden',
	# The catalogs.
	'CREATE TRIGGER t BEFORE INSERT ON pg_catalog.pg_trigger FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	'CREATE RULE r AS ON INSERT TO pg_catalog.pg_trigger DO INSTEAD NOTHING',
	'ALTER TABLE pg_catalog.pg_trigger ADD COLUMN x int',
	'ALTER SCHEMA pg_catalog RENAME TO other',
	'ALTER SCHEMA pg_catalog OWNER TO owner',
	"CREATE FUNCTION compare(oid, tid[]) RETURNS int LANGUAGE C AS '\$libdir/pg_surgery', 'heap_force_kill'",
	'CREATE EXTENSION pg_surgery',
	"CREATE FUNCTION heap_force_kill(regclass, tid[]) RETURNS void LANGUAGE C AS '\$libdir/pg_surgery'; SELECT heap_force_kill('runs', '{\"(0,1)\"}')");
refused("CREATE ROLE ext_owner SUPERUSER; SET ROLE ext_owner; REASSIGN OWNED BY postgres TO ext_owner", qr/DDL_NOT_ALLOWED|required by the database system/);
refused('DROP OWNED BY owner CASCADE', $ddl);

# ---- Catalogs and our own tables, by hand.
my $by_hand = qr/DDL_NOT_ALLOWED: \S+ can't be written by hand/;
refused($_, $by_hand) for (
	'TRUNCATE retry_ledger.ledger_entry',
	'TRUNCATE pg_catalog.pg_trigger',
	"UPDATE pg_trigger SET tgenabled = 'D' WHERE tgrelid = 'runs'::regclass",
	"DELETE FROM pg_trigger WHERE tgrelid = 'runs'::regclass",
	"WITH gone AS (DELETE FROM pg_trigger WHERE tgrelid = 'runs'::regclass RETURNING 1) SELECT * FROM gone",
	"MERGE INTO pg_trigger USING (VALUES (1)) v ON tgrelid = 'runs'::regclass WHEN MATCHED THEN DELETE",
	"DO \$\$ BEGIN DELETE FROM pg_trigger WHERE tgrelid = 'runs'::regclass; END \$\$",
	"CREATE VIEW t AS SELECT * FROM pg_trigger; DELETE FROM t WHERE tgrelid = 'runs'::regclass",
	"COPY pg_trigger FROM PROGRAM 'true'",
	"UPDATE pg_proc SET prosrc = 'guard_append_only' WHERE proname = 'guard_change'",
	"UPDATE pg_class SET relhastriggers = false WHERE oid = 'runs'::regclass",
	"UPDATE pg_class SET relfilenode = 0 WHERE oid = 'runs'::regclass",
	"UPDATE pg_attribute SET attisdropped = true WHERE attrelid = 'runs'::regclass AND attname = 'error'",
	"UPDATE pg_depend SET deptype = 'n' WHERE deptype = 'e'",
	"UPDATE pg_rewrite SET ev_enabled = 'D'",
	"DELETE FROM pg_inherits WHERE inhparent = 'parts'::regclass",
	"UPDATE pg_type SET typoutput = 0 WHERE typname = 'run_status'",
	"UPDATE pg_enum SET enumlabel = 'lost' WHERE enumlabel = 'failed'",
	"UPDATE pg_event_trigger SET evtenabled = 'D'",
	"UPDATE pg_extension SET extname = 'other' WHERE extname = 'retry_ledger'",
	"UPDATE pg_index SET indisunique = false WHERE indrelid = 'runs'::regclass",
	"DELETE FROM pg_constraint WHERE conrelid = 'runs'::regclass",
	"UPDATE pg_operator SET oprcode = 'texteq'::regproc WHERE oprcode = 'textne'::regproc",
	'DELETE FROM pg_amop',
	"UPDATE pg_namespace SET nspname = 'other' WHERE nspname = 'public'",
	'DELETE FROM pg_shseclabel',
	"UPDATE pg_database SET datname = 'lost' WHERE datname = 'app'",
	'UPDATE retry_ledger.governed_table SET locked = false',
	'DELETE FROM retry_ledger.governed_table',
	"INSERT INTO retry_ledger.ledger_entry SELECT * FROM retry_ledger.ledger_entry",
	"UPDATE retry_ledger.retry SET voided_at = now()",
	"COPY retry_ledger.retry FROM PROGRAM 'true'",
	"COPY retry_ledger.checkpoint_invalidation FROM PROGRAM 'true'",
	"INSERT INTO retry_ledger.run_key VALUES ('public.runs', '77')",
	'DELETE FROM retry_ledger.in_use', 'TRUNCATE retry_ledger.in_use',
	"SET ROLE second; DELETE FROM retry_ledger.request");

# ---- Rows that go through no executor: what a subscription applies meets the trigger.
is(sql("SELECT string_agg(tgname || tgenabled::text, ' ' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = 'governed_table'::regclass AND NOT tgisinternal"),
	'retry_ledger_configurationA retry_ledger_truncateA retry_ledger_writerA', 'the configuration has its guard');

# ---- From another database, and the server's settings.
refused('DROP DATABASE app', qr/cannot drop database app, which has locked tables/, 'postgres');
refused('DROP DATABASE app WITH (FORCE)', qr/cannot drop database app/, 'postgres');
refused($_, $by_hand, 'postgres') for (
	'DELETE FROM pg_shseclabel',
	"DELETE FROM pg_database WHERE datname = 'app'",
	"INSERT INTO pg_db_role_setting VALUES (0, 0, '{enable_seqscan=off}')");
# By its own catalogs a database finds, reads and writes those that all share.
like(error_of("UPDATE pg_class SET reltablespace = 1664 WHERE relname = 'here'", 'beside'),
	qr/DDL_NOT_ALLOWED: pg_catalog.pg_class can't be written by hand.*HINT: +Another database of this server has locked tables/s,
	'where nothing is locked it is said why');
refused($_, qr/DDL_NOT_ALLOWED/, 'beside') for (
	'TRUNCATE pg_shseclabel',
	'TRUNCATE pg_class',
	'INSERT INTO pg_depend SELECT * FROM pg_depend LIMIT 1',
	"DO \$\$ BEGIN DELETE FROM pg_depend WHERE deptype = 'e'; END \$\$",
	"SELECT heap_force_kill('pg_shseclabel', ARRAY['(0,1)'::tid])",
	"CREATE FUNCTION kill(regclass, tid[]) RETURNS void LANGUAGE C AS '\$libdir/pg_surgery', 'heap_force_kill'",
	'DROP EXTENSION pg_surgery; CREATE EXTENSION pg_surgery',
	'CREATE EXTENSION adminpack',
	'CREATE TABLE parent (LIKE pg_shseclabel); ALTER TABLE pg_shseclabel INHERIT parent',
	'CREATE TABLE child () INHERITS (pg_shseclabel)',
	'CREATE TRIGGER t BEFORE DELETE ON pg_shseclabel FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
	'CREATE RULE r AS ON DELETE TO pg_shseclabel DO INSTEAD NOTHING',
	'CREATE POLICY p ON pg_shseclabel',
	'CREATE INDEX ON pg_class (relname)',
	'ALTER TABLE pg_shseclabel ENABLE ROW LEVEL SECURITY',
	'ALTER TABLE pg_shseclabel RENAME TO labels',
	'ALTER TABLE pg_shseclabel RENAME label TO name',
	'ALTER TABLE pg_database DROP COLUMN datname',
	'ALTER INDEX pg_shseclabel_object_index RENAME TO labels');
is(error_of($_, 'beside'), '', "passes where nothing is locked: $_") for (
	'CREATE EXTENSION cube', 'CREATE EXTENSION seg', 'VACUUM FULL pg_class', 'VACUUM FULL pg_shseclabel', 'REINDEX TABLE pg_shseclabel', 'REINDEX SYSTEM beside',
	'CREATE TABLE here (a int PRIMARY KEY, b text DEFAULT 1 CHECK (b > \'\')); CREATE INDEX ON here (b); CREATE VIEW v AS SELECT * FROM here;
	 CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING; ALTER TABLE here ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON here;
	 CREATE TABLE more () INHERITS (here); TRUNCATE here; DROP TABLE here CASCADE; CREATE TEMP TABLE t AS SELECT 1');
sql('DROP DATABASE beside', 'postgres');
refused($_, qr/database app keeps its label/, 'postgres') for ('SECURITY LABEL FOR retry_ledger ON DATABASE app IS NULL');
refused($_, qr/database app keeps its label/) for ('SECURITY LABEL FOR retry_ledger ON DATABASE app IS NULL');
sql('CREATE DATABASE theirs OWNER owner', 'postgres');
like(error_of("SET ROLE owner; SECURITY LABEL FOR retry_ledger ON DATABASE theirs IS 'locked'", 'postgres'), qr/must be superuser/,
	'who owns a database lays no lock on the server');
sql('DROP DATABASE theirs', 'postgres');
refused($_, qr/may not take retry_ledger out/, 'postgres') for (
	"ALTER SYSTEM SET shared_preload_libraries = ''",
	"ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements, retry_ledger_other'",
	"ALTER SYSTEM SET shared_preload_libraries = '/tmp/retry_ledger'",
	"ALTER SYSTEM SET shared_preload_libraries = 'nonsense,retry_ledger'",
	"ALTER SYSTEM SET shared_preload_libraries = 'retry_ledger '",
	'ALTER SYSTEM SET shared_preload_libraries TO DEFAULT',
	'ALTER SYSTEM RESET shared_preload_libraries',
	'ALTER SYSTEM RESET ALL');
is(error_of("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements', 'retry_ledger'", 'postgres'), '', 'with the library: it may be set');
sql("ALTER SYSTEM SET work_mem = '5MB'", 'postgres');

# ---- Settings of roles and databases reach no guard.
sql('ALTER ROLE postgres SET session_replication_role = replica; ALTER DATABASE app SET allow_system_table_mods = on');
like(error_of('DELETE FROM runs'), qr/DELETE_VIOLATION/, 'rows are guarded whatever a role has set');
like(error_of('ALTER TABLE runs DISABLE TRIGGER ALL'), $ddl, 'and so are guards');
sql('ALTER ROLE postgres RESET session_replication_role; ALTER DATABASE app RESET allow_system_table_mods');
if ($node->pg_version >= 17)
{
	like(error_of("SET event_triggers = off; $_"), qr/needs event triggers, and they don't fire/, "refused without event triggers: $_")
	  for ('CREATE POLICY p ON runs USING (false)', "ALTER TYPE run_status RENAME VALUE 'failed' TO 'lost'", 'ALTER TABLE runs DISABLE TRIGGER ALL');
}

# ---- The owner.
like(error_of("SET SESSION AUTHORIZATION owner; $_"), qr/DDL_NOT_ALLOWED|VIOLATION|PB-S1/, "refused to the owner: $_") for (
	"UPDATE owned SET status = 'queued'", 'DELETE FROM owned', 'TRUNCATE owned', 'DROP TABLE owned CASCADE',
	'ALTER TABLE owned DISABLE TRIGGER USER', 'ALTER TABLE owned RENAME TO mine', 'ALTER TABLE owned DROP COLUMN status',
	'CREATE RULE r AS ON UPDATE TO owned DO INSTEAD NOTHING');

# ---- An event trigger of somebody else's gets no further within our own commands.
like(error_of(<<'SQL'), $ddl, 'what runs within our own commands is judged like anything else');
CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF pg_trigger_depth() = 0 AND tg_tag = 'CREATE TRIGGER' THEN EXECUTE 'ALTER TABLE public.runs DISABLE TRIGGER ALL'; END IF;
  END $$;
CREATE EVENT TRIGGER meddle ON ddl_command_end EXECUTE FUNCTION meddle();
SELECT govern_runs('runs');
SQL
sql('DROP EVENT TRIGGER meddle; DROP FUNCTION meddle()');
like(error_of(<<'SQL'), $ddl, 'nor does it within the script of an extension');
CREATE FUNCTION lie(run_status) RETURNS text LANGUAGE sql AS $$ SELECT 'failed' $$;
CREATE FUNCTION meddle() RETURNS event_trigger LANGUAGE plpgsql AS $$
  BEGIN
    EXECUTE 'CREATE CAST (public.run_status AS text) WITH FUNCTION public.lie(public.run_status)';
  END $$;
CREATE EVENT TRIGGER meddle ON ddl_command_end WHEN TAG IN ('CREATE OPERATOR') EXECUTE FUNCTION meddle();
CREATE EXTENSION citext;
SQL
sql('DROP EVENT TRIGGER meddle; DROP FUNCTION meddle(); DROP FUNCTION lie');

# ---- Single-user mode has no event triggers; the hooks are there.
$node->stop;
sub single_user {
	my ($statement) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'postgres', '--single', '-D', $node->data_dir, 'app' ], '<', \"$statement\n", '>', \$out, '2>', \$err);
	return $out . $err;
}
like(single_user($_), $ddl, "refused in single-user mode: $_") for (
	'ALTER TABLE public.runs DISABLE TRIGGER ALL',
	"UPDATE pg_catalog.pg_trigger SET tgenabled = 'D'",
	'DROP TABLE public.runs CASCADE',
	"ALTER TYPE public.run_status RENAME VALUE 'failed' TO 'lost'",
	'CREATE POLICY p ON public.runs USING (false)',
	'DROP EXTENSION retry_ledger CASCADE');
like(single_user("UPDATE public.runs SET error = 'x' WHERE id = 1"), qr/PB-S1/, 'nor do rows change there');
$node->start;

is(sql($facts), $before, 'no fact has changed');
is(sql('SELECT DISTINCT level, complete FROM guard_status()'), 'locked|t', 'and everything is in place');
is(sql($all_entries), $entries, 'the ledger is as it was, but for the refusals');

# ---- Life goes on.
sub works {
	my ($statements, $database) = @_;
	is(error_of($statements, $database), '', 'works: ' . substr($statements =~ s/\s+/ /gr, 0, 140));
}
works($_) for (
	'VACUUM FULL runs', 'VACUUM FULL parts', 'VACUUM FULL retry_ledger.ledger_entry', 'VACUUM FULL pg_class', 'VACUUM FULL pg_trigger',
	'VACUUM (ANALYZE, FREEZE)', 'CLUSTER runs USING runs_pkey', 'ANALYZE runs',
	'REINDEX TABLE CONCURRENTLY runs', 'REINDEX TABLE CONCURRENTLY retry_ledger.retry', 'REINDEX TABLE CONCURRENTLY parts',
	'REINDEX SCHEMA CONCURRENTLY public', 'REINDEX SYSTEM app',
	'CREATE INDEX CONCURRENTLY runs_status ON runs (status)', 'DROP INDEX CONCURRENTLY runs_status', 'DROP INDEX runs_tenant',
	'CREATE INDEX ON retry_ledger.ledger_entry (acting_role)', 'DROP INDEX retry_ledger.ledger_entry_acting_role_idx',
	'CREATE INDEX CONCURRENTLY mine ON retry_ledger.retry (reason)', 'DROP INDEX CONCURRENTLY retry_ledger.mine',
	'REINDEX SCHEMA CONCURRENTLY retry_ledger', 'REINDEX SCHEMA retry_ledger',
	'CREATE STATISTICS s ON tenant_id, status FROM runs', 'ALTER TABLE runs ALTER COLUMN tenant_id SET STATISTICS 500',
	'ALTER TABLE runs SET (fillfactor = 70)', 'ALTER TABLE retry_ledger.ledger_entry SET (autovacuum_vacuum_scale_factor = 0.1)',
	'ALTER TABLE runs ADD COLUMN note text', "ALTER TABLE runs ADD COLUMN kind text DEFAULT 'plain'",
	"ALTER TABLE runs ALTER COLUMN note SET DEFAULT 'x'", "COMMENT ON TABLE runs IS 'runs'", 'GRANT SELECT ON runs TO owner',
	'GRANT SELECT ON retry_ledger.ledger_entry TO owner', 'REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC',
	"ALTER TABLE runs ADD CONSTRAINT c CHECK (id > -(2 * 1024) AND tenant_id IN ('a', 'b'::varchar(5)) AND
	 CASE tenant_id WHEN 'a' THEN length(tenant_id || 'x') < 10 ELSE tenant_id <> current_setting('server_version') END)", 'ALTER TABLE runs DROP CONSTRAINT c',
	"ALTER TABLE runs ADD CONSTRAINT c CHECK (lower(tenant_id) = tenant_id AND status IN ('queued', 'running', 'failed') AND coalesce(length(btrim(error)), 0) < 1000 * 1000
	 AND payload ->> 'a' <> 'a' || 1 AND round(id) < 2 ^ 31 AND payload \@> '{}' AND id || tenant_id <> '0' AND tenant_id = ANY (ARRAY['a', 'b'::varchar]::text[]))",
	 'ALTER TABLE runs DROP CONSTRAINT c',
	"CREATE TABLE quoted_1 PARTITION OF quoted FOR VALUES IN (1); CREATE TABLE quoted_2 (LIKE quoted INCLUDING ALL); ALTER TABLE quoted ATTACH PARTITION quoted_2 FOR VALUES IN (2)",
	'CREATE FUNCTION same(json, json) RETURNS boolean LANGUAGE sql IMMUTABLE AS \'SELECT $1::text = $2::text\'; CREATE OPERATOR === (LEFTARG = json, RIGHTARG = json, FUNCTION = same)',
	'CREATE FUNCTION less(anyarray, anyarray) RETURNS anyarray LANGUAGE sql IMMUTABLE AS \'SELECT $1\'; CREATE OPERATOR -# (LEFTARG = anyarray, RIGHTARG = anyarray, FUNCTION = less)',
	'CREATE TYPE twin AS (a int); CREATE FUNCTION twin(twin, int) RETURNS twin LANGUAGE sql IMMUTABLE AS \'SELECT $1\'; CREATE OPERATOR + (LEFTARG = twin, RIGHTARG = int, FUNCTION = twin)',
	'CREATE FUNCTION twin(twin) RETURNS twin LANGUAGE sql IMMUTABLE AS \'SELECT $1\'; CREATE OPERATOR - (RIGHTARG = twin, FUNCTION = twin)',
	"CREATE TYPE colour AS ENUM ('red'); CREATE CAST (varchar AS colour) WITH INOUT AS IMPLICIT; DROP TYPE colour CASCADE",
	"CREATE EXTENSION pg_trgm VERSION '1.3'; ALTER EXTENSION pg_trgm UPDATE; ALTER FUNCTION similarity(text, text) OWNER TO second;
	 ALTER OPERATOR % (text, text) OWNER TO second; CREATE SCHEMA aside; ALTER EXTENSION pg_trgm SET SCHEMA aside; DROP EXTENSION pg_trgm",
	'ALTER TABLE runs ADD FOREIGN KEY (id) REFERENCES other NOT VALID; ALTER TABLE runs DROP CONSTRAINT runs_id_fkey',
	'ALTER TABLE runs REPLICA IDENTITY FULL', 'ALTER TABLE owned OWNER TO second; ALTER TABLE owned OWNER TO owner',
	"CREATE TRIGGER mine BEFORE UPDATE ON runs FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
	 ALTER TABLE runs DISABLE TRIGGER mine; ALTER TABLE runs ENABLE TRIGGER mine; DROP TRIGGER mine ON runs",
	"SELECT govern_runs('runs', label => 'run')", "ALTER TYPE run_status ADD VALUE 'lost'",
	"CREATE TABLE parts_b PARTITION OF parts FOR VALUES IN ('b'); CREATE TABLE parts_c (LIKE parts INCLUDING ALL);
	 ALTER TABLE parts ATTACH PARTITION parts_c FOR VALUES IN ('c'); INSERT INTO parts VALUES (7, 'b', 'queued'), (8, 'c', 'queued')",
	'CREATE TABLE more (a int); ALTER TABLE more ALTER COLUMN a TYPE bigint; ALTER TABLE more DISABLE TRIGGER ALL; TRUNCATE more; DROP TABLE more',
	'CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1); ALTER TABLE t RENAME TO u; DROP TABLE u',
	'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 2 $$; DROP FUNCTION f()',
	'CREATE EXTENSION pgcrypto; DROP EXTENSION pgcrypto', 'ALTER SCHEMA public OWNER TO second; ALTER SCHEMA public OWNER TO pg_database_owner', 'ALTER TYPE ltree OWNER TO second', 'ALTER COLLATION "C" OWNER TO second',
	'CREATE TYPE pair AS (a int, b text); CREATE CAST (pair AS text) WITH INOUT; DROP TYPE pair CASCADE', 'ALTER EXTENSION retry_ledger UPDATE',
	'SELECT FROM pg_trigger FOR UPDATE',
	"SELECT retry_run(2, run_table => 'runs', new_run_id => '102', request_id => 'a click')",
	"SELECT retry_run(1, run_table => 'parts', new_run_id => '101', on_refusal => 'record')",
	"SELECT set_retry_policy('runs', max_attempts => 5, reason => 'more')",
	"SELECT set_work_queue('runs', dispatch => 'all'); INSERT INTO runs (id, status) VALUES (20, 'queued');
	 SELECT finish_work(job_id, fence, 'failed') FROM claim_work('runs', 'w')",
	"SELECT record_checkpoint(4, 'queued', 'here', run_table => 'runs')",
	"SELECT grant_credits('a', 5, 'purchased')", 'SELECT fold_retry_metrics()',
	"SELECT accept_ddl('runs', 'CREATE POLICY p ON runs USING (true)', 'asked for')",
	"SELECT accept_ddl('runs', 'DROP POLICY p ON runs', 'asked for')",
	"SELECT govern_write_once('other', '{note}')");
for my $database ('app', 'postgres') {
	works('CREATE AGGREGATE product(float8) (SFUNC = float8mul, STYPE = float8, INITCOND = \'1\')', $database);
	works('CREATE TYPE span AS RANGE (subtype = float8)', $database);
	works('DROP AGGREGATE product(float8)', $database);
	refused('CREATE AGGREGATE mixed(int) (SFUNC = array_agg_transfn, STYPE = internal, FINALFUNC = string_agg_finalfn)', $ddl, $database);
	refused('CREATE CAST (bytea AS varbit) WITHOUT FUNCTION', $ddl, $database);
	sql('CREATE TYPE pair AS (a text)', $database);
	refused($_, $ddl, $database) for (
		"CREATE FUNCTION peek(int8) RETURNS cstring LANGUAGE internal AS 'uuid_out'",
		"CREATE AGGREGATE mixed(int) (SFUNC = array_agg_transfn, STYPE = 'internal', FINALFUNC = string_agg_finalfn)",
		"CREATE FUNCTION peek(int8, int4, bool) RETURNS uuid LANGUAGE plpgsql SUPPORT varchar_support AS 'BEGIN RETURN NULL; END'",
		'CREATE OPERATOR CLASS pairs FOR TYPE pair USING btree AS FUNCTION 1 (pair, pair) btnamecmp(name, name)',
		'CREATE OPERATOR CLASS pairs FOR TYPE pair USING hash AS FUNCTION 1 (pair, pair) int4up(int4)',
		'CREATE LANGUAGE mine HANDLER plpgsql_call_handler INLINE dsimple_init',
		'CREATE TRANSFORM FOR int LANGUAGE plpgsql (FROM SQL WITH FUNCTION varchar_support(internal))',
		'CREATE TEXT SEARCH TEMPLATE mine (INIT = dsimple_init, LEXIZE = dsynonym_lexize)');
	works($_, $database) for (
		'CREATE OPERATOR CLASS pairs FOR TYPE pair USING btree AS FUNCTION 1 (pair, pair) btrecordcmp(record, record); DROP OPERATOR CLASS pairs USING btree',
		"CREATE FUNCTION compared(pair, pair) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 0; END';
		 CREATE OPERATOR CLASS pairs DEFAULT FOR TYPE pair USING btree AS FUNCTION 1 compared(pair, pair); DROP TYPE pair CASCADE",
		'CREATE TEXT SEARCH DICTIONARY mine (TEMPLATE = simple); DROP TEXT SEARCH DICTIONARY mine',
		'CREATE EXTENSION hstore; CREATE EXTENSION bloom; DROP EXTENSION bloom; DROP EXTENSION hstore');
}
works('CREATE DATABASE elsewhere', 'postgres');
works('DROP DATABASE elsewhere', 'postgres');
is(sql("SELECT string_agg(\"check\" || ': ' || detail, ', ') FROM verify_installation('runs') WHERE NOT passed"), '', 'verify_installation finds nothing');
is(sql('SELECT DISTINCT level, complete FROM guard_status()'), 'locked|t', 'and all is locked still, new partitions too');

# ---- Dump and restore: locked again on a server with the library, no writes on one without it.
my $dump = $node->basedir . '/app.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('app') ], 'pg_dump');
new_database('again');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('again'), $dump ], 'pg_restore');
# What our own tables hold, but for refusals, which come whenever something is refused.
my %recorded = (ledger_entry => "WHERE action <> 'refused'", metric_delta => "WHERE metric <> 'refusals'");
my $own_rows = join ';', map { "SELECT '$_', t FROM $_ t " . ($recorded{$_} // '') . ' ORDER BY t::text' }
  split /\n/, sql("SELECT unnest(extconfig)::regclass FROM pg_extension WHERE extname = 'retry_ledger'");
my $restored = sql($own_rows, 'again');
my %dumped = map { $_ => 1 } $restored =~ /^(\w+)\|/mg;
cmp_ok(scalar keys %dumped, '>', 8, 'most of our own tables have rows');
my $unlabelled = 'security label of the database';
is(sql("SELECT DISTINCT level, missing FROM guard_status()", 'again'), qq(guarded|{"end of the restore","$unlabelled"}), 'what a restore misses is named');
refused('ALTER TABLE runs DISABLE TRIGGER ALL', $ddl, 'again');
refused($_, $by_hand, 'again') for ('DELETE FROM retry_ledger.retry', "UPDATE retry_ledger.retry SET voided_at = now()", 'TRUNCATE retry_ledger.request',
	"INSERT INTO retry_ledger.run_key VALUES ('a', 'b') ON CONFLICT (run_table, run_key) DO UPDATE SET run_key = 'c'", 'DELETE FROM pg_trigger');
sql("SELECT lock_governance('runs')", 'again');
is(sql('SELECT DISTINCT level, complete FROM guard_status()', 'again'), 'locked|t', 'and lock_governance mends it');
is(sql($facts, 'again'), sql($facts), 'the facts are the same there');
my @added = ("INSERT INTO retry_ledger.run_key VALUES ('public.runs', '77')", "COPY retry_ledger.checkpoint_invalidation FROM PROGRAM 'true'");
refused($_, $by_hand, 'again') for @added;
sql("INSERT INTO runs (id, status) VALUES (30, 'queued')", 'again');

# Jobs make the triggers of locked tables without waiting for our own rows: at worst these come last.
sub check_jobs {
	my ($database) = @_;
	is(sql($own_rows, $database), $restored, "$database: the same rows of our own tables");
	is(sql($facts, $database), sql($facts), "$database: and the same facts");
	is(sql('SELECT DISTINCT level FROM guard_status()', $database), 'guarded', "$database: until it is used");
	is(sql("BEGIN; UPDATE runs SET status = 'failed' WHERE id IN (4, 5); ROLLBACK; SELECT count(*) FROM retry_ledger.in_use", $database), 0, "$database: a use that is rolled back is none");
	is(sql("UPDATE runs SET status = 'failed' WHERE id IN (4, 5); SELECT count(*) FROM retry_ledger.in_use", $database), 1, "$database: a use is noted once");
	refused($_, $by_hand, $database) for @added;
	my $label = $database =~ /label/ ? '' : qq("$unlabelled");
	is(sql('SELECT DISTINCT missing FROM guard_status()', $database), "{$label}", "$database: with its use the restore is over");
}
my @restores = ([ jobs => '-j2' ], [ more_jobs => '-j4' ], [ sections => map { "--section=$_" } 'pre-data', 'data', 'post-data' ]);
for (@restores)
{
	my ($database, @parts) = @$_;
	new_database($database);
	$node->command_ok([ 'pg_restore', '--exit-on-error', '-j2', $_, '-d', $node->connstr($database), $dump ], "pg_restore $_") for @parts;
	check_jobs($database);
}
my $inserts = $node->basedir . '/inserts.dump';
$node->command_ok([ 'pg_dump', '-Fc', '--inserts', '-f', $inserts, '-d', $node->connstr('app') ], 'pg_dump as INSERTs');
# With its label from the start, as pg_restore --create does it.
for ([ late => $dump ], [ late_label => $inserts ])
{
	my ($database, $file) = @$_;
	new_database($database);
	sql("SECURITY LABEL FOR retry_ledger ON DATABASE $database IS 'locked'", $database) if $database =~ /label/;
	my @entries = split /^/, (run_command([ 'pg_restore', '-l', $file ]))[0];
	my @late = grep { / TABLE DATA retry_ledger (?!governed_table )/ } @entries;
	my @early = grep { !/ TABLE DATA retry_ledger (?!governed_table )/ } @entries;
	for ([ early => @early ], [ late => @late ])
	{
		my ($part, @list) = @$_;
		my $list = $node->basedir . "/$database.$part.list";
		append_to_file($list, join('', @list));
		$node->command_ok([ 'pg_restore', '--exit-on-error', '-L', $list, '-d', $node->connstr($database), $file ], "$database: $part entries");
		# A statement that is refused is no use of it, even on the ledger.
		next if $part eq 'late';
		refused('ALTER TABLE runs DISABLE TRIGGER ALL', $ddl, $database);
		ok($node->poll_query_until($database, "SELECT count(*) > 0 FROM retry_ledger.ledger_entry WHERE action = 'refused'"), "$database: a refusal is recorded");
	}
	check_jobs($database);
}

# ---- What was there before anything was locked, and would be refused now, is named.
sql("CREATE TABLE runs (id int PRIMARY KEY, status text NOT NULL, moods mood[]); SELECT govern_runs('runs');
	CREATE TABLE ranges (id int PRIMARY KEY, status text NOT NULL, moods mood_range); SELECT govern_runs('ranges');
	CREATE TABLE plain (id int PRIMARY KEY, status text NOT NULL); SELECT govern_runs('plain')", 'before');
is(sql('SELECT DISTINCT level FROM guard_status()', 'before'), 'guarded', 'with what was left before the lock: no more than guarded');
is(join("\n", sql("SELECT unnest(missing) FROM guard_status() WHERE run_table = 'public.runs'", 'before') =~ s/pg_toast_\d+/pg_toast_N/r), <<'EXPECTED' =~ s/\n\z//r, 'guard_status names it');
absence of aggregate public.mixed(text), whose state has no type
absence of cast from bytea to bit varying without a function
absence of cast from public.mood to text
absence of cast from text to date
absence of default operator class lies
absence of default operator class moods
absence of foreign key holds_retry_id_fkey of public.holds
absence of function public.order_of(integer,text) in a family of PostgreSQL's
absence of function shadow(character varying) in pg_catalog
absence of index retry_ledger.one_a_reason
absence of language mine
absence of operator <<<(text,text) in pg_catalog
absence of operator family as_built_in, which has =(anyenum,anyenum)
absence of operator family likes, which has >=(text,text)
absence of public.shadow, which has the files of another relation
absence of public.shadowed, which has the files of another relation
absence of row level security on retry_ledger.request
absence of rule nothing on retry_ledger.request
absence of support function btnamecmp(name,name) of operator family pairs
absence of support varchar_support of function public.cut(bigint,integer,boolean)
absence of text search template mine
absence of trigger nothing on retry_ledger.request
index of pg_toast.pg_toast_N, the TOAST table of retry_ledger.retry
EXPECTED
is(sql("SELECT string_agg(what, ', ') FROM (SELECT unnest(missing) AS what FROM guard_status() WHERE run_table = 'public.ranges'
	EXCEPT SELECT unnest(missing) FROM guard_status() WHERE run_table = 'public.runs') x", 'before'), 'absence of operator class moods of range public.mood_range',
	'a range by such an operator class is named where a table has it');
is(sql("SELECT count(*) FROM (SELECT unnest(missing) AS what FROM guard_status() WHERE run_table = 'public.plain') x WHERE what LIKE '%mood%'", 'before'), '0',
	"what is of one table's types isn't said of another");
my $away = 'DROP CAST (text AS date); DROP OPERATOR CLASS lies USING gin; ALTER TABLE holds DROP CONSTRAINT holds_retry_id_fkey;'
  . 'ALTER OPERATOR FAMILY integer_ops USING btree DROP FUNCTION 1 (int, text); DROP OPERATOR pg_catalog.<<< (text, text);'
  . 'DROP FUNCTION pg_catalog.shadow(varchar); DROP INDEX retry_ledger.one_a_reason; DROP CAST (mood AS text);'
  . 'DROP OPERATOR FAMILY as_built_in USING btree; DROP OPERATOR FAMILY likes USING btree;'
  . 'DROP AGGREGATE mixed(text); DROP FUNCTION cut(int8, int4, bool); DROP CAST (bytea AS varbit); DROP TYPE pair CASCADE;'
  . 'DROP LANGUAGE mine; DROP TEXT SEARCH TEMPLATE mine';
is(error_of("SET allow_system_table_mods = on; $away", 'before'), '', 'what is named may go');
like(sql("SELECT missing FROM guard_status() WHERE run_table = 'public.runs'", 'before'), qr/^\{"absence of default operator class moods","absence of public.shadow, /, 'and is named no more');
is(error_of('ALTER COLLATION pg_catalog."en-x-icu" REFRESH VERSION', 'before'), '', "after an upgrade of the system's library a collation's version is refreshed");
refused('ALTER COLLATION pg_catalog."en-x-icu" RENAME TO away', $ddl, 'before');

preload('');
is(sql("SELECT DISTINCT level, missing FROM guard_status() ORDER BY level"), <<'EXPECTED' =~ s/\n\z//r, 'unloaded: named, and what queries would believe now');
guarded|{"retry_ledger in shared_preload_libraries"}
none|{"retry_ledger in shared_preload_libraries","absence of constraint quoted_status_check, which goes by settings"}
EXPECTED
for my $statement ("INSERT INTO runs (id, status) VALUES (40, 'queued')", "UPDATE runs SET error = 'x' WHERE id = 4",
	"INSERT INTO parts_a VALUES (40, 'a', 'queued')", "INSERT INTO journal VALUES ('x')", "SELECT retry_run(3, run_table => 'runs', new_run_id => '103')") {
	like(error_of($statement), qr/LOCK_NOT_HELD: public\.\w+ is locked, and this server doesn't preload retry_ledger/, "unloaded: refused: $statement");
}
preload('retry_ledger');
sql("INSERT INTO runs (id, status) VALUES (40, 'queued')");

# ---- What the planner goes by: indexes that say the same whatever is set.
sub goes_by_index {
	my ($index, $query, $used) = @_;
	my $plan = sql("BEGIN; CREATE INDEX looked_at ON runs $index; SET LOCAL enable_seqscan = off; EXPLAIN (COSTS OFF) SELECT FROM runs WHERE $query; ROLLBACK");
	is(($plan =~ /looked_at/ ? 1 : 0), $used, ($used ? 'believed: ' : 'not believed: ') . $index);
}
goes_by_index(@$_, 1) for (
	[ '(lower(error))', "lower(error) = 'x'" ], [ "((payload ->> 'a'))", "payload ->> 'a' = 'x'" ], [ "(coalesce(error, ''))", "coalesce(error, '') = 'x'" ],
	[ '(md5(error))', "md5(error) = 'x'" ], [ '(btrim(error), length(error))', "btrim(error) = 'x'" ], [ '((error || id))', "error || id = 'x'" ],
	[ '(round(id))', 'round(id) = 1' ], [ 'USING gin (payload jsonb_path_ops)', "payload \@> '{}'" ],
	[ "(tenant_id) WHERE status IN ('queued', 'failed')", "tenant_id = 'a' AND status IN ('queued', 'failed')" ],
	[ "(tenant_id) WHERE error > 'a' || 'b'::varchar(1)", "tenant_id = 'a' AND error > 'ab'" ],
	[ "(date_trunc('day', timestamp '2024-01-01' + id * interval '1 hour'))", "date_trunc('day', timestamp '2024-01-01' + id * interval '1 hour') = '2024-01-02'" ]);
goes_by_index(@$_, 0) for (
	[ "((error || id::float8))", "error || id::float8 = 'x'" ], [ "(tenant_id) WHERE 0.3::float8 || '' = '0.3'", "tenant_id = 'a'" ],
	[ "(tenant_id) WHERE timestamp '2024-01-01' AT TIME ZONE 'IST' < timestamptz '2024-01-02 00:00+00'", "tenant_id = 'a'" ],
	[ "(((timestamp '2024-01-01' + id * interval '1 hour') AT TIME ZONE 'IST'))", "(timestamp '2024-01-01' + id * interval '1 hour') AT TIME ZONE 'IST' = now()" ]);

# What a session sets it finds set, and CHECKs of other tables are believed by it: while a plan is made that reads a locked
# table, and after one has failed.
sql(<<'SQL');
CREATE TABLE unlocked (id int CHECK (id > 0));
INSERT INTO unlocked SELECT generate_series(1, 9);
ANALYZE unlocked;
CREATE FUNCTION excluded() RETURNS void LANGUAGE plpgsql SET constraint_exclusion = on AS $$
DECLARE line text; BEGIN EXECUTE 'EXPLAIN SELECT FROM unlocked WHERE id < 0' INTO line; RAISE EXCEPTION '%', line; END $$;
CREATE FUNCTION planned() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN PERFORM excluded(); RETURN 1; END $$;
SQL
my (undef, $out, $err) = $node->psql('app', <<'SQL', on_error_stop => 0);
SET constraint_exclusion = on;
SELECT FROM unlocked u, runs r WHERE r.id = u.id AND u.id > planned();
BEGIN; CREATE INDEX looked_at ON runs (status); ROLLBACK;
SHOW constraint_exclusion;
EXPLAIN (COSTS OFF) SELECT FROM unlocked WHERE id < 0;
SQL
like($err, qr/ERROR:  Result /, 'a function that is computed while a plan is made: its own setting counts for what it plans');
like($out, qr/^on\nResult$/m, 'what a session has set stays set and counts');

# ---- A copy is a database of its own: guarded as this one, and droppable until it is locked itself.
sub copy_database {
	sql('CREATE DATABASE app_copy TEMPLATE app', 'postgres');
	sql('ALTER DATABASE app_copy SET search_path = public, retry_ledger', 'postgres');
}
copy_database();
is(sql('SELECT DISTINCT level, complete FROM guard_status()', 'app_copy'), 'guarded|f', 'a copy: no more than guarded, says guard_status');
like(join(', ', sql('SELECT DISTINCT missing FROM guard_status()', 'app_copy')), qr/label/, 'for want of the label');
like(error_of($_, 'app_copy'), qr/VIOLATION|DDL_NOT_ALLOWED|PB-S1/, "refused in the copy as well: $_")
  for ('DELETE FROM runs', 'DROP TABLE runs CASCADE', 'ALTER TABLE runs DISABLE TRIGGER ALL', "UPDATE pg_trigger SET tgenabled = 'D'");
works('DROP DATABASE app_copy', 'postgres');
copy_database();
sql("SELECT lock_governance('runs')", 'app_copy');
refused('DROP DATABASE app_copy', qr/cannot drop database app_copy, which has locked tables/, 'postgres');

# ---- What takes two roles takes two logins.
sub as_second { return $node->safe_psql('app', $_[0], extra_params => [ '-U', 'second' ]) }
sub approve { return as_second("SELECT approve_release('$_[0]')") }

# ---- Old partitions go, by two roles.
sql("UPDATE parts SET status = 'failed' WHERE status = 'queued'; SELECT set_retention('parts', '1 microsecond', 'for the test')");
like(error_of("SELECT purge_governed('parts_a', 'old'); SELECT approve_purge('parts_a')"),
	qr/who asked for the purge of public.parts_a can't approve it/, 'a superuser alone purges no partition of a locked table');
refused("UPDATE retry_ledger.governed_table SET pending = jsonb_set(pending, '{purge public.parts_a,by}', '\"second\"')", $by_hand);
like(error_of("SET SESSION AUTHORIZATION second; SELECT approve_purge('parts_a')"),
	qr/who asked for the purge of public.parts_a can't approve it/, 'nor as another role of the same login');
sub by_second { return ($node->psql('app', $_[0], extra_params => [ '-U', 'second' ]))[2] }
my $unaware = qr/must be called by a statement of the client's own/;
like(by_second($_), $unaware, "nor in the second one's session, by what he doesn't know of: $_") for (
	"DO \$\$ BEGIN PERFORM approve_purge('parts_a'); END \$\$", "SELECT approve_purge('parts_a') FROM pg_class",
	"CREATE FUNCTION pg_temp.f() RETURNS SETOF text STABLE BEGIN ATOMIC SELECT item FROM approve_purge('parts_a'); END; SELECT * FROM pg_temp.f()",
	"PREPARE p AS SELECT approve_purge('parts_a'); EXECUTE p", "EXPLAIN ANALYZE SELECT approve_purge('parts_a')",
	"CREATE TEMP VIEW v AS SELECT * FROM approve_purge('parts_a'); TABLE v");
as_second("SELECT approve_purge('parts_a')");
is(sql("SELECT to_regclass('parts_a') IS NULL, count(*) FROM ledger_entry WHERE action = 'purged'"), 't|1', 'by two roles one goes, and the ledger has it');
refused('ALTER TABLE parts DETACH PARTITION parts_b', $ddl);
is(sql('SELECT DISTINCT level, complete FROM guard_status()'), 'locked|t', 'all the rest is in place');

# ---- Columns of a run that ended go, by two roles.
like(error_of("SELECT redact_run('runs', '1', '{error}', 'asked for'); SELECT approve_redaction('runs', '1', '{error}')"),
	qr/who asked for the redaction of run 1 of public.runs can't approve it/, 'a superuser alone redacts no run of a locked table');
refused('UPDATE runs SET error = NULL WHERE id = 1', $fact);
as_second("SELECT approve_redaction('runs', '1', '{error}')");
is(sql("SELECT error IS NULL AND content_hash = ledger_content_hash(r) FROM runs r, ledger_entry WHERE id = 1 AND action = 'redacted'"), 't',
	'by two roles they go, and the ledger has the hash');
is(sql("SELECT count(*) FROM retry WHERE original_error = 'boom' AND run_table = 'public.runs' AND parent_key = '1'"), '0', 'also where a retry kept the error');
refused("UPDATE runs SET error = 'x' WHERE id = 1", $fact);

# ---- The recorded way out, by two roles that both have logged in.
like(error_of("SELECT release_governance('early', 'no longer needed'); SELECT approve_release('early')"),
	qr/who asked for the release of public.early can't approve it/, 'a superuser alone releases no locked table');
sql("SELECT release_governance('early', 'no longer needed')");
like(error_of("SET SESSION AUTHORIZATION second; SELECT approve_release('early')"),
	qr/who asked for the release of public.early can't approve it/, 'nor as another role of the same login');
approve('early');
sql("UPDATE early SET status = 'x'; ALTER TABLE early RENAME TO free; DROP TABLE free");
is(sql("SELECT count(*) FROM pg_shseclabel WHERE provider = 'retry_ledger'"), '5', 'other tables are locked: the label stays');
sub release {
	sql("SELECT release_governance('$_[0]', 'the end')");
	approve($_[0]);
}
release($_) for qw(runs parts loose quoted journal owned);

# The last one, while another session locks a table by the label that it has found.
my $locker = $node->background_psql('app');
$locker->query_safe("BEGIN; CREATE TABLE late (id int PRIMARY KEY); SELECT count(*) FROM govern_append_only('late')");
works("CREATE TABLE meanwhile (id int PRIMARY KEY); SET lock_timeout = '30s'; SELECT count(*) FROM govern_append_only('meanwhile')");
release('meanwhile');
sql("SELECT release_governance('other', 'the end')");
my $approver = $node->background_psql('app', extra_params => [ '-U', 'second' ]);
$approver->query_until(qr/asked/, "\\echo asked\nSELECT count(*) FROM approve_release('other');\n");
$node->poll_query_until('app', "SELECT count(*) = 1 FROM pg_stat_activity WHERE usename = 'second' AND wait_event_type = 'Lock'");
$locker->query_safe('COMMIT');
$approver->query_safe('SELECT 1');
is(sql("SELECT count(*) FROM pg_shseclabel WHERE provider = 'retry_ledger'"), '5', 'what is locked meanwhile keeps the label');
refused('DROP DATABASE app', qr/cannot drop database app, which has locked tables/, 'postgres');
$_->quit for $locker, $approver;
release('late');
is(sql("SELECT count(*) FROM pg_shseclabel WHERE provider = 'retry_ledger'"), '4', 'nothing is locked any more: it goes');
works('DROP EXTENSION retry_ledger CASCADE');
works('DROP DATABASE app', 'postgres');

done_testing();
