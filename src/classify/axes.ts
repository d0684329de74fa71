/**
 * The lists that a venue connection is composed from, and the words by which run books name what is on them. Data: one line
 * an item. What a word says of an item holds in the column of its axis; elsewhere it is a hint.
 */

export const AXES = ['network', 'framing', 'recovery', 'snapshot', 'credentials', 'security'] as const;
export type Axis = (typeof AXES)[number];

/** `one`: a venue has one item; `several`: it may have several at once (rungs of a ladder, protections). */
export const HAS: Readonly<Record<Axis, 'one' | 'several'>> = {
  network: 'one',
  framing: 'one',
  recovery: 'several',
  snapshot: 'one',
  credentials: 'one',
  security: 'several',
};

export interface Item {
  readonly id: string;
  readonly says: string;
  /** Whether this version opens it; false: it can be declared, and a transport of your own has to carry it. */
  readonly engine: boolean;
  readonly words: RegExp;
  /** Items that its words may name too, and that are then part of it. */
  readonly over?: readonly string[];
}

const item = (id: string, says: string, words: RegExp, over: readonly string[] = [], engine = true): Item => ({
  id,
  says,
  words,
  over,
  engine,
});

// biome-ignore format: one item a line
export const ITEMS: Readonly<Record<Axis, readonly Item[]>> = {
  network: [
    item('udpMulticast', 'Datagrams sent to a group', /\bmulti-?cast|\bssm\b|\bigmp\b|\bgroups? a and b\b/, ['udpUnicast', 'tcp']),
    item('websocket', 'A WebSocket', /web ?socket|\bwss?\b/, ['tls', 'tcp', 'httpsStream'], false),
    item('httpsStream', 'An HTTPS response that does not end', /\bhttps?\b|chunked/, ['tls', 'tcp'], false),
    item('sftp', 'A file fetched by SFTP', /\bsftp\b/, ['ftp', 'tcp'], false),
    item('ftp', 'A file fetched by FTP', /\bftps?\b/, ['tcp'], false),
    item('rrcp', 'Reuters reliable multicast', /\brrcp\b/, ['udpMulticast', 'udpUnicast'], false),
    item('sqlReplication', 'A replicated database', /\bsql\b|database replica|replicated (?:data|table)/, ['tcp'], false),
    item('tls', 'A TCP connection inside TLS', /\btls\b|\bssl\b|stunnel/, ['tcp'], false),
    item('tcp', 'A TCP connection', /\btcp\b|\bsoupbin|\bsocket\b/),
    item('udpUnicast', 'Datagrams sent to one machine', /\bunicast\b/, ['tcp']),
    item('captureFile', 'A capture', /\bpcap|\bcapture file/),
  ],
  framing: [
    item('fast', 'FAST messages behind a number', /\bfast\b/, ['fixTags', 'packetNumber', 'firstNumberAndCount']),
    item('fixTags', 'tag=value messages', /\bfixt?\b(?! ?ast)|tag ?= ?value/),
    item('webSocketMessage', 'One message a WebSocket frame', /web ?socket (?:message|frame)|json per frame/, ['delimitedText']),
    item('delimitedText', 'Text up to a delimiter', /\bcr ?lf\b|newline|delimit|\bhsvf\b|\bstx\b|json lines/, ['firstNumberAndCount']),
    item('numberedPackets', 'Small packets or messages that each have a number', /\bmach\b|each message (?:has|is) number|numbered message/, ['firstNumberAndCount']),
    item('packetNumber', 'A header with the number of the packet', /packet (?:sequence|number)|number of the packet|per packet/),
    item('firstNumberAndCount', 'A header with the first number and a count', /mold|first (?:sequence )?number|message count|block header|sequenced unit|per message/),
    item('lengthAndType', 'Length and type before each message of a stream', /soup|length and type|length, type/),
  ],
  recovery: [
    item('otherLine', 'Nothing but the other line', /^(?:none|no|nothing|a\/b only|other line only)\b|not public/),
    item('requestOnLines', 'Asked by TCP, answered on lines shared with others', /(?:answers?|replay(?:ed)?|data|retransmissions?) (?:\w+ ){0,3}(?:on|by) (?:\w+ ){0,4}(?:multicast|groups?|lines)|gap request proxy|\bgrp\b/, ['tcpSession', 'tcpOneShot', 'udpRequest', 'snapshotOnly']),
    item('udpRequest', 'Asked by UDP, answered to who asked', /(?:re-?request|request|retransmission|rewind|gap fill|re-?requests?)\b.{0,40}\budp\b|\budp\b.{0,40}(?:re-?request|request|retransmission|rewind|gap fill)/),
    item('tcpOneShot', 'Asked by TCP, one request for each connection', /one[ -]?shot|one request (?:for each|per|each|a) connection|server (?:then )?closes/, ['tcpSession']),
    item('tcpSession', 'Asked and answered on one TCP connection', /same (?:tcp )?connection|\btcp\b.{0,40}(?:replay|retransmission|request|gap fill)|(?:replay|retransmission|request|gap fill)\b.{0,30}\btcp\b/),
    item('resume', 'Log in with the next number', /log ?in with the (?:next|first|number)|resum|with (?:its|the) (?:last )?(?:clk|token|position)/),
    item('inSession', 'Resent within the session', /resend ?request|in[ -]session|gap ?fill messages?/),
    item('snapshotOnly', 'Nothing is asked for: the next snapshot', /snapshots? only|next snapshot|from the snapshot|no (?:request|retransmission)/),
    item('reconnect', 'Connect and subscribe again', /re-?connect|subscribe again|re-?subscribe/, ['otherLine']),
  ],
  snapshot: [
    item('none', 'There is none', /^(?:none|no|nothing)\b/),
    item('requestOnLines', 'Asked by TCP, comes on lines', /(?:request|ask)\w*.{0,60}(?:multicast|groups?|lines)|(?:multicast|groups?|lines)\b.{0,30}on request/, ['loop', 'request']),
    item('loop', 'Lines that repeat it', /loop|cycle|repeat|continuous|snapshot (?:multicast|channel|lines|groups?|feed)|every \d+ s/, ['request']),
    item('request', 'Asked by TCP, comes on the connection', /glimpse|\bspin\b|\bsnap\b|tcp|on request|refresh by|soupbin/),
    item('firstMessages', 'The first messages after a subscription', /first (?:message|price)|after (?:the )?subscri|sub_image|initial image/, ['request']),
    item('inBand', 'On the live lines', /in[ -]?band|on the live/),
  ],
  credentials: [
    item('none', 'No login', /^(?:none|no|nothing)\b|entitle|no log-?in/),
    item('fixLogon', 'A FIX logon', /\bfix\b.{0,20}log-?on|sendercompid|log-?on.{0,20}\bfix\b/, ['userPassword', 'idAndSourceAddress']),
    item('externalLogin', 'A login that another program does', /browser|external log-?in|interactive/, ['userPassword', 'keyAndSession']),
    item('keyAndSession', 'An application key and a session token', /app(?:lication)? ?key|session token/, ['token', 'userPassword']),
    item('apiKey', 'An API key and its secret, with which requests are signed', /api[ -]?key|api secret|signed requests?/, ['token', 'userPassword']),
    item('bearer', 'A token in the Authorization header', /bearer|authorization header/, ['token']),
    item('token', 'A token', /\btoken\b/, ['userPassword']),
    item('userPassword', 'A user name and a password', /passw|\bpwd\b|user ?\/ ?pass/, ['idAndSourceAddress']),
    item('idAndSourceAddress', 'An id; our address is checked too', /(?:\bid|name|user)\b.{0,40}(?:\bip\b|address)|source ?id|comp ?id/),
  ],
  security: [
    item('privateLine', 'A leased line, cross-connect or extranet', /cross-?connect|leased|private|dedicated|extranet|co-?lo/),
    item('sourceAllowList', 'The venue admits addresses that it knows', /allow-?list|white-?list|\bips? controlled|\bby ips?\b|source (?:ip|address)|registered (?:ip|address)|firewall|\bacl\b|\bips?\b.{0,20}(?:known|checked|registered|permission)|address (?:is )?checked/),
    item('vpn', 'A tunnel', /\bvpn\b|ipsec|tunnel/),
    item('mutualTls', 'TLS, both sides show a certificate', /mutual|client certificate|\bmtls\b/, ['tls']),
    item('tls', 'TLS', /\btls\b|\bssl\b|\bhttps\b|\bwss\b|encrypt/),
    item('messageHmac', 'Each message is signed', /\bhmac\b|signed/),
    item('none', 'Nothing protects it', /^(?:none|no|nothing|open|public internet)\b/),
  ],
};

