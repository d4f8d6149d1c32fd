"""Reports by SQL, as DuckDB answers them: what scripts/bench report compares with.

    sql_report.py FOLDER THREADS      FOLDER holds touches.csv, records.csv and channels.csv

Loads native tables, says its version, and then answers every line of model names with one of JSON: how long one query for
all of them took, and what each gives every channel, in minor units.
"""

import json
import sys
import time

import duckdb

HALF_LIFE = 7 * 86_400

# A touch's share of its record's value; what a model needs to know beyond its own row is joined.
SHARES = {
    "linear": "value / n",
    "last-touch": "CASE WHEN pos = n THEN value ELSE 0 END",
    "position-based": """CASE WHEN n = 1 THEN value WHEN n = 2 THEN value / 2
        WHEN pos = 1 OR pos = n THEN value * 0.4 ELSE value * 0.2 / (n - 2) END""",
    "time-decay": f"value * pow(0.5, age / {HALF_LIFE}.0) / weight",
}

WEIGHTS = f"SELECT record, sum(pow(0.5, age / {HALF_LIFE}.0)) AS weight FROM touches GROUP BY record"


def query(models):
    """One statement for all of the models."""
    shares = ", ".join(f"sum({SHARES[model]})" for model in models)
    weights = f"JOIN ({WEIGHTS}) USING (record)" if "time-decay" in models else ""
    # A touch that gets nothing need not be looked at.
    only = "WHERE pos = n" if models == ["last-touch"] else ""
    sums = f"SELECT channel, {shares} FROM touches JOIN records USING (record) {weights} {only} GROUP BY channel"
    return f"WITH sums AS ({sums}) SELECT name, sums.* EXCLUDE (channel) FROM sums JOIN channels USING (channel)"


def load(folder, threads):
    database = duckdb.connect()
    database.execute(f"SET threads = {threads}")
    database.execute("CREATE TABLE channels (channel UTINYINT, name VARCHAR)")
    database.execute("CREATE TABLE records (record INTEGER, value DOUBLE)")
    database.execute("CREATE TABLE touches (record INTEGER, pos UTINYINT, n UTINYINT, channel UTINYINT, age INTEGER)")
    for table in ("channels", "records", "touches"):
        database.execute(f"COPY {table} FROM '{folder}/{table}.csv' (HEADER false)")
    return database


def main():
    folder, threads = sys.argv[1], int(sys.argv[2])
    database = load(folder, threads)
    print(f"DuckDB {duckdb.__version__}", flush=True)
    for line in sys.stdin:
        sql = query(line.split())
        began = time.perf_counter()
        rows = database.execute(sql).fetchall()
        seconds = time.perf_counter() - began
        channels = {name: list(sums) for name, *sums in rows}
        print(json.dumps({"seconds": seconds, "channels": channels}), flush=True)


main()
