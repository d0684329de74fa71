"""Reads market data by packages of others; a line of JSON for each message: its values in the order of the wire.

Arguments: ``itch FILE`` (a BinaryFILE of ITCH 5.0, by itchfeed), or ``iex FILE`` (a capture of DEEP 1.0, by iex-parser).
Text loses its padding, prices are numbers of the currency, times are nanoseconds (of IEX: whole seconds).
"""

import json
import sys
from datetime import datetime
from decimal import Decimal


def plain(value):
    if isinstance(value, bytes):
        return value.decode("latin-1").rstrip(" ")
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, Decimal):
        return float(value)
    return value


def itch(path):
    from itch.parser import MessageParser

    with open(path, "rb") as file:
        for message in MessageParser().parse_file(file):
            values = dict(vars(message))
            row = [message.message_type]
            row += [values.pop(name) for name in ("stock_locate", "tracking_number", "timestamp")]
            values.pop("reserved", None)
            for name, value in values.items():
                price = "price" in name and isinstance(value, int)
                row.append(message.decode_price(name) if price else value)
            print(json.dumps([plain(v) for v in row]))


def iex(path):
    from iex_parser import DEEP_1_0, Parser

    with Parser(path, DEEP_1_0) as reader:
        for message in reader:
            if "adjusted_poc_close" in message:
                # A price like the others, which the package leaves unscaled.
                message = {**message, "adjusted_poc_close": message["adjusted_poc_close"] / 10**4}
            print(json.dumps([plain(v) for v in message.values()]))


if __name__ == "__main__":
    {"itch": itch, "iex": iex}[sys.argv[1]](sys.argv[2])
