"""TAP, and refusals as the contract has them: token, SQLSTATE, DETAIL, HINT."""
import json
import sys
import traceback

count = 0
failures = 0


def ok(holds, name, why=None):
    global count, failures
    count += 1
    if holds:
        print(f'ok {count} - {name}', flush=True)
    else:
        failures += 1
        print(f'not ok {count} - {name}', flush=True)
        if why is not None:
            for line in str(why).splitlines():
                print(f'#   {line}', flush=True)
    return bool(holds)


def equal(got, expected, name):
    return ok(got == expected, name, f'got:      {got!r}\nexpected: {expected!r}')


def diag(text):
    print(f'# {text}', flush=True)


def fields(error):
    """SQLSTATE, message and diagnostics of an error of psycopg, psycopg2 or SQLAlchemy."""
    error = getattr(error, 'orig', None) or error
    sqlstate = getattr(error, 'sqlstate', None) or getattr(error, 'pgcode', None)
    return sqlstate, error.diag


def refused(call, sqlstate, token, name, kind=Exception, detail=None, constraint=None):
    """The call raises an error of this kind with SQLSTATE, token, a JSON object as DETAIL, and a HINT."""
    try:
        result = call()
    except kind as error:
        got, diag_ = fields(error)
        problems = []
        if got != sqlstate:
            problems.append(f'SQLSTATE {got}')
        if not (diag_.message_primary or '').startswith(token + ':') and not (
                diag_.message_primary or '').startswith(token + ' '):
            problems.append(f'message {diag_.message_primary}')
        evidence = None
        try:
            evidence = json.loads(diag_.message_detail)
        except (TypeError, ValueError):
            problems.append(f'DETAIL {diag_.message_detail}')
        for key, value in (detail or {}).items():
            if evidence is not None and evidence.get(key) != value:
                problems.append(f'DETAIL {key} is {evidence.get(key)!r}, expected {value!r}')
        if not diag_.message_hint:
            problems.append('no HINT')
        if constraint and diag_.constraint_name != constraint:
            problems.append(f'constraint {diag_.constraint_name}')
        return ok(not problems, name, '\n'.join(problems))
    except Exception as error:  # of another kind than the one asked for
        return ok(False, name, f'{type(error).__mro__}: {error}')
    return ok(False, name, f'was not refused: {result!r}')


def run(main):
    """Runs the tests; one that dies is a failure, and the plan comes last."""
    try:
        main()
    except Exception:
        ok(False, 'ran to its end', traceback.format_exc())
    print(f'1..{count}', flush=True)
    sys.exit(1 if failures else 0)
