"""A department in Python that keeps the participant's rules: `python department --help`.

The generated modules are made before with grpcio-tools; PYTHONPATH names their folder.
"""

import argparse
import json
import pathlib

import faults
import health
import ledger
import server


def main():
    parser = argparse.ArgumentParser(prog="department", description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT")
    parser.add_argument("--database", default="department.db", metavar="FILE")
    parser.add_argument("--births", type=pathlib.Path, metavar="FILE", help="hospital records to begin with, as JSON")
    parser.add_argument("--certificates", type=pathlib.Path, metavar="FILE", help="certificates to begin with, as JSON")
    parser.add_argument("--fault", choices=sorted(faults.FAULTS), help="break a rule, to see that it is noticed")
    arguments = parser.parse_args()
    if arguments.fault:
        faults.FAULTS[arguments.fault]()
    kept = ledger.Ledger(arguments.database, health.MATTERS, health.SCHEMA)
    with kept.transaction() as db:
        for table, file in (("birth", arguments.births), ("certificate", arguments.certificates)):
            for row in json.loads(file.read_text()) if file else ():
                marks = ", ".join("?" * len(row))
                db.execute(f"INSERT OR IGNORE INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    server.serve(kept, arguments.listen)


main()
