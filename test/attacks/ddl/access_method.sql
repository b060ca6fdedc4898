-- role: superuser
-- tries: a table access method of somebody's
-- none: harmless
-- guarded: held
-- locked: held
CREATE ACCESS METHOD other TYPE TABLE HANDLER heap_tableam_handler;
ALTER TABLE app.runs SET ACCESS METHOD other;
ALTER TABLE app.log SET ACCESS METHOD other;
