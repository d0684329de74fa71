/** Messages in the forms of internet venues, written for tests: instruments and numbers are made up. */
export const JSON_MESSAGES: Readonly<Record<string, readonly string[]>> = {
  'kraken-spot-1': [
    '[42,{"as":[["5541.30000","2.50700000","1534614248.765567"],["5541.80000","0.33000000","1534614241.787987"]],"bs":[["5541.20000","1.52900000","1534614248.765567"]]},"book-100","AAA/USD"]',
    '[42,{"a":[["5541.30000","2.50700000","1534614248.456738"]],"c":"974942666"},"book-10","AAA/USD"]',
    '[42,{"a":[["5541.30000","0.00000000","1534614335.345903","r"]]},{"b":[["5541.20000","0.10000000","1534614335.345904"]],"c":"974942667"},"book-10","AAA/USD"]',
    '[7,[["5541.20000","0.15850568","1534614057.321597","s","l",""],["6060.00000","0.02455000","1534614057.324998","b","l",""]],"trade","AAA/USD"]',
    '[9,{"a":["5525.40000",1,"1.000"],"b":["5525.10000",1,"1.000"],"c":["5525.10000","0.00398963"]},"ticker","AAA/USD"]',
    '{"connectionID":18239578009413566319,"event":"systemStatus","status":"online","version":"1.9.0"}',
    '{"channelName":"ticker","event":"subscriptionStatus","pair":"AAA/EUR","status":"subscribed","subscription":{"name":"ticker"}}',
    '{"event":"heartbeat"}',
  ],
  'kraken-spot-2': [
    '{"channel":"book","type":"snapshot","data":[{"symbol":"AAA/USD","bids":[{"price":0.5666,"qty":4831.75496356}],"asks":[{"price":0.5668,"qty":4410.79769741}],"checksum":2439117997}]}',
    '{"channel":"book","type":"update","data":[{"symbol":"AAA/USD","bids":[{"price":0.5657,"qty":1098.39474080}],"asks":[],"checksum":2114181697,"timestamp":"2023-10-06T17:35:55.440295Z"}]}',
    '{"channel":"trade","type":"update","data":[{"symbol":"AAA/USD","side":"sell","price":0.5117,"qty":40.0,"ord_type":"market","trade_id":4665906,"timestamp":"2023-09-25T07:49:37.708706Z"}]}',
    '{"channel":"ticker","type":"snapshot","data":[{"symbol":"AAA/USD","bid":0.10025,"bid_qty":740.0,"ask":0.10036,"ask_qty":1361.44813783,"last":0.10035}]}',
    '{"channel":"status","type":"update","data":[{"system":"online","api_version":"v2"}]}',
    '{"method":"subscribe","result":{"channel":"book"},"success":true,"time_in":"2023-10-06T17:35:55.000000Z"}',
    '{"channel":"heartbeat"}',
  ],
  'kraken-futures-1': [
    '{"feed":"book_snapshot","product_id":"PI_AAAUSD","timestamp":1612269825817,"seq":326072249,"tickSize":null,"bids":[{"price":34892.5,"qty":6385.0}],"asks":[{"price":34911.5,"qty":20598.0}]}',
    '{"feed":"book","product_id":"PI_AAAUSD","side":"sell","seq":326072250,"price":34981.0,"qty":0.0,"timestamp":1612269953629}',
    '{"feed":"trade","product_id":"PI_AAAUSD","uid":"05af78ac","side":"sell","type":"fill","seq":653355,"time":1612266317519,"qty":15000.0,"price":34969.5}',
    '{"feed":"trade_snapshot","product_id":"PI_AAAUSD","trades":[{"feed":"trade","product_id":"PI_AAAUSD","uid":"caa9c653","side":"sell","type":"fill","seq":655508,"time":1612269657781,"qty":440.0,"price":34893.0}]}',
    '{"feed":"ticker_lite","product_id":"PI_AAAUSD","bid":34932.0,"ask":34949.5,"change":3.3,"volume":264126741.0}',
    '{"event":"subscribed","feed":"book","product_ids":["PI_AAAUSD"]}',
    '{"feed":"heartbeat","time":1534262350627}',
  ],
  'coinbase-exchange-1': [
    '{"type":"snapshot","product_id":"AAA-USD","bids":[["10101.10","0.45054140"]],"asks":[["10102.55","0.57753524"]]}',
    '{"type":"l2update","product_id":"AAA-USD","time":"2019-08-14T20:42:27.265Z","changes":[["buy","10101.80000000","0.162567"],["sell","10102.55","0"]]}',
    '{"type":"match","trade_id":10,"sequence":50,"maker_order_id":"ac928c66","time":"2014-11-07T08:19:27.028459Z","product_id":"AAA-USD","size":"5.23512","price":"400.23","side":"sell"}',
    '{"type":"ticker","sequence":37475248783,"product_id":"AAA-USD","price":"1285.22","best_bid":"1285.04","best_ask":"1285.27","side":"buy","time":"2022-10-19T23:28:22.061769Z","trade_id":370843401,"last_size":"11.4396987"}',
    '{"type":"heartbeat","sequence":90,"last_trade_id":20,"product_id":"AAA-USD","time":"2014-11-07T08:19:28.464459Z"}',
    '{"type":"subscriptions","channels":[{"name":"level2","product_ids":["AAA-USD"]}]}',
  ],
  'binance-spot-1': [
    '{"e":"depthUpdate","E":1672515782136,"s":"AAABTC","U":157,"u":160,"b":[["0.00240000","10.00000000"]],"a":[["0.00260000","100.00000000"]]}',
    '{"stream":"aaabtc@depth@100ms","data":{"e":"depthUpdate","E":1672515782136,"s":"AAABTC","U":161,"u":162,"b":[],"a":[["0.00260000","0.00000000"]]}}',
    '{"stream":"aaabtc@bookTicker","data":{"u":400900217,"s":"AAABTC","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}}',
    '{"e":"aggTrade","E":1672515782136,"s":"AAABTC","a":12345,"p":"0.00100000","q":"100.00000000","f":100,"l":105,"T":1672515782136,"m":true,"M":true}',
    '{"lastUpdateId":160,"bids":[["0.00240000","10.00000000"]],"asks":[["0.00260000","100.00000000"]]}',
  ],
  'betfair-stream-1': [
    '{"op":"connection","connectionId":"002-230915140112-174"}',
    '{"op":"status","id":2,"statusCode":"SUCCESS","connectionClosed":false}',
    '{"op":"mcm","id":2,"initialClk":"ab","clk":"AA","pt":1471370159007,"ct":"SUB_IMAGE","mc":[{"id":"1.5","img":true,"rc":[{"id":7,"atb":[[3,2.5],[1.5,3]],"atl":[[9,1]]},{"id":8,"hc":-1.5,"atb":[[2,2]]}]}]}',
    '{"op":"mcm","id":2,"clk":"d","pt":1471370159009,"mc":[{"id":"1.5","con":true,"rc":[{"id":7,"atb":[[1.5,0],[1.4,0.01]],"ltp":3.1}]},{"id":"1.6","tv":5}]}',
    '{"op":"mcm","id":2,"clk":"e","pt":1471370159010,"ct":"HEARTBEAT"}',
  ],
  'oanda-v20-3': [
    '{"type":"PRICE","time":"2019-05-28T13:06:32.682119462Z","bids":[{"price":"1.11914","liquidity":10000000}],"asks":[{"price":"1.11926","liquidity":10000000}],"closeoutBid":"1.11899","closeoutAsk":"1.11941","tradeable":true,"instrument":"EUR_USD"}',
    '{"type":"HEARTBEAT","time":"2019-05-28T13:06:37.727463105Z"}',
    '{"type":"HEARTBEAT","lastTransactionID":"2311","time":"2019-05-28T13:06:38.000000000Z"}',
    '{"id":"2312","accountID":"101-004-1234567-001","time":"2019-05-28T13:06:39.123456789Z","type":"MARKET_ORDER"}',
  ],
};
/** Where an answer over HTTP was asked from. */
export const ASKED = 'https://venue.test/api/v3/depth?symbol=AAABTC&limit=1000';
