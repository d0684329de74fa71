// What a newcomer does first: decode a message, replay a capture. Prints what came and how long it took, as JSON.
const began = performance.now();
const since = () => Number((performance.now() - began).toFixed(1));
const { itch50 } = await import('venuewire/decoders/itch50');
const bytes = Uint8Array.from([0x53, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x4f]);
const { message, fields } = itch50.decode(bytes);
const firstMessageMs = since();
const { openFeed } = await import('venuewire');
const { udpMulticast } = await import('venuewire/patterns');
const { nasdaqTotalView } = await import('venuewire/venues/nasdaq-totalview');
const venue = nasdaqTotalView({ lines: { A: udpMulticast('233.54.12.111:26477') } });
const feed = await openFeed(venue, { capture: { file: process.argv[2] } });
let orders = 0;
const { messages, statistics } = await feed.run({ addOrder: () => orders++ });
console.log(
  JSON.stringify({
    ...{ node: process.versions.node, arch: process.arch, message, eventCode: fields.eventCode },
    ...{ messages, orders, abandoned: statistics.ledger.abandoned, firstMessageMs, firstCaptureMs: since() },
  }),
);
