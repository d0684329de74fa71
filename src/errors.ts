/**
 * Every error of this library: its code, what causes it, and what to do about it. An error thrown has a message of its own,
 * which names the place, and a hint, which may be closer to it than the remedy here. Native code uses the same codes; a
 * test holds this table to every use. One line adds a code.
 */
import { printable } from './printable.js';

/** What causes an error, and what to do about it. */
export type ErrorMeaning = readonly [cause: string, remedy: string];

/** What to do about every error of a FIX message's bytes. */
export const DAMAGED_FIX = 'The bytes are damaged, or no FIX message of this version begins here.';
const CHECK_TEMPLATES = 'Check that the templates are those of the feed and of the day.';
const LOST_BEFORE =
  'A message was lost before this one, or the templates are not those of the feed: reset the decoder.';
const REPORTABLE = "Decode with { reportable: 'accepted' } when the venue's encoder is known to do this.";
const CORRECT_TABLE = 'Correct the message table.';
const CORRECT_RECORD = 'Correct the record; its schema is in schema/venue.schema.json.';
const FITTING_VALUE = 'Give a value that the field can hold.';

// biome-ignore format: one line a code
/** The FAST specification's errors by their own names. A program that only decodes FAST carries these and no others. */
export const FAST_ERRORS = {
  VW_FAST_S1: ['[ERR S1] The templates are not well formed.', 'The templates file is not one: take it as the venue publishes it.'],
  VW_FAST_S2: ['[ERR S2] An operator does not apply to the field’s type.', 'This operator is not for fields of this type.'],
  VW_FAST_S3: ['[ERR S3] An initial value cannot be converted.', 'The initial value cannot be a value of the field.'],
  VW_FAST_S4: ['[ERR S4] A constant has no initial value.', 'A constant needs a value.'],
  VW_FAST_S5: ['[ERR S5] A mandatory default has no initial value.', 'A mandatory field with a default needs a value.'],
  VW_FAST_D2: ['[ERR D2] An integer is beyond its type.', CHECK_TEMPLATES],
  VW_FAST_D3: ['[ERR D3] A decimal cannot be written by its operators.', 'The operators of the exponent and the mantissa do not allow this value.'],
  VW_FAST_D4: ['[ERR D4] A dictionary entry has another type.', 'Two fields of different types share one dictionary entry: check the templates.'],
  VW_FAST_D5: ['[ERR D5] A mandatory field has no previous value.', LOST_BEFORE],
  VW_FAST_D6: ['[ERR D6] The previous value of a mandatory field is empty.', LOST_BEFORE],
  VW_FAST_D7: ['[ERR D7] A subtraction length is longer than the text.', LOST_BEFORE],
  VW_FAST_D8: ['[ERR D8] A template that is referred to is not there.', 'The file lacks a template that another one refers to.'],
  VW_FAST_D9: ['[ERR D9] A template identifier of the stream is unknown.', 'Take the templates file of the day: the stream has a message that this one does not know.'],
  VW_FAST_D12: ['[ERR D12] A block size is not right.', 'The stream is not in blocks, or is out of step.'],
  VW_FAST_R1: ['[ERR R1] A decimal’s exponent is beyond −63 … 63.', CHECK_TEMPLATES],
  VW_FAST_R2: ['[ERR R2] Text is not as its character set says.', CHECK_TEMPLATES],
  VW_FAST_R4: ['[ERR R4] An integer does not fit its field.', LOST_BEFORE],
  VW_FAST_R6: ['[ERR R6] An integer is longer than it needs to be.', REPORTABLE],
  VW_FAST_R7: ['[ERR R7] A presence map is longer than it needs to be.', REPORTABLE],
  VW_FAST_R8: ['[ERR R8] A presence map has too many bits.', REPORTABLE],
  VW_FAST_R9: ['[ERR R9] A string is longer than it needs to be.', REPORTABLE],
  VW_FAST_END: ['The bytes end inside a FAST message.', 'Give the whole message, or wait for more of the stream.'],
  VW_FAST_LIMIT: ['A FAST message is beyond a bound.', 'The bytes are damaged, the templates are not theirs, or the limit is too low.'],
  VW_FAST_VALUE: ['A value cannot be written by the template.', 'Give a value of the field’s type.'],
} satisfies Readonly<Record<`VW_FAST_${string}`, ErrorMeaning>>;

