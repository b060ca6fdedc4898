# role: owner
# tries: to attach a partition in a snapshot that doesn't see its rows yet, in each isolation level
# none: bites
# guarded: held
# locked: held
# errors: 40001
# setup: INSERT INTO app.days VALUES ('2024-03-05'), ('2024-04-05'), ('2024-05-05')
from sessions import LEVELS, Session

for i, level in enumerate(LEVELS, start=3):
    owner, other = Session(), Session()
    other.ask(f'CREATE TABLE more_{i} (LIKE day_runs INCLUDING ALL)')
    owner.ask(f'BEGIN ISOLATION LEVEL {level}')
    owner.ask('SELECT count(*) FROM app.customers')
    other.ask(f"INSERT INTO more_{i} (id, day, status, attempt, is_retry) VALUES ({90 + i}, '2024-0{i}-05', 'completed', 1, false)")
    owner.ask(f"ALTER TABLE day_runs ATTACH PARTITION more_{i} FOR VALUES FROM ('2024-0{i}-01') TO ('2024-0{i + 1}-01')")
    owner.ask('COMMIT')
    owner.close()
    other.close()
