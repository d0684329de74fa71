"""A client of a venuewire gateway: follows a book and prints it, behind lost connections too.

    pip install websockets
    GATEWAY_TOKEN=… python3 gateway_client.py http://127.0.0.1:8080 totalview AAPL [--changes N]
"""
import argparse
import asyncio
import json
import os
from decimal import Decimal

import websockets


class Book:
    """Levels by price; prices and sizes are exact."""

    def __init__(self):
        self.sides = {"bid": {}, "ask": {}}
        self.sequence, self.stale = 0, False

    def snapshot(self, message):
        depth = message["depth"]
        for side, levels in (("bid", depth["bids"]), ("ask", depth["asks"])):
            self.sides[side] = {Decimal(price): (Decimal(size), orders) for price, size, orders in levels}
        self.sequence, self.stale = message["sequence"], depth["stale"]

    def delta(self, message):
        if message["after"] != self.sequence:
            raise ValueError(f"a delta of {message['after']}, and the book is at {self.sequence}")
        for side, price, size, orders in message["levels"]:
            if size == "0":
                self.sides[side].pop(Decimal(price), None)
            else:
                self.sides[side][Decimal(price)] = (Decimal(size), orders)
        self.sequence, self.stale = message["sequence"], message["stale"]

    def depth(self):
        def levels(side, downwards):
            return [[str(p), str(s), o] for p, (s, o) in sorted(self.sides[side].items(), reverse=downwards)]

        return {"bids": levels("bid", True), "asks": levels("ask", False), "sequence": self.sequence}


async def follow(url, venue, instrument, changes):
    """Prints the book whenever it is another; ends behind so many changes."""
    book, session = Book(), None
    async for socket in websockets.connect(url.replace("http", "ws", 1) + "/v1/stream", subprotocols=["venuewire.json"]):
        try:
            if token := os.environ.get("GATEWAY_TOKEN"):
                await socket.send(json.dumps({"op": "authenticate", "token": token}))
            request = {"op": "subscribe", "id": 1, "venue": venue, "category": "depth", "instrument": instrument}
            if session is not None:
                request["resume"] = {"session": session, "sequence": book.sequence}
            await socket.send(json.dumps(request))
            async for text in socket:
                for message in json.loads(text):
                    kind = message["type"]
                    if kind == "error":
                        raise SystemExit(f"{message['error']['code']}: {message['error']['message']}")
                    if kind == "subscribed":
                        session = message["session"]
                    elif kind in ("snapshot", "delta"):
                        getattr(book, kind)(message)
                        print(json.dumps(book.depth()), flush=True)
                        changes -= 1
                        if changes == 0:
                            return
        except websockets.ConnectionClosed:
            continue  # `connect` rests, and connects again


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("url")
    options.add_argument("venue")
    options.add_argument("instrument")
    options.add_argument("--changes", type=int, default=-1, help="end behind so many; default: never")
    given = options.parse_args()
    asyncio.run(follow(given.url.rstrip("/"), given.venue, given.instrument, given.changes))