// biome-ignore format: one line a code
const own = {
  // ── loading ──
  VW_ADDON_CONTRACT: ['The native addon is of another version than the library.', 'Install venuewire again, or build the addon: npm run build:native.'],
  VW_ADDON_LOAD: ['The native addon is there but cannot be loaded.', 'Build it from source, or install a package that carries a prebuild for this platform.'],
  VW_ADDON_NOT_FOUND: ['There is no native addon for this platform.', 'Build it from source, or install a package that carries a prebuild for this platform.'],
  VW_ARGUMENT: ['A call of the native addon has arguments of other types than declared.', 'Compare the call with src/native.ts.'],
  VW_DOORBELL: ['This runtime offers no event loop that the feed could wake.', "Open the feed with { wake: 'poll' }."],
  VW_ENVIRONMENT_ENDED: ['A feed is opened in a thread that is ending.', 'Open no feed in a worker that is being terminated.'],
  VW_MEMORY: ['There is not enough memory.', 'Lower ringBytes and the venue’s window, or give the process more.'],
  VW_PEER_MISSING: ['An optional package is needed and not installed.', 'Install the packages that the message names.'],
  VW_THREAD: ['No thread could be started.', 'Raise the limit of threads (ulimit -u, pids.max), or close other feeds.'],
  VW_SPEC: ['A compiled declaration does not fit the addon.', 'Use the library and the addon of one version.'],

  // ── feeds ──
  VW_COLUMN: ['A field cannot be a column.', 'Name a fixed numeric field of the message.'],
  VW_CPU: ['The feed thread could not be pinned to the CPU.', 'Choose a CPU this process may use (taskset -p), or leave cpu out.'],
  VW_EPOLL: ['The kernel gave no event loop, or would not watch a socket.', 'Raise the limit of open files (ulimit -n), or close other feeds.'],
  VW_FEED: ['The feed stopped without saying why.', 'See docs/tuning.md.'],
  VW_EVENT: ['A listener waits for an event that there is not.', 'Use the name of a notice (docs/notices.md), or notice for all of them.'],
  VW_FEED_BUSY: ['The feed is already being read in another way.', 'Use one of run, for await and poll, once for each feed; open a second feed to read twice.'],
  VW_HANDLER: ['A handler is for a message that the decoder does not have, is no function, or is async.', 'Correct the name (the decoder’s messages are in `names`); in place of an async handler read `feed.objects()`.'],
  VW_LINE_OPEN: ['The socket of a line could not be opened.', 'Check the group, the interface and the rights: venuewire doctor, docs/tuning.md.'],
  VW_TRANSPORT: ['A transport that carries a line or a server has thrown, or has given no connection.', 'Correct the transport; where it has thrown, the error is the cause.'],
  VW_TRANSPORT_EVENT: ['A transport has told what it cannot tell: bytes, a time, an address or a reason of another kind.', 'Correct the call; nothing of it has been taken.'],
  VW_TRANSPORT_FULL: ['A transport has pushed on although it was told that this is enough.', 'Stop reading when bytes or datagram returns false, and go on when resume is called.'],
  VW_OPTION: ['An option of openFeed is not known, or not of its type or range.', 'Correct the option.'],
  VW_NUMA: ['There is no such NUMA node, or this process may use none of its CPUs.', 'Choose a node of ls /sys/devices/system/node, or leave numaNode out.'],
  VW_REALTIME: ['The thread may not have a real-time priority.', 'Grant CAP_SYS_NICE with the command that the message names, raise the limit (ulimit -r), or leave it out.'],
  VW_RECEIVE_ABSENT: ['No venuewire-dpdk fills the ring that the interface of the line names.', 'Start it (docs/receive.md), or use receive: socket.'],
  VW_RECEIVE_BUSY: ['Another program has the interface’s XDP program or queue.', 'End it, or use receive: socket.'],
  VW_RECEIVE_MEMORY: ['The receive backend may not lock so much memory.', 'Raise the limit (ulimit -l), grant CAP_IPC_LOCK, or give a smaller receiveBufferBytes.'],
  VW_RECEIVE_RIGHT: ['The receive backend needs a right that this process does not have.', 'Grant it with the command that the message names, or use receive: socket.'],
  VW_RECEIVE_RING: ['The ring of venuewire-dpdk is not laid out as this version reads it.', 'Build venuewire-dpdk from this version, and start it again.'],
  VW_RECEIVE_UNSUPPORTED: ['The kernel, the driver or the interface cannot do what the receive backend needs.', 'Use receive: socket, or auto.'],
  VW_LIVE_UNSUPPORTED: ['Multicast and UDP lines are received on Linux alone.', 'Replay a capture (capture: { file }), certify the venue in the simulator (venuewire certify), or run this part on Linux.'],
  VW_RECORD_WRITE: ['The recording could not be written.', 'Make room where it goes; what is in the file is whole.'],
  VW_RING: ['The ring is not as the core needs it, or a packet does not fit it.', 'Give a larger ringBytes.'],
  VW_RING_CONTRACT: ['The ring is written by a core of another version.', 'Use the library and the addon of one version.'],
  VW_RING_DAMAGED: ['Another thread has written into the ring.', 'Give the ring’s memory to nobody who writes into it; only the tail is the reader’s.'],
  VW_RING_SIZE: ['A ring of that size cannot be made.', 'Use a power of two from 65536 to 1073741824.'],
  VW_BOOK_ROLES: ['The table does not say what its messages mean for books.', 'Give the table `events`.'],
  VW_BOOK_KEPT: ['The feed keeps these books itself.', 'Read them; call take only for books of a feed that was opened without `books` and `events`.'],
  VW_BOOK_CHECKPOINT: ['The bytes are no checkpoint of these books.', 'Pass what books.checkpoint() gave, with the same decoder and bounds that are not lower; or begin without one.'],
  VW_DBN_SCHEMA: ['The feed has not what the DBN schema is made of.', 'Use a schema that the message names, or Arrow or Parquet.'],
  VW_DBN_VALUE: ['An event has a value that DBN has no room for.', 'Convert to Arrow or Parquet, which hold every event as it is.'],
  VW_EVENTS: ['The feed was opened without events.', 'Open it with { events: true }.'],
  VW_PIPELINES: ['The venue declares pipelines, and this way of opening it does not run them.', 'Run it by runPipelines of venuewire/sinks or venuewire run, or leave pipelines out of the declaration.'],
  VW_LOG_CLOSED: ['The writer of a log has been closed.', 'Open another one.'],
  VW_LOG_DAMAGED: ['Bytes of a log are not what was written, and entries behind them were durable.', 'See how much it is: venuewire log verify FOLDER. Copy the log back from where it is kept, or end it before the damage: venuewire log cut FOLDER.'],
  VW_LOG_DECODER: ['The decoder of a log is not there.', 'Pass { decoder } with the table that the log was written with.'],
  VW_LOG_EMPTY: ['There is no log in the folder.', 'Check the path; a log is made by its writer: openLogWriter, or a pipeline with a log as its sink.'],
  VW_LOG_EVENTS: ['A log of events has no books.', 'Take books from a log of messages.'],
  VW_LOG_FULL: ['Entries were dropped because the disk did not take them in time.', 'Give the log a faster disk or a larger queueBytes, or let it wait.'],
  VW_LOG_GONE: ['An entry of a log is not there any more, or not yet.', 'Begin with the first entry that is there (venuewire log stats FOLDER), or keep segments for longer.'],
  VW_LOG_LOCKED: ['A log has a writer already.', 'End it; one writer writes, any number read.'],
  VW_LOG_OPEN: ['A log cannot be opened.', 'Check the path, the permissions and the room.'],
  VW_LOG_OPTION: ['An option of a log is not understood, or out of range.', 'docs/event-log.md names them.'],
  VW_LOG_OTHER: ['The log is of another feed.', 'Use a folder for each feed.'],
  VW_LOG_SYNC: ['The disk did not confirm that entries outlive a power cut.', 'Look at the disk (dmesg, smartctl); the entries are named in the log.'],
  VW_LOG_TORN: ['A writer was killed while it wrote, and what was not whole was cut off.', 'Nothing to do: it had not been acknowledged. The bytes are kept in a file ending in .torn.'],
  VW_IPC_CLOSED: ['The writer of shared memory has been closed.', 'Open another one.'],
  VW_IPC_DAMAGED: ['What lies in shared memory is not what its writer puts there.', 'Another process has written into the file: keep it where only its writer and readers may (mode 0660).'],
  VW_IPC_DECODER: ['The decoder of what is in shared memory is not there.', 'Pass { decoder } with the table of the feed.'],
  VW_IPC_LOST: ['A reader of shared memory was overtaken by its writer.', 'Read faster, or open the writer with more bytes; what was lost is in the log, by its positions.'],
  VW_IPC_OPEN: ['Shared memory cannot be opened.', 'Check the path, the permissions and the room; /dev/shm is memory. A reader needs a writer that has begun.'],
  VW_IPC_OPTION: ['An option of shared memory is not understood, or out of range.', 'docs/proxy.md names them.'],
  VW_IPC_TAKEN: ['Shared memory has a writer already.', 'End it, or choose another name; one writer writes, any number read.'],
  VW_PROXY_OPEN: ['A proxy cannot listen, or its log is not the feed’s.', 'Choose a port that is free (UDP and TCP), and a folder for each feed.'],
  VW_PROXY_OPTION: ['An option of a proxy is not understood, or out of range.', 'docs/proxy.md names them.'],
  VW_PROXY_VENUE: ['A recovery proxy cannot speak for a venue.', 'A proxy speaks MoldUDP64 and SoupBinTCP: see docs/proxy.md.'],
  VW_LOG_VERSION: ['A log is of another version.', 'Read it with the version of the library that its first block names.'],
  VW_SINK_OPTION: ['A pipeline or its sink asks for what cannot be done.', 'Correct the pipeline; schema/venue.schema.json describes it.'],
  VW_QUERY: ['A query could not be done.', 'Correct the SQL, or the path.'],
  VW_SINK_OPEN: ['A sink could not be opened.', 'Check that the server runs and lets this user in, or the path and its permissions.'],
  VW_SINK_SILENT: ['A server neither answered nor ended the connection.', 'It is connected anew and what it does not have is written again. Look at the server: stopped, without a leader, or its disk or memory full. queue.answerMs says how long is waited.'],
  VW_SPILL_OPEN: ['The folder where a sink spills to cannot be used.', 'Check the path, the permissions and the room; one process uses it at a time.'],
  VW_KAFKA_GONE: ['What a consumer is to read next is no longer in the log.', 'Keep the topic for longer (retention.ms), or begin at what it has.'],
  VW_SERVICE: ['A service of the registry is not there or cannot run.', 'See venuewire service list for what there is and what it needs.'],
  VW_RING_RECORD: ['The ring holds no sound record where one should be.', 'Take each batch once, before the next is asked for.'],
  VW_SELECT_SYMBOL: ['A symbol to select is longer than the venue’s symbols.', 'Write it as the venue does.'],

  // ── captures ──
  VW_CAPTURE_EMPTY: ['The capture holds no message of the feed.', 'Give a capture of that feed.'],
  VW_CAPTURE_FORMAT: ['The file is no capture of a known format.', 'pcap, pcapng and length-prefixed BinaryFILE are read, plain or gzip.'],
  VW_CAPTURE_LINE: ['It cannot be told which captured packets are for which line.', "Name the destinations: { lines: { A: 'group:port' } }."],
  VW_CAPTURE_MALFORMED: ['The capture is damaged or cut.', 'Everything before the fault was delivered. Record the capture again, or cut it there.'],
  VW_CAPTURE_OPEN: ['The capture file could not be opened.', 'Check the path and the permissions.'],

  // ── internet venues ──
  VW_JSON_SYNTAX: ['A message is no JSON.', 'Record it, and compare it with what the venue documents.'],
  VW_JSON_DEPTH: ['A message has too many objects and arrays within each other.', 'Raise the limit only if the venue documents such messages.'],
  VW_JSON_SIZE: ['A message is longer than allowed.', 'Raise the limit if the venue documents such messages.'],
  VW_JSON_FIELD: ['A known field of a message is missing, or of another type.', 'Compare the message with what the venue documents.'],
  VW_JSON_NUMBER: ['A number cannot be held exactly by the table.', 'The table needs another scale for this venue.'],
  VW_INTEGRITY: ['The way in which a venue is checked is not declared as it must be.', CORRECT_RECORD],
  VW_RECORDING: ['A recording of a venue that sends text cannot be read.', 'Give a recording of the venue: a frame or a message a line, plain or gzip (docs/internet.md).'],
  VW_RECORDING_SIZE: ['A line of a recording, or what it becomes, is larger than allowed.', 'Cut the recording into parts that begin with images.'],
  VW_JSON_PLAN: ['The rules of a table for JSON are not sound.', CORRECT_TABLE],

  VW_SUBSCRIPTION: ['What is said to a venue that sends text is not declared, or not as it must be.', 'Give the venue its `instruments`; schema/venue.schema.json describes the rest.'],
  VW_SUBSCRIPTION_REFUSED: ['The venue has refused what was asked of it.', 'Correct the instruments or the depth, or the credentials, by what the venue says.'],
  VW_LOGIN_REFUSED: ['The venue does not let us in.', 'Check the credentials and what they entitle to; a token may have expired. It is tried again with the longest rest.'],
  VW_IMAGE_MISSING: ['No image of an instrument came that fits.', 'Check that the instrument is traded and the depth is one that the venue offers; the connection is made anew.'],
  VW_MAINTENANCE: ['The venue says that it is under maintenance.', 'Wait: it is connected to again when the venue ends the connection, with growing rests. Until then what it tells is as it says.'],
  VW_CLOCK_SKEW: ['Our clock and the venue’s differ by more than is allowed.', 'Set the clock by NTP or PTP (chronyc tracking); signed requests are refused with a wrong one, and latencies mean nothing. Raise `clock.within` if the venue’s times are of another kind.'],
  VW_FILE_URL: ['The address of a reference file cannot be used.', 'Give sftp://host/path, ftps://host/path, or ftp://host/path with clear: true, and the login as credentials.'],
  VW_FILE_HOST_KEY: ['The SFTP server is not known by its key.', 'Ask the venue for the fingerprint of its key (ssh-keygen -l shows it as SHA256:…) and name it in hostKeys; a key that has changed without notice may be somebody else’s.'],
  VW_FILE_LOGIN: ['A server of files does not let us in.', 'Check user, password and key, and whether the venue admits this address.'],
  VW_FILE_MISSING: ['A reference file is not there.', 'Check the path, which begins at the root of the server, and whether the venue has put the file there yet.'],
  VW_FILE_SIZE: ['A reference file is larger than allowed.', 'Check the path; raise `most` if the venue has such files.'],
  VW_FILE_CHECKSUM: ['A reference file is not what its checksum says.', 'The part has been removed: fetch it again; if it is so again, take the checksum of the same day.'],
  VW_FILE_TRANSFER: ['A reference file did not come, however often it was tried.', 'Check the network and the server. What has come is kept: the next call goes on behind it.'],
  VW_PROXY: ['A proxy opens no tunnel.', 'Check its address and login (407), and whether it allows CONNECT to this host and port.'],
  VW_SILENCE: ['A connection brought nothing for longer than the venue allows.', 'Check the network; raise `silence` if the venue may be quiet for longer. It is connected to again.'],
  VW_MESSAGE_SIZE: ['A message is longer than allowed.', 'Raise `most` of the subscription if the venue documents such messages.'],
  VW_HTTP_STATUS: ['The server answered with an error.', 'Check the address; else the venue is at fault or in maintenance: it is tried again.'],
  VW_HTTP_RATE: ['The server says that there were too many requests or connections.', 'Use fewer connections, or lower `rates`. It is tried again after the rest that the server asks for.'],
  VW_HTTP_REDIRECT: ['The server points to another address. It is not followed: the login would go along.', 'Check the new address with the venue, and declare it.'],
  VW_WEBSOCKET: ['A WebSocket does not do as its protocol says.', 'Check that the address is the venue’s; a proxy may stand in between.'],
  VW_WEBSOCKET_CLOSE: ['The venue closed the WebSocket for a reason.', 'Mend what it names; it is connected to again.'],

  // ── gateway ──
  VW_GATEWAY_CONNECTION: ['A gateway cannot be reached, or ended the connection.', 'Check the address and that the gateway runs; a client connects again by itself.'],
  VW_GATEWAY_DRAINING: ['The gateway is closing.', 'Ask another one, or this one when it has been started again.'],
  VW_GATEWAY_LIMIT: ['A bound of the gateway is reached.', 'Ask for less, or have the bound raised: docs/gateway.md lists them.'],
  VW_GATEWAY_LISTEN: ['The gateway cannot listen there.', 'Choose another port, or an address of this machine.'],
  VW_GATEWAY_METHOD: ['The gateway answers GET alone.', 'Ask with the method GET.'],
  VW_GATEWAY_NOT_FOUND: ['There is no such path, venue or instrument for this user.', 'GET /v1/openapi.json lists the paths, /v1/venues the venues.'],
  VW_GATEWAY_OPTION: ['An option of a gateway is not understood, or not safe.', 'Correct the option; docs/gateway.md lists them.'],
  VW_GATEWAY_ORIGIN: ['A web page of another origin asks, or the gateway is asked by another name.', 'Allow the origin: --origin https://desk.example.'],
  VW_GATEWAY_RATE: ['Somebody asks more often than the gateway allows.', 'Wait as long as the answer says; use streams instead of asking again and again.'],
  VW_GATEWAY_REQUEST: ['A request or a message to the gateway is not as it must be.', 'Correct it; docs/gateway.md and /v1/openapi.json say how.'],
  VW_GATEWAY_SCOPE: ['The token has no right to this.', 'Use a token with this scope, or ask whoever runs the gateway.'],
  VW_GATEWAY_TOKEN: ['There is no token, or one that is not known.', 'Send it as the header Authorization: Bearer TOKEN, or as the first message of the WebSocket.'],

  // ── TLS ──
  VW_TLS_CLIENT: ['The server wants a certificate of ours, and there is none or it does not accept it.', 'Declare mutualTls with the certificate and key that the venue has registered; renew them if they have expired.'],
  VW_TLS_ENDED: ['The server ended the connection behind the handshake, before it sent a byte.', 'It may want a certificate of ours, or another one: declare mutualTls with the one that the venue has registered. Else it refuses the login or the address: ask the venue.'],
  VW_TLS_EXPIRED: ['The server’s certificate has expired, or is not good yet.', 'Check this machine’s clock; else the venue must renew its certificate.'],
  VW_TLS_FILE: ['Certificate, key or revocation list cannot be used.', 'Give PEM files, and the key that belongs to the certificate.'],
  VW_TLS_HANDSHAKE: ['TLS could not be agreed upon with the server.', 'Compare the versions and ciphers that both sides allow: openssl s_client -connect HOST:PORT.'],
  VW_TLS_NAME: ['The server’s certificate is of another name.', 'Connect by the name that the certificate has, or declare it as `serverName`; check that the address is the venue’s.'],
  VW_TLS_NONE: ['What answers there does not speak TLS.', 'Check the port: nothing is sent in clear instead.'],
  VW_TLS_REVOCATION_LIST: ['The revocation list is missing, expired or not of this signer.', 'Fetch the present list (PEM) of every certificate authority in the chain.'],
  VW_TLS_REVOKED: ['The server’s certificate has been revoked.', 'Do not connect: ask the venue. Its new certificate is taken without a change here.'],
  VW_TLS_UNTRUSTED: ['The server’s certificate is signed by nobody who is trusted here.', 'Give the certificate of the venue’s authority as `ca` of the security tls; for a self-signed one, the certificate itself.'],
  VW_TLS_VERSION: ['The server and we allow no version of TLS in common.', 'The server must offer TLS 1.2 or later; lower `minimum` only if it was raised.'],

  // ── venues and patterns ──
  VW_CREDENTIAL_FIELD: ['A credential cannot stand in that field.', 'Put credentials into text fields.'],
  VW_CREDENTIAL_INLINE: ['A credential is written into the declaration.', "Use env('NAME') or file('PATH'): credentials are never written into a declaration."],
  VW_CREDENTIAL_MISSING: ['The variable or file of a credential is not there.', 'Set it, or correct the reference.'],
  VW_CREDENTIAL_PART: ['The pattern needs a part that these credentials do not have.', 'Use credentials of the type that the pattern needs.'],
  VW_CREDENTIAL_UNUSED: ['Credentials are declared that no message of the pattern holds.', 'Leave them out, or use the pattern that sends them.'],
  VW_DECODER: ['The decoder cannot be used here.', 'Choose another: venuewire list decoders.'],
  VW_DECODER_AMBIGUOUS: ['Several feeds have that name.', 'Name the venue and the feed, or give the id of the decoder.'],
  VW_DECODER_UNKNOWN: ['There is no decoder of that id.', 'See venuewire list decoders.'],
  VW_FRAMING: ['A framing is not declared as it must be.', CORRECT_RECORD],
  VW_FRAMING_UNKNOWN: ['There is no framing of that id.', '`venuewire list framings` shows them; or write the record inline.'],
  VW_MODULE: ['A module of your own cannot be loaded, or exports nothing of the kind.', 'Check the path and what the module exports.'],
  VW_NETWORK: ['A line or an address is not declared as it must be.', 'Correct the address.'],
  VW_NETWORK_NO_ENGINE: ['The network type can be declared, but nothing here opens it.', 'Use udpMulticast or udpUnicast lines and tcp or udp servers, or a capture file.'],
  VW_RECOVERY_FRAMING: ['The recovery does not fit the framing of the feed.', 'Use the recovery that the venue has for this feed.'],
  VW_RECOVERY: ['A recovery is not declared as it must be.', CORRECT_RECORD],
  VW_SECURITY_NO_ENGINE: ['The protection can be declared, but nothing here runs it.', 'Leave it out only where the connection is protected in another way.'],
  VW_SECURITY_ADDRESS: ['The address that the venue admits is none of this machine.', 'Give the address that the venue has registered to an interface of this machine, or correct `sourceAllowList`.'],
  VW_SECURITY_VPN: ['The VPN that the venue is reached by is not up.', 'Start the tunnel, then open the feed again; or correct `interface` and `route`.'],
  VW_SNAPSHOT: ['A snapshot is not declared as it must be.', CORRECT_RECORD],
  VW_SNAPSHOT_NO_ENGINE: ['The kind of snapshot can be declared, but nothing here runs it.', "Use a snapshot from 'request', 'loop' or 'requestOnLines', or leave the rung out."],
  VW_STREAM: ['A stream is not declared as it must be.', CORRECT_RECORD],
  VW_VENUE: ['A venue is not declared as it must be.', CORRECT_RECORD],
  VW_VENUE_FIELD: ['A message has no such field at a fixed place.', 'Name one of its fields.'],
  VW_VENUE_FILE: ['The venue file could not be read, or holds no venue.', 'Check the path; a module exports the venue as its default.'],
  VW_VENUE_FLAT: ['The venue file has the form of before metadata and spec.', 'Write it as the message shows: the declarations belong below spec.'],
  VW_VENUE_FIX: ['A FIX message is declared with tags that the engine fills in.', 'Leave out 9 and 10; 8 comes first.'],
  VW_VENUE_LADDER: ['The rungs of a recovery stand in an order that makes no sense.', 'Put the wait first.'],
  VW_VENUE_LINES: ['A channel has more lines than can be arbitrated, or the same line twice.', 'Leave some out.'],
  VW_VENUE_PARAMETER: ['The pattern needs a parameter that the venue does not give.', 'Give it under `parameters` of the rung.'],
  VW_VENUE_REPLY: ['A reply rule cannot be compiled.', 'Say it as the message describes.'],
  VW_VENUE_SESSION: ['The session that the venue names cannot be one of its framing.', 'Write it as the venue does, or leave it out.'],
  VW_VENUE_SYNTAX: ['The venue file is no YAML or JSON.', 'Correct it at the line that the message names.'],
  VW_VENUE_UNKNOWN: ['There is no venue of that id.', 'See venuewire list venues.'],
  VW_VENUE_UNRESOLVED: ['A venue refers to decoders or patterns by ids that have not been loaded.', "Open it with openFeed, or pass it through resolveVenue of 'venuewire/venues/load'."],
  VW_VENUE_VARIABLE: ['A field cannot hold the variable.', 'Use a number or text field.'],

  // ── message tables ──
  VW_ENCODE: ['A value does not fit its field.', FITTING_VALUE],
  VW_ENCODE_BYTES: ['Bytes are longer than their field.', FITTING_VALUE],
  VW_ENCODE_COUNT: ['A group has other than the entries that its count allows.', FITTING_VALUE],
  VW_ENCODE_FIELD: ['The message has no such field.', 'Name one of its fields.'],
  VW_ENCODE_RANGE: ['A number is beyond its field.', FITTING_VALUE],
  VW_ENCODE_SPACE: ['The message is longer than the buffer.', 'Give a larger buffer.'],
  VW_ENCODE_TEXT: ['A text is longer than its field, or has characters that it cannot hold.', FITTING_VALUE],
  VW_ENCODE_VERSION: ['A part is given that the version to be written does not have.', 'Leave it out, or write a later version.'],
  VW_ENCODE_VARIANT: ['A part is given that another field says is absent.', 'Leave it out, or set the field.'],
  VW_GROUP_INDEX: ['A group has fewer entries.', 'Ask for an entry below `length`.'],
  VW_LAYOUT_BITS: ['Bits lie outside their field.', CORRECT_TABLE],
  VW_LAYOUT_CODE: ['Two messages have one type code, or a code does not fit.', CORRECT_TABLE],
  VW_LAYOUT_HOLE: ['Bytes of a message belong to no field.', CORRECT_TABLE],
  VW_LAYOUT_INSTRUMENT: ['The instrument’s field is not at a fixed place.', CORRECT_TABLE],
  VW_LAYOUT_LABEL: ['A code that has a label, or stands for no value, cannot be in its field.', CORRECT_TABLE],
  VW_LAYOUT_LENGTH: ['The parts of a message do not add up to its length.', CORRECT_TABLE],
  VW_LAYOUT_NAME: ['A name is used twice, or cannot be one.', CORRECT_TABLE],
  VW_LAYOUT_ORDER: ['Fields do not stand in wire order.', CORRECT_TABLE],
  VW_LAYOUT_OVERLAP: ['Two fields overlap.', CORRECT_TABLE],
  VW_LAYOUT_PART: ['Something in a message is no part of a message table.', CORRECT_TABLE],
  VW_LAYOUT_REFERENCE: ['A part refers to a field that is not there.', CORRECT_TABLE],
  VW_LAYOUT_SINCE: ['A part was added in a version that messages do not tell.', CORRECT_TABLE],
  VW_LAYOUT_ROLE: ['A role of a message names what the table does not have.', CORRECT_TABLE],
  VW_LAYOUT_SIZE: ['A field has no bytes.', CORRECT_TABLE],
  VW_LAYOUT_TYPE: ['The fields that select a message are too wide.', CORRECT_TABLE],
  VW_MESSAGE_INDEX: ['The decoder has fewer messages.', 'Use an index below names.length.'],
  VW_MESSAGE_TYPE: ['The type of a message is not in the table.', 'Give the bytes of one message, without its framing, to the decoder of its version.'],
  VW_MESSAGE_MALFORMED: ['Counts or lengths inside a message lead past its end.', 'Check the decoder version against the venue.'],
  VW_MESSAGE_NAME: ['The decoder has no message of that name.', 'Its messages are in `names`.'],

  // ── importers ──
  VW_FIX_CHECKSUM: ['The CheckSum (10) of a FIX message is wrong.', DAMAGED_FIX],
  VW_FIX_DICTIONARY: ['The FIX dictionary is not one.', 'Take it as QuickFIX publishes it.'],
  VW_FIX_DUPLICATE: ['A FIX message, or an entry of a group, has a tag twice.', DAMAGED_FIX],
  VW_FIX_END: ['The bytes end inside a FIX message.', DAMAGED_FIX],
  VW_FIX_GROUP: ['A repeating group of a FIX message is not as its count says.', DAMAGED_FIX],
  VW_FIX_LENGTH: ['The BodyLength (9) of a FIX message is wrong.', DAMAGED_FIX],
  VW_FIX_MALFORMED: ['The bytes are no FIX message.', DAMAGED_FIX],
  VW_FIX_VALUE: ['A FIX field holds no value of its type.', DAMAGED_FIX],
  VW_SBE_INCLUDE: ['The SBE schema includes another file.', 'Put the files together first.'],
  VW_SBE_SCHEMA: ['The SBE schema is not sound.', 'Take the schema as the venue publishes it.'],
  VW_SBE_XML: ['The SBE schema is no XML.', 'Take the schema as the venue publishes it.'],

  // ── simulator and command line ──
  VW_BENCH_MISSING: ['The benchmarks are not in the package.', 'They come with the repository: clone it, npm install, npm run bench.'],
  VW_CERTIFY: ['A worker of the certification failed.', 'Please report this.'],
  VW_CERTIFY_TEXT: ['A venue that sends text cannot be played: nothing here speaks as it does.', 'Certify one of the ready venues, or a venue file that uses one of their tables and names instruments.'],
  VW_CERTIFY_SCENARIO: ['The venue has no scenario of that name.', 'Name one that its patterns call for: venuewire certify VENUE.'],
  VW_COMPARE_SIDE: ['What a side of a comparison gives out cannot be read.', 'Give zmq: and an endpoint, or a file of JSON lines, with channel, sequence, message and fields.'],
  VW_CUTOVER: ['A cut-over cannot be made so, or not any more.', 'Do as the message says; docs/migration.md goes through one.'],
  VW_GAPS_NO_DATAGRAMS: ['The capture has no numbered datagrams to compare.', 'Look at it with venuewire decode.'],
  VW_INTERFACE: ['Datagrams cannot be sent from that address.', 'Give the address of one of this machine’s interfaces.'],
  VW_INTERNAL: ['A fault of this program.', 'Please report this.'],
  VW_MACHINE: ['A file of facts about a machine is not in order.', 'Make it with: venuewire doctor --facts > machine.json'],
  VW_KUBERNETES: ['A venue file asks for what a pod does not have.', 'Change the file as the message says; docs/kubernetes.md has an example.'],
  VW_KUBERNETES_SCHEMA: ['A part of the schema has no form that a cluster takes.', 'Give each part one type, or an alternative told apart by `type`.'],
  VW_METADATA: ['Rows and venue resources cannot be said in each other as the mapping declares.', 'Correct the row or the mapping; docs/metadata.md has an example.'],
  VW_METADATA_DATABASE: ['The table of a metadata mapping could not be read or changed.', 'Check that the server runs, that the table is there and that this user may read and change it.'],
  VW_METRICS: ['Metrics cannot be served there.', 'Choose another port, or an address of this machine.'],
  VW_MIGRATION: ['A step of a migration is not due.', 'Prove the steps in their order; begin anew after a roll-back.'],
  VW_OUTPUT: ['Standard output could not be written.', 'Make room where it goes, or send it elsewhere.'],
  VW_PACKET_MALFORMED: ['A packet contradicts its framing.', 'Give whole packets, and the framing that carries this protocol: venuewire list framings.'],
  VW_PUBLISH_BIND: ['The endpoint of --publish could not be bound.', 'Choose another port, or an address of this machine.'],
  VW_PUBLISH_STALLED: ['A subscriber of --publish does not read.', 'End or mend the subscriber, or give it a process that reads faster.'],
  VW_RUN_BOOK: ['A run book is no table of connections.', 'Give CSV, JSON or YAML with a row for each connection and a title above each column.'],
  VW_SEND: ['A datagram could not be sent.', 'Check the group and the interface.'],
  VW_SIMULATOR_FIELD: ['A message has no such fixed field.', 'Name a fixed big-endian field.'],
  VW_SIMULATOR_FILE: ['A BinaryFILE is cut.', 'Give the whole file.'],
  VW_SIMULATOR_KIND: ['The framing has no packet of that kind.', 'Declare it in `kinds`.'],
  VW_SIMULATOR_OPEN: ['The simulated venue could not open its sockets.', 'Choose other ports, or see venuewire doctor.'],
  VW_SIMULATOR_OPTION: ['An option of the simulator is out of range.', 'Correct the option.'],
  VW_SIMULATOR_RANGE: ['The history does not hold that number.', 'Ask for a number that the venue has used.'],
  VW_SIMULATOR_STOPPED: ['The simulated venue has been stopped.', 'Make a new one.'],
  VW_SYSTEM: ['A system call failed.', 'Check the path, the permissions and the room.'],
  VW_TIME: ['A day or a time zone is none.', "Write days as '2024-01-02' and zones by their IANA names."],
  VW_USAGE: ['The command line is not right.', 'See venuewire help.'],
  VW_WHERE: ['A --where condition or a symbol cannot be looked for.', 'Name a field of the messages.'],
} satisfies Readonly<Record<`VW_${string}`, ErrorMeaning>>;

/** The stable codes of all errors. */
export type ErrorCode = keyof typeof own | keyof typeof FAST_ERRORS;
// No spread: bundlers do not take one out of a program that needs no table.
export const ERRORS: Readonly<Record<ErrorCode, ErrorMeaning>> = /* @__PURE__ */ Object.assign({}, own, FAST_ERRORS);
/** What to do about an error. */
export const remedyOf = (code: ErrorCode): string => ERRORS[code][1];
/** Whether that is one of our codes. */
export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERRORS, code);

/**
 * Every error of this library: a stable code, what happened, and what to do about it. Both texts may name what came from
 * outside, so they hold no control character: whoever prints them gives a terminal no orders.
 */
export class VenuewireError extends Error {
  override readonly name = 'VenuewireError';
  readonly hint: string;
  constructor(
    readonly code: ErrorCode,
    message: string,
    hint: string,
    /** What was thrown beneath. */
    cause?: unknown,
  ) {
    super(printable(message), cause === undefined ? undefined : { cause });
    this.hint = printable(hint);
  }
}
