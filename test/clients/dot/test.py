"""What state_machine_dot and retry_lineage_dot give is drawn by the real dot, with every name as it is."""
import html
import json
import re
import subprocess

import psycopg

import tap

ODD = ['say "hi"', 'back\\slash\\', 'a & b &lt;', 'new\\nline', '{curly|<port>}', 'größe']
TABLES = """
CREATE TABLE jobs (id text PRIMARY KEY, tenant_id text, status text, error text);
SELECT * FROM govern_runs('jobs', statuses => jsonb_build_object('initial', '["queued"]'::jsonb, 'active', %s::jsonb,
  'ended', '["completed", "failed"]'::jsonb), transitions => %s::jsonb);
"""


def drawn(dot):
    """The titles and texts of nodes and edges of the picture."""
    svg = subprocess.run(['dot', '-Tsvg'], input=dot, capture_output=True, text=True, check=True, encoding='utf-8')
    tap.equal(svg.stderr, '', 'dot has nothing to say')
    groups = re.findall(r'<g id="[^"]*" class="(node|edge)">(.*?)</g>', svg.stdout, re.S)
    texts = {'node': [], 'edge': []}
    for kind, body in groups:
        words = re.findall(r'<text [^>]*>(.*?)</text>', body, re.S)
        texts[kind].append([html.unescape(word).replace('\xa0', ' ') for word in words])
    return texts


def machine(connection):
    picture = drawn(connection.execute("SELECT state_machine_dot('jobs')").fetchone()[0])
    shown = [''.join(words) for words in picture['node'] if words]
    tap.equal(sorted(shown), sorted(['queued', 'completed', 'failed'] + ODD), 'a node for each status, named as it is')
    tap.equal(len(picture['edge']), 1 + 2 * len(ODD), 'an arrow for each transition, and one for the birth')


def lineage(connection):
    key = 'run "1" \\ & <b>'
    connection.execute('INSERT INTO jobs VALUES (%s, %s, %s)', (key, 'acme', 'queued'))
    for status in [ODD[0], 'failed']:
        connection.execute('UPDATE jobs SET status = %s, error = %s WHERE id = %s', (status, 'no "luck" \\N', key))
    connection.execute("SELECT retry_run(%s::text, reason => %s, run_table => 'jobs', new_run_id => 'run 2')", (key, 'why \\G & how'))
    picture = drawn(connection.execute("SELECT retry_lineage_dot('run 2', 'jobs')").fetchone()[0])
    tap.equal(picture['node'], [[key, 'attempt 1: failed', 'no "luck" \\N'], ['run 2', 'attempt 2: queued']],
              'a node for each run, with what it says')
    tap.equal(picture['edge'][0][0], 'why \\G & how', 'the arrow says why')


def main():
    ways = {'queued': ODD, **{status: ['failed'] for status in ODD}}
    with psycopg.connect(autocommit=True) as connection:
        cursor = psycopg.ClientCursor(connection)
        cursor.execute(TABLES, (json.dumps(ODD), json.dumps(ways)))
        machine(connection)
        lineage(connection)


tap.run(main)