/** What cannot be together: an item, and the items of another axis that it needs. */
export interface Need {
  readonly axis: Axis;
  readonly item: string;
  readonly needs: Axis;
  readonly oneOf: readonly string[];
  readonly because: string;
}

// biome-ignore format: one rule a line
export const NEEDS: readonly Need[] = [
  { axis: 'recovery', item: 'inSession', needs: 'framing', oneOf: ['fixTags'], because: 'only FIX resends within the session' },
  { axis: 'recovery', item: 'requestOnLines', needs: 'network', oneOf: ['udpMulticast', 'rrcp'], because: 'answers on lines need groups' },
  { axis: 'recovery', item: 'otherLine', needs: 'network', oneOf: ['udpMulticast', 'udpUnicast', 'captureFile', 'rrcp'], because: 'a connection has no other line' },
  { axis: 'snapshot', item: 'loop', needs: 'network', oneOf: ['udpMulticast', 'captureFile'], because: 'only lines repeat a snapshot' },
  { axis: 'snapshot', item: 'requestOnLines', needs: 'network', oneOf: ['udpMulticast'], because: 'snapshots on lines need groups' },
  { axis: 'snapshot', item: 'firstMessages', needs: 'network', oneOf: ['tcp', 'tls', 'websocket', 'httpsStream'], because: 'a group has no subscription' },
  { axis: 'credentials', item: 'fixLogon', needs: 'framing', oneOf: ['fixTags', 'fast', 'packetNumber'], because: 'a FIX logon belongs to FIX messages, on the line or for its recovery' },
  { axis: 'credentials', item: 'bearer', needs: 'network', oneOf: ['httpsStream', 'websocket'], because: 'the header is one of HTTP' },
  { axis: 'framing', item: 'webSocketMessage', needs: 'network', oneOf: ['websocket'], because: 'frames are those of a WebSocket' },
  { axis: 'framing', item: 'lengthAndType', needs: 'network', oneOf: ['tcp', 'tls'], because: 'it parts a stream' },
  { axis: 'security', item: 'messageHmac', needs: 'network', oneOf: ['tcp', 'tls', 'websocket', 'httpsStream'], because: 'nobody signs datagrams for all' },
];

/** What a column is about, by its title. */
// biome-ignore format: one column a line
export const COLUMNS: Readonly<Record<Axis | 'venue' | 'feed' | 'region' | 'decoder' | 'notes' | 'source' | 'unconfirmed', RegExp>> = {
  venue: /^(?:venue|exchange|market|mic|name|counterparty)\b/,
  feed: /^(?:feed|product|service|data ?set)\b/,
  region: /^(?:region|area)\b/,
  network: /^(?:network|transport|connectivity|delivery|connection|wire|network protocol)\b/,
  framing: /^(?:framing|packet|header|encapsulation|session layer|protocol)\b/,
  recovery: /^(?:recovery|retrans|gap|replay|retransmission)/,
  snapshot: /^(?:snapshot|refresh|image|late join)/,
  credentials: /^(?:credential|auth|log-?in|log-?on|user)/,
  security: /^(?:security|encryption|access|protection)/,
  decoder: /^(?:decoder|message|payload|specification|spec)\b/,
  notes: /^(?:note|comment|remark|description)/,
  source: /^(?:source|document|reference)/,
  unconfirmed: /^(?:unconfirmed|not confirmed|open points)/,
};
export type ColumnName = keyof typeof COLUMNS;
