"""Kraken's WebSocket 2 book, told by the package `websockets` inside the TLS of Python.

websocket_venue.py CERTIFICATE KEY SYMBOL...   Says `listening PORT`; commands on standard input, `done` after each:
ticks N          every book changes N times
wrong SYMBOL     the next checksum of that book is wrong
lose SYMBOL      the next update of that book is not sent
close CODE       every connection is closed with that code
abort            every connection is ended with no close
books            says each book: `book SYMBOL JSON`
"""
import asyncio
import json
import random
import ssl
import sys
import zlib
from datetime import datetime, timezone

from websockets.asyncio.server import serve

DEPTH = 10


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Book:
    def __init__(self, symbol):
        self.symbol = symbol
        self.random = random.Random(symbol)
        self.sides = {"bids": {}, "asks": {}}
        for i in range(DEPTH):
            self.sides["bids"][100000 - i] = self.size()
            self.sides["asks"][100001 + i] = self.size()
        self.wrong = self.lose = False

    def size(self):
        return self.random.randint(1, 10**10)

    def levels(self, side):
        return sorted(self.sides[side].items(), reverse=side == "bids")[:DEPTH]

    def text(self, levels):
        return ",".join('{"price":%d.%d,"qty":%d.%08d}' % (p // 10, p % 10, s // 10**8, s % 10**8) for p, s in levels)

    def checksum(self):
        if self.wrong:
            self.wrong = False
            return 1
        digits = "".join(f"{p}{s}" for side in ("asks", "bids") for p, s in self.levels(side))
        return zlib.crc32(digits.encode())

    def said(self, kind, bids, asks):
        return (
            '{"channel":"book","type":"%s","data":[{"symbol":"%s","bids":[%s],"asks":[%s],"checksum":%d,'
            '"timestamp":"%s"}]}'
        ) % (kind, self.symbol, self.text(bids), self.text(asks), self.checksum(), now())

    def snapshot(self):
        return self.said("snapshot", self.levels("bids"), self.levels("asks"))

    def change(self):
        side = self.random.choice(["bids", "asks"])
        book = self.sides[side]
        step = self.random.randrange(DEPTH + 3)
        price = 100000 - step if side == "bids" else 100001 + step
        size = 0 if price in book and len(book) > 3 and self.random.random() < 0.3 else self.size()
        if size == 0:
            del book[price]
        else:
            book[price] = size
        self.sides[side] = dict(self.levels(side))
        changed = [(price, size)]
        text = self.said("update", changed if side == "bids" else [], changed if side == "asks" else [])
        lost, self.lose = self.lose, False
        return None if lost else text


class Venue:
    def __init__(self, symbols):
        self.books = {s: Book(s) for s in symbols}
        self.clients = {}

    async def client(self, socket):
        names = [e.name for e in socket.protocol.extensions]
        print("connected", " ".join(names) or "none", flush=True)
        self.clients[socket] = set()
        try:
            await socket.send('{"channel":"status","type":"update","data":[{"system":"online"}]}')
            async for text in socket:
                print("in", text, flush=True)
                await self.heard(socket, json.loads(text))
        finally:
            del self.clients[socket]
            print("gone", socket.close_code, flush=True)

    async def heard(self, socket, message):
        for symbol in message["params"]["symbol"]:
            await socket.send(json.dumps({"method": message["method"], "success": True, "result": {"symbol": symbol}}))
            if message["method"] == "unsubscribe":
                self.clients[socket].discard(symbol)
                continue
            self.clients[socket].add(symbol)
            await socket.send(self.books[symbol].snapshot())

    async def command(self, word, *rest):
        if word == "ticks":
            for _ in range(int(rest[0])):
                for symbol, book in self.books.items():
                    text = book.change()
                    for socket, subscribed in list(self.clients.items()):
                        if text is not None and symbol in subscribed:
                            await socket.send(text)
        elif word in ("wrong", "lose"):
            setattr(self.books[rest[0]], word, True)
        elif word == "close":
            for socket in list(self.clients):
                await socket.close(int(rest[0]), "as told")
        elif word == "abort":
            for socket in list(self.clients):
                socket.transport.abort()
        elif word == "books":
            for symbol, book in self.books.items():
                sides = [[[f"{p // 10}.{p % 10}", "%d.%08d" % divmod(s, 10**8)] for p, s in book.levels(side)] for side in ("bids", "asks")]
                print("book", symbol, json.dumps(sides, separators=(",", ":")), flush=True)
        else:
            raise ValueError(word)


async def main(certificate, key, *symbols):
    venue = Venue(symbols)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with serve(venue.client, "127.0.0.1", 0, ssl=context, ping_interval=0.2, ping_timeout=5) as server:
        print("listening", server.sockets[0].getsockname()[1], flush=True)
        loop = asyncio.get_running_loop()
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            try:
                await venue.command(*line.split())
                print("done", line.strip(), flush=True)
            except Exception as error:
                print("failed", error, flush=True)


asyncio.run(main(*sys.argv[1:]))
