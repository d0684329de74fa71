"""Reads files of events with pyarrow, DuckDB and databento, and prints what they hold as JSON lines.

read_events.py table FILE...   rows of Arrow or Parquet files (by ending), as the CSV of `venuewire events` has them
read_events.py schema FILE     name, type, and metadata of each field of an Arrow file
read_events.py sql FILE        what DuckDB counts in a Parquet file, by kind and action
read_events.py book MBO        the levels that the records of an MBO file leave behind, by the rules of DBN
read_events.py levels MBO MBP  holds every record of an MBP file against a book built of the MBO file; prints how many agree
read_events.py frame FILE      schema, columns and first symbols of a DBN file as databento's data frame
read_events.py last MBP        the levels of the last record of each instrument
"""

import json
import sys
import warnings

warnings.simplefilter("ignore")
DIGITS = 10**9
UNDEFINED = 2**63 - 1


def decimal(value, exponent):
    if value is None:
        return None
    if exponent == 127 or exponent >= 0:
        return str(value * (1 if exponent == 127 else 10**exponent))
    sign = "-" if value < 0 else ""
    digits = str(abs(value)).rjust(1 - exponent, "0")
    return f"{sign}{digits[:exponent]}.{digits[exponent:]}"


def table(path):
    import pyarrow.ipc as ipc
    import pyarrow.parquet as pq

    if path.endswith(".parquet"):
        read = pq.read_table(path)
    elif path.endswith(".arrows"):
        read = ipc.open_stream(path).read_all()
    else:
        read = ipc.open_file(path).read_all()
    index = read.schema.get_field_index("receiveTime")
    read = read.set_column(index, "receiveTime", read["receiveTime"].cast("int64"))
    for row in read.to_pylist():
        row["price"] = decimal(row["price"], row.pop("priceExponent"))
        row["size"] = decimal(row["size"], row.pop("sizeExponent"))
        for name in ("eventTime", "receiveTime", "sequence"):
            row[name] = str(row[name])
        row["orderId"] = str(row["orderId"] or 0)
        row["side"] = None if row["side"] == "none" else row["side"]
        del row["instrument"]
        print(json.dumps(row))


def schema(path):
    import pyarrow.ipc as ipc

    for field in ipc.open_file(path).schema:
        meta = {k.decode(): v.decode() for k, v in (field.metadata or {}).items()}
        print(json.dumps({"name": field.name, "type": str(field.type), "nullable": field.nullable, "metadata": meta}))


def sql(path):
    import duckdb

    text = "select kind, action, count(*), count(price), sum(orderId)::varchar from read_parquet(?) group by all order by all"
    for row in duckdb.execute(text, [path]).fetchall():
        print(json.dumps(row))


class Book:
    """Orders of one instrument, by the rules that Databento states for MBO records."""

    def __init__(self):
        self.orders = {}

    def apply(self, record):
        action, key = str(record.action), record.order_id
        if action == "A" or action == "M":
            self.orders[key] = [str(record.side), record.price, record.size]
        elif action == "C" and key in self.orders:
            self.orders[key][2] -= record.size
            if self.orders[key][2] == 0:
                del self.orders[key]
        elif action == "R":
            self.orders.clear()

    def levels(self, side):
        found = {}
        for of, price, size in self.orders.values():
            if of == side:
                had = found.get(price, (0, 0))
                found[price] = (had[0] + size, had[1] + 1)
        rows = sorted(found.items(), reverse=side == "B")
        return [(price, size, orders) for price, (size, orders) in rows]


def records(path):
    import databento_dbn as dbn

    decoder = dbn.DBNDecoder()
    with open(path, "rb") as file:
        decoder.write(file.read())
    return decoder.decode()


def symbols(metadata):
    return {
        int(interval["symbol"]): symbol for symbol, intervals in metadata.mappings.items() for interval in intervals
    }


def book(path):
    metadata, *rest = records(path)
    names, books = symbols(metadata), {}
    for record in rest:
        books.setdefault(record.instrument_id, Book()).apply(record)
    for number, one in books.items():
        sides = [[[p / DIGITS, s, n] for p, s, n in one.levels(side)] for side in "BA"]
        if sides[0] or sides[1]:
            print(json.dumps({"symbol": names[number], "bids": sides[0], "asks": sides[1]}))


def levels(mbo, mbp):
    _, *orders = records(mbo)
    _, *shown = records(mbp)
    count = len(shown[0].levels)
    books, before, at = {}, {}, 0
    empty = [(UNDEFINED, 0, 0)] * count
    for record in orders:
        action, number = str(record.action), record.instrument_id
        if action == "F":
            continue
        one = books.setdefault(number, Book())
        if action != "T":
            one.apply(record)
        now = [(one.levels(side) + empty)[:count] for side in "BA"]
        if action == "T" or now != before.get(number, [empty, empty]):
            told = shown[at]
            at += 1
            theirs = [
                [(level.bid_px, level.bid_sz, level.bid_ct) for level in told.levels],
                [(level.ask_px, level.ask_sz, level.ask_ct) for level in told.levels],
            ]
            same = theirs == now and (told.sequence, str(told.action), str(told.side), told.price, told.size) == (
                record.sequence,
                action,
                str(record.side),
                record.price,
                record.size,
            )
            if not same:
                print(json.dumps({"agree": at - 1, "of": len(shown), "record": str(told), "book": str(now)}))
                return
        before[number] = now
    print(json.dumps({"agree": at, "of": len(shown)}))


def last(path):
    metadata, *rest = records(path)
    names, ends = symbols(metadata), {}
    for record in rest:
        ends[record.instrument_id] = record
    for number, record in ends.items():
        bids = [[v.bid_px / DIGITS, v.bid_sz, v.bid_ct] for v in record.levels if v.bid_px != UNDEFINED]
        asks = [[v.ask_px / DIGITS, v.ask_sz, v.ask_ct] for v in record.levels if v.ask_px != UNDEFINED]
        print(json.dumps({"symbol": names[number], "bids": bids, "asks": asks}))


def frame(path):
    import databento

    store = databento.DBNStore.from_file(path)
    data = store.to_df()
    print(json.dumps({"schema": str(store.schema), "rows": len(data), "symbols": sorted(set(data["symbol"].dropna()))}))


what, *files = sys.argv[1:]
{"table": table, "schema": schema, "sql": sql, "book": book, "levels": levels, "frame": frame, "last": last}[what](*files)
