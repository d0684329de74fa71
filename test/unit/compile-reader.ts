/** Reads the compiled form of a venue back, as native/core does: what the tests hold against declarations. */
const VARIABLE = [
  'begin',
  'last',
  'end',
  'count',
  'session',
  'channel',
  'correlation',
  'clientSequence',
  'image',
  'time',
  'echo',
  'asked',
  'sentTime',
  'filledTo',
];
const ENCODING = ['uintBig', 'uintLittle', 'digitsLeftBlank', 'digitsLeftZero', 'raw', 'fix', 'fixTime', 'rawRight'];
const ACTION = [
  'ignore',
  'loginAccepted',
  'loginRejected',
  'status',
  'begin',
  'complete',
  'message',
  'packet',
  'unavailable',
  'answer',
  'echo',
  'goodbye',
  'snapshotNumber',
  'snapshotEnd',
  'image',
  'snapshotMessage',
  'snapshotBegin',
  'snapshotItem',
  'sessionEnd',
  'answerNumber',
  'subscriptionRejected',
  'sessionUnavailable',
];

export function readSpec(spec: Uint8Array) {
  const data = new DataView(spec.buffer, spec.byteOffset, spec.byteLength);
  let at = 0;
  const take = <T>(size: number, get: () => T): T => {
    const v = get();
    at += size;
    return v;
  };
  const u8 = (): number => take(1, () => data.getUint8(at));
  const u16 = (): number => take(2, () => data.getUint16(at, true));
  const u32 = (): number => take(4, () => data.getUint32(at, true));
  const i32 = (): number => take(4, () => data.getInt32(at, true));
  const u64 = (): bigint => take(8, () => data.getBigUint64(at, true));
  const i64 = (): bigint => take(8, () => data.getBigInt64(at, true));
  const raw = (): string => {
    const n = u16();
    return take(n, () => Buffer.from(spec.subarray(at, at + n)).toString('latin1'));
  };
  const list = <T>(read: () => T): T[] => Array.from({ length: u32() }, read);
  /** `offset:size`, byte order, digits, bits; undefined where there is none. */
  const field = (): string | undefined => {
    const [offset, size, big, digits, tag, text, shift, mask] = [u16(), u8(), u8(), u8(), u8(), u8(), u8(), u64()];
    if (size === 0) return undefined;
    const bits = shift === 0 && mask === 0xffff_ffff_ffff_ffffn ? '' : `>>${shift}&${mask}`;
    return `${offset}:${size}${text ? 'T' : tag ? 't' : digits ? 'd' : big ? 'b' : 'l'}${bits}`;
  };
  const condition = (): string | undefined => {
    const [f, v] = [field(), u64()];
    return f === undefined ? undefined : `${f}=${v}`;
  };
  const framing = () => ({
    header: u16(),
    shortest: u16(),
    packetLength: [field(), i32()],
    packetDelimiter: u16(),
    sequence: field(),
    sequenceHigh: field(),
    count: field(),
    channel: field(),
    sendTime: [field(), u32(), field()],
    session: { at: u16(), size: u8(), shift: u8(), mask: u64(), big: u8(), ordered: u8() },
    numbering: u8(),
    zeroIsUnsequenced: u8(),
    manyPackets: u8(),
    wrap: [u64(), u64()],
    kinds: list(() => [condition(), condition(), u8(), u8()]),
    controls: list(() => [condition(), condition(), u8(), u8(), field(), field(), u8(), u8()]),
    item: [field(), field()],
    message: { length: field(), add: i32(), prefix: u16(), trailer: u16(), align: u8(), delimiter: u16(), table: u8() },
    fix: u8(),
    restarts: u8(),
  });
  const template = () => ({
    bytes: raw(),
    fix: u8(),
    patches: list(() => {
      const [offset, width, encoding, variable, add] = [u16(), u8(), u8(), u8(), i64()];
      return `${VARIABLE[variable]}${add === 0n ? '' : `+${add}`} ${ENCODING[encoding]} @${offset}:${width}`;
    }),
  });
  const rule = () => ({
    first: condition(),
    second: condition(),
    inMessage: u8(),
    do: ACTION[u8()],
    number: field(),
    last: field(),
    key: field(),
    payload: u16(),
    session: [u16(), u8()],
    inclusive: u8(),
    outcomes: list(() => [u64(), u8()]),
    otherwise: u8(),
    answers: list(() => `${field()} ${VARIABLE[u8()]}`),
  });
  const out = {
    version: u32(),
    framings: list(framing),
    lines: list(() => ({
      name: raw(),
      role: u8(),
      channel: i32(),
      framing: u16(),
      group: raw(),
      port: u16(),
      interface: raw(),
      source: raw(),
      receive: raw(),
      line: u8(),
    })),
    channels: list(() => ({
      key: u64(),
      join: u8(),
      sessionFixed: u8(),
      session: [u64(), u64()],
      resumeSession: [u64(), u64()],
      resumeNumber: u64(),
      window: [u32(), u32(), u32(), u64()],
    })),
    rungs: list(() => ({ kind: u8(), requester: u16(), tries: u16(), timeout: i64(), packets: u32(), channel: i32() })),
    requesters: list(() => ({
      name: raw(),
      tcp: u8(),
      purpose: u8(),
      lifecycle: u8(),
      channel: i32(),
      servers: list(() => `${raw()}:${u16()}`),
      localAddress: raw(),
      framing: u16(),
      repliesAreFeed: u8(),
      onePerDatagram: u8(),
      serial: u8(),
      needsImage: u8(),
      login: template(),
      request: template(),
      heartbeat: template(),
      logout: template(),
      rules: list(rule),
      limits: list(() => [u32(), i64()]),
      rangeMax: u64(),
      ageMax: u64(),
      connectTimeout: i64(),
      loginTimeout: i64(),
      heartbeatEvery: i64(),
      silence: i64(),
      loginGap: i64(),
      cooldown: i64(),
      patience: i64(),
      packetBytes: u32(),
      snapshotFrom: u8(),
      snapshotNumber: u8(),
      snapshotCount: u8(),
      resume: template(),
      probe: template(),
      answer: template(),
      gapFill: template(),
      subscribe: list(template),
      resend: list(template),
      peer: list(() => `${u16()}=${raw()}`),
      probeAfter: i64(),
      reconnect: [i64(), i64()],
      resent: condition(),
      refresh: u32(),
      refreshTimeout: i64(),
      line: u8(),
    })),
    selection: {
      types: raw(),
      unknown: u8(),
      byInstrument: u8(),
      instruments: list(u64),
      symbols: list(raw),
      directory: [u16(), u16(), u8()],
    },
  };
  return { ...out, catalogue: spec.subarray(at) };
}
