"""Reports by SQL, as DuckDB answers them: what scripts/bench report compares with.

    sql_report.py FOLDER THREADS      FOLDER holds touches.csv, records.csv and channels.csv

Loads native tables, says its version, and then answers every line of JSON ({"models": […], "prepared": …}) with one of JSON:
how long one query for all of the models took, and what each gives every channel, in minor units.

There are two sets of tables of the same rows. The plain ones hold what is known of a touch: its record, when it was and
its channel. The prepared ones hold what a model needs to know too, worked out beforehand: the touch's position, how many there
are, and how long before the last one it was.
"""

import json
import sys
import time

import duckdb

HALF_LIFE = 7 * 86_400

DECAY = f"pow(0.5, age / {HALF_LIFE}.0)"

# A touch's share of its record's value.
SHARES = {
    "linear": "value / n",
    "last-touch": "CASE WHEN pos = n THEN value ELSE 0 END",
    "position-based": """CASE WHEN n = 1 THEN value WHEN n = 2 THEN value / 2
        WHEN pos = 1 OR pos = n THEN value * 0.4 ELSE value * 0.2 / (n - 2) END""",
    "time-decay": f"value * {DECAY} / weight",
}

# Over plain rows, times stand for positions; what a record's touches are together is joined.
PLAIN_SHARES = {
    "linear": "value / n",
    "last-touch": "CASE WHEN happened = last_at THEN value ELSE 0 END",
    "position-based": """CASE WHEN n = 1 THEN value WHEN n = 2 THEN value / 2
        WHEN happened = first_at OR happened = last_at THEN value * 0.4 ELSE value * 0.2 / (n - 2) END""",
    "time-decay": f"value * pow(0.5, (last_at - happened) / {HALF_LIFE}.0) / weight",
}


def prepared(models):
    """One statement over prepared rows."""
    shares = ", ".join(f"sum({SHARES[model]})" for model in models)
    weigh = f"SELECT record, sum({DECAY}) AS weight FROM prepared GROUP BY record"
    weights = f"JOIN ({weigh}) USING (record)" if "time-decay" in models else ""
    # A touch that gets nothing need not be looked at.
    only = "WHERE pos = n" if models == ["last-touch"] else ""
    return f"SELECT channel, {shares} FROM prepared JOIN records USING (record) {weights} {only} GROUP BY channel"


def plain(models):
    """One statement over plain rows; last touch alone has a shorter one."""
    if models == ["last-touch"]:
        last = "SELECT record, arg_max(channel, happened) AS channel FROM touches GROUP BY record"
        return f"SELECT channel, sum(value) FROM ({last}) JOIN records USING (record) GROUP BY channel"
    shares = ", ".join(f"sum({PLAIN_SHARES[model]})" for model in models)
    bounds = "SELECT record, count(*) AS n, min(happened) AS first_at, max(happened) AS last_at FROM touches GROUP BY record"
    weights = ""
    if "time-decay" in models:
        decay = f"sum(pow(0.5, (last_at - happened) / {HALF_LIFE}.0))"
        weights = f"JOIN (SELECT record, {decay} AS weight FROM touches JOIN bounds USING (record) GROUP BY record) USING (record)"
    sums = f"SELECT channel, {shares} FROM touches JOIN bounds USING (record) JOIN records USING (record) {weights} GROUP BY channel"
    return f"WITH bounds AS ({bounds}) {sums}"


def load(folder, threads):
    database = duckdb.connect()
    database.execute(f"SET threads = {threads}")
    database.execute("CREATE TABLE channels (channel UTINYINT, name VARCHAR)")
    database.execute("CREATE TABLE records (record INTEGER, value DOUBLE)")
    database.execute("CREATE TABLE prepared (record INTEGER, pos UTINYINT, n UTINYINT, channel UTINYINT, age INTEGER)")
    for table, file in (("channels", "channels"), ("records", "records"), ("prepared", "touches")):
        database.execute(f"COPY {table} FROM '{folder}/{file}.csv' (HEADER false)")
    # Two touches of one second are told apart, as their order tells them apart elsewhere.
    at = "2000000000::BIGINT * 64 - age::BIGINT * 64 + pos"
    database.execute(f"CREATE TABLE touches AS SELECT record, ({at}) / 64.0 AS happened, channel FROM prepared")
    return database


def main():
    folder, threads = sys.argv[1], int(sys.argv[2])
    database = load(folder, threads)
    print(f"DuckDB {duckdb.__version__}", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        sums = prepared(asked["models"]) if asked["prepared"] else plain(asked["models"])
        sql = f"SELECT name, sums.* EXCLUDE (channel) FROM ({sums}) AS sums JOIN channels USING (channel)"
        began = time.perf_counter()
        rows = database.execute(sql).fetchall()
        seconds = time.perf_counter() - began
        channels = {name: list(values) for name, *values in rows}
        print(json.dumps({"seconds": seconds, "channels": channels}), flush=True)


main()
