/**
 * FIX 4.4: session messages and market data, from the public specification (FIX Trading Community, FIX 4.4 with errata
 * 20030618); of the instrument block the fields that market data uses. Fields that a venue adds are decoded under their tag's number; a full dictionary is read by `readFixXml`.
 */
import { type FixDecodeOptions, FixDecoder, readFixDictionary } from '../fix/index.js';

const DICTIONARY = `
begin FIX.4.4
7 BeginSeqNo int
8 BeginString text
9 BodyLength length
10 CheckSum text
15 Currency text
16 EndSeqNo int
22 SecurityIDSource text 1=CUSIP 2=SEDOL 4=ISIN 5=RIC 8=ExchangeSymbol
34 MsgSeqNum int
35 MsgType text
36 NewSeqNo int
37 OrderID text
43 PossDupFlag boolean
45 RefSeqNum int
48 SecurityID text
49 SenderCompID text
50 SenderSubID text
52 SendingTime text
55 Symbol text
56 TargetCompID text
57 TargetSubID text
58 Text text
65 SymbolSfx text
83 RptSeq int
89 Signature data
93 SignatureLength length
95 RawDataLength length
96 RawData data
97 PossResend boolean
98 EncryptMethod int 0=None
108 HeartBtInt int
112 TestReqID text
122 OrigSendingTime text
123 GapFillFlag boolean
141 ResetSeqNumFlag boolean
146 NoRelatedSym numInGroup
167 SecurityType text
200 MaturityMonthYear text
207 SecurityExchange text
262 MDReqID text
263 SubscriptionRequestType char 0=Snapshot 1=SnapshotAndUpdates 2=Unsubscribe
264 MarketDepth int
265 MDUpdateType int 0=FullRefresh 1=IncrementalRefresh
266 AggregatedBook boolean
267 NoMDEntryTypes numInGroup
268 NoMDEntries numInGroup
269 MDEntryType char 0=Bid 1=Offer 2=Trade 3=IndexValue 4=OpeningPrice 5=ClosingPrice 6=SettlementPrice 7=TradingSessionHighPrice 8=TradingSessionLowPrice 9=TradingSessionVWAPPrice A=Imbalance B=TradeVolume C=OpenInterest
270 MDEntryPx decimal
271 MDEntrySize decimal
272 MDEntryDate text
273 MDEntryTime text
274 TickDirection char 0=PlusTick 1=ZeroPlusTick 2=MinusTick 3=ZeroMinusTick
275 MDMkt text
276 QuoteCondition text
277 TradeCondition text
278 MDEntryID text
279 MDUpdateAction char 0=New 1=Change 2=Delete
280 MDEntryRefID text
281 MDReqRejReason char 0=UnknownSymbol 1=DuplicateMDReqID 2=InsufficientBandwidth 3=InsufficientPermissions 4=UnsupportedSubscriptionRequestType 5=UnsupportedMarketDepth 6=UnsupportedMDUpdateType 7=UnsupportedAggregatedBook 8=UnsupportedMDEntryType
285 DeleteReason char 0=Cancellation 1=Error
286 OpenCloseSettlFlag text
288 MDEntryBuyer text
289 MDEntrySeller text
290 MDEntryPositionNo int
299 QuoteEntryID text
336 TradingSessionID text
346 NumberOfOrders int
371 RefTagID int
372 RefMsgType text
373 SessionRejectReason int 0=InvalidTagNumber 1=RequiredTagMissing 2=TagNotDefinedForThisMessageType 3=UndefinedTag 4=TagSpecifiedWithoutAValue 5=ValueIsIncorrect 6=IncorrectDataFormat 9=CompIDProblem 10=SendingTimeAccuracyProblem 11=InvalidMsgType
379 BusinessRejectRefID text
380 BusinessRejectReason int 0=Other 1=UnknownID 2=UnknownSecurity 3=UnsupportedMessageType 4=ApplicationNotAvailable 5=ConditionallyRequiredFieldMissing 6=NotAuthorized 7=DeliverToFirmNotAvailable
383 MaxMessageSize length
461 CFICode text
553 Username text
554 Password text
625 TradingSessionSubID text
789 NextExpectedMsgSeqNum int
811 PriceDelta decimal
815 ApplQueueAction int 0=NoActionTaken 1=QueueFlushed 2=OverlayLast 3=EndSession
816 NoAltMDSource numInGroup
817 AltMDSourceID text
header 8 9 35 49 56 34 43 97 50 57 52 122
trailer 93 89 10
0 Heartbeat 112
1 TestRequest 112
2 ResendRequest 7 16
3 Reject 45 371 372 373 58
4 SequenceReset 123 36
5 Logout 58
A Logon 98 108 95 96 141 789 383 553 554
j BusinessMessageReject 45 372 379 380 58
V MarketDataRequest 262 263 264 265 266 286 267(269) 146(55 65 48 22 461 167 200 207 15) 815
W MarketDataSnapshotFullRefresh 262 55 65 48 22 461 167 200 207 83 268(269 270 15 271 272 273 274 275 336 625 276 277 286 290 346 811 58 278 37 288 289 299)
X MarketDataIncrementalRefresh 262 268(279 285 269 278 280 55 65 48 22 461 167 200 207 270 15 271 272 273 274 275 336 625 276 277 286 83 290 346 811 58 37 288 289 299)
Y MarketDataRequestReject 262 281 816(817) 58
`;

let dictionary: ReturnType<typeof readFixDictionary> | undefined;

/** Its dictionary; read when it is first asked for. */
export const fix44Dictionary = (): ReturnType<typeof readFixDictionary> => {
  dictionary ??= readFixDictionary(DICTIONARY);
  return dictionary;
};

export const fix44 = (options: FixDecodeOptions = {}): FixDecoder => new FixDecoder(fix44Dictionary(), options);
