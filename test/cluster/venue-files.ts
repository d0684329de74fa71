// Venue files with a deployment, one for each network.
const HEAD = (name: string): string => `apiVersion: venuewire.io/v1alpha1
kind: VenueConnection
metadata: { name: ${name}, namespace: markets }
`;
const LOGIN = `{ type: userPassword, username: 'file:/run/secrets/venuewire/user', password: 'file:/run/secrets/venuewire/password' }`;

export const FILES: Readonly<Record<string, string>> = {
  host: `${HEAD('totalview')}spec:
  decoder: nasdaq-totalview-itch-5.0
  lines:
    A: { type: udpMulticast, address: '233.54.12.111:26477', interface: ens1f0, receive: afXdp }
    B: { type: udpMulticast, address: '233.49.196.111:26477', interface: ens1f1 }
  recovery:
    - { type: waitForOtherLine, for: 1ms }
    - { type: request, pattern: soupbintcp-replay, servers: ['10.1.1.5:18300', 'replay.example:18300'], credentials: ${LOGIN} }
  deployment:
    image: registry.example/venuewire@sha256:0123
    network: { type: host }
    resources: { cpu: '2', memory: 4Gi }
    secret: totalview-login
    nodeSelector: { venuewire.io/line: nasdaq }
`,
  macvlan: `${HEAD('optiq')}spec:
  decoder: nasdaq-totalview-itch-5.0
  lines:
    A: { type: udpMulticast, address: '233.54.12.111:26477', interface: line-a }
    B: { type: udpMulticast, address: '233.49.196.111:26477', interface: line-b, receive: packetRing }
  recovery:
    - { type: waitForOtherLine, for: 1ms }
    - { type: request, pattern: moldudp64-rerequest, servers: ['10.1.1.1:17000', 'rerequest.example:17000'] }
  deployment:
    image: registry.example/venuewire@sha256:0123
    network: { type: macvlan, parents: { line-a: ens1f0, line-b: ens1f1 } }
`,
  pod: `${HEAD('kraken')}spec:
  decoder: kraken-spot-2
  lines: { A: { type: websocket, url: 'wss://ws.kraken.com/v2' } }
  integrity: { images: [bookSnapshot], changes: [bookUpdate], depth: 10, checksum: { algorithm: crc32, field: checksum, levels: 10 } }
  subscription:
    instruments: [BTC/USD]
    subscribe: [{ method: subscribe, params: { channel: book, depth: 10, symbol: '{instruments}' } }]
    recover: subscription
  deployment:
    image: registry.example/venuewire@sha256:0123
    network: { type: pod }
    resources: { cpu: 500m, memory: 512Mi }
`,
};
