import type { Decoder } from '../layout/index.js';

/** What is known of a decoder before it is loaded. */
export interface DecoderEntry {
  readonly id: string;
  readonly venue: string;
  readonly feed: string;
  readonly version: string;
  readonly framing: string;
  /** Number of messages. */
  readonly messages: number;
  /** Loads the table; only then does it cost anything. */
  readonly load: () => Promise<Decoder>;
}

const entry = (
  id: string,
  venue: string,
  feed: string,
  version: string,
  framing: string,
  messages: number,
  load: () => Promise<unknown>,
): DecoderEntry => ({ id, venue, feed, version, framing, messages, load: load as () => Promise<Decoder> });

/** Every decoder that comes with the library, by id. Written from the decoders themselves (test/unit/layout-registry.test.ts). */
// biome-ignore format: one decoder a line
export const decoders: readonly DecoderEntry[] = [
  entry('aquis-amd-4.1', 'Aquis Exchange', 'AMD real time', '4.1', 'aquis-amd', 10, async () => (await import('./aquis-amd-4.1.js')).aquisAmd41),
  entry('aquis-amd-replay-4.1', 'Aquis Exchange', 'AMD replay (TCP)', '4.1', 'aquis-amd-tcp', 3, async () => (await import('./aquis-amd-replay-4.1.js')).aquisAmdReplay41),
  entry('aquis-amd-snapshot-4.1', 'Aquis Exchange', 'AMD snapshot', '4.1', 'aquis-amd', 4, async () => (await import('./aquis-amd-snapshot-4.1.js')).aquisAmdSnapshot41),
  entry('asx-ntp-itch-1.05', 'ASX 24', 'NTP ITCH', '1.05', 'moldudp64', 26, async () => (await import('./asx-ntp-itch-1.05.js')).asxNtpItch105),
  entry('asx-trade-itch-3.1', 'ASX', 'ASX Trade ITCH', '3.1', 'moldudp64', 14, async () => (await import('./asx-trade-itch-3.1.js')).asxTradeItch31),
  entry('b3-umdf-sbe-1.6', 'B3', 'Binary UMDF', '1.6', 'b3-umdf', 28, async () => (await import('./b3-umdf-sbe-1.6.js')).b3UmdfSbe16),
  entry('b3-umdf-sbe-1.8', 'B3', 'Binary UMDF', '1.8', 'b3-umdf', 32, async () => (await import('./b3-umdf-sbe-1.8.js')).b3UmdfSbe18),
  entry('b3-umdf-sbe-2.2', 'B3', 'Binary UMDF', '2.2', 'b3-umdf', 30, async () => (await import('./b3-umdf-sbe-2.2.js')).b3UmdfSbe22),
  entry('box-hsvf-1.8', 'BOX Options', 'SOLA multicast HSVF', '1.8', 'hsvf', 29, async () => (await import('./box-hsvf-1.8.js')).boxHsvf18),
  entry('box-hsvf-1.9', 'BOX Options', 'SOLA multicast HSVF', '1.9', 'hsvf', 29, async () => (await import('./box-hsvf-1.9.js')).boxHsvf19),
  entry('cboe-c1-csm-level2-1.0.4', 'Cboe C1 Options', 'CSM market level 2', '1.0.4', 'cboe-csm', 5, async () => (await import('./cboe-c1-csm-level2-1.0.4.js')).cboeC1CsmLevel2104),
  entry('cboe-c1-csm-top-1.4', 'Cboe C1 Options', 'CSM top of market (market data feed)', '1.4', 'cboe-csm', 12, async () => (await import('./cboe-c1-csm-top-1.4.js')).cboeC1CsmTop14),
  entry('cboe-cfe-pitch-1.1.12', 'Cboe Futures Exchange', 'Multicast PITCH depth of book', '1.1.12', 'cboe-sequenced-unit', 21, async () => (await import('./cboe-cfe-pitch-1.1.12.js')).cboeCfePitch1112),
  entry('cboe-cfe-pitch-1.1.6', 'Cboe Futures Exchange', 'Multicast PITCH depth of book', '1.1.6', 'cboe-sequenced-unit', 21, async () => (await import('./cboe-cfe-pitch-1.1.6.js')).cboeCfePitch116),
  entry('cboe-cfe-pitch-1.2.19', 'Cboe Futures Exchange', 'Multicast PITCH depth of book', '1.2.19', 'cboe-sequenced-unit', 24, async () => (await import('./cboe-cfe-pitch-1.2.19.js')).cboeCfePitch1219),
  entry('cboe-options-complex-pitch-2.1.18', 'Cboe US Options', 'Complex Multicast PITCH', '2.1.18', 'cboe-sequenced-unit', 25, async () => (await import('./cboe-options-complex-pitch-2.1.18.js')).cboeOptionsComplexPitch2118),
  entry('cboe-options-complex-pitch-2.1.61', 'Cboe US Options', 'Complex Multicast PITCH', '2.1.61', 'cboe-sequenced-unit', 27, async () => (await import('./cboe-options-complex-pitch-2.1.61.js')).cboeOptionsComplexPitch2161),
  entry('cboe-pitch-equities-2.41.29', 'Cboe US Equities', 'Multicast PITCH depth of book', '2.41.29', 'cboe-sequenced-unit', 21, async () => (await import('./cboe-pitch-equities-2.41.29.js')).cboePitchEquities24129),
  entry('cboe-pitch-equities-2.41', 'Cboe US Equities', 'Multicast PITCH depth of book', '2.41', 'cboe-sequenced-unit', 21, async () => (await import('./cboe-pitch-equities-2.41.js')).cboePitchEquities241),
  entry('cboe-pitch-options-2.39', 'Cboe US Options', 'Multicast PITCH depth of book', '2.39', 'cboe-sequenced-unit', 25, async () => (await import('./cboe-pitch-options-2.39.js')).cboePitchOptions239),
  entry('cboe-pitch-options-2.41', 'Cboe US Options', 'Multicast PITCH depth of book', '2.41', 'cboe-sequenced-unit', 30, async () => (await import('./cboe-pitch-options-2.41.js')).cboePitchOptions241),
  entry('cix-aspen-1.11', 'IntelligentCross / CIX', 'Aspen market data feed', '1.11', 'cix-aspen', 10, async () => (await import('./cix-aspen-1.11.js')).cixAspen111),
  entry('cix-aspen-1.4', 'IntelligentCross / CIX', 'Aspen market data feed', '1.4', 'cix-aspen', 10, async () => (await import('./cix-aspen-1.4.js')).cixAspen14),
  entry('cme-mdp3-sbe-1.12', 'CME Globex', 'MDP 3.0', '1.12', 'cme-mdp3', 31, async () => (await import('./cme-mdp3-sbe-1.12.js')).cmeMdp3Sbe112),
  entry('cme-mdp3-sbe-1.13', 'CME Globex', 'MDP 3.0', '1.13', 'cme-mdp3', 31, async () => (await import('./cme-mdp3-sbe-1.13.js')).cmeMdp3Sbe113),
  entry('cme-mdp3-sbe-1.5', 'CME Globex', 'MDP 3.0', '1.5', 'cme-mdp3', 17, async () => (await import('./cme-mdp3-sbe-1.5.js')).cmeMdp3Sbe15),
  entry('cme-mdp3-sbe-1.6', 'CME Globex', 'MDP 3.0', '1.6', 'cme-mdp3', 17, async () => (await import('./cme-mdp3-sbe-1.6.js')).cmeMdp3Sbe16),
  entry('cme-mdp3-sbe-1.8', 'CME Globex', 'MDP 3.0', '1.8', 'cme-mdp3', 19, async () => (await import('./cme-mdp3-sbe-1.8.js')).cmeMdp3Sbe18),
  entry('cme-mdp3-sbe-1.9', 'CME Globex', 'MDP 3.0', '1.9', 'cme-mdp3', 29, async () => (await import('./cme-mdp3-sbe-1.9.js')).cmeMdp3Sbe19),
  entry('coinbase-derivatives-sbe-1.2', 'Coinbase Derivatives', 'Market Data API', '1.2', 'coinbase-udp', 20, async () => (await import('./coinbase-derivatives-sbe-1.2.js')).coinbaseDerivativesSbe12),
  entry('coinbase-derivatives-sbe-1.7', 'Coinbase Derivatives', 'Market Data API', '1.7', 'coinbase-udp', 23, async () => (await import('./coinbase-derivatives-sbe-1.7.js')).coinbaseDerivativesSbe17),
  entry('coinbase-derivatives-sbe-1.9', 'Coinbase Derivatives', 'Market Data API', '1.9', 'coinbase-udp', 24, async () => (await import('./coinbase-derivatives-sbe-1.9.js')).coinbaseDerivativesSbe19),
  entry('cta-cqs-1.91', 'CTA (SIAC)', 'CQS quotation output', '1.91', 'siac-block', 16, async () => (await import('./cta-cqs-1.91.js')).ctaCqs191),
  entry('cta-cqs-2.10', 'CTA (SIAC)', 'CQS quotation output', '2.10', 'siac-block', 14, async () => (await import('./cta-cqs-2.10.js')).ctaCqs210),
  entry('cta-cts-1.91', 'CTA (SIAC)', 'CTS trade output', '1.91', 'siac-block', 32, async () => (await import('./cta-cts-1.91.js')).ctaCts191),
  entry('cta-cts-2.10', 'CTA (SIAC)', 'CTS trade output', '2.10', 'siac-block', 39, async () => (await import('./cta-cts-2.10.js')).ctaCts210),
  entry('cta-cts-2.11', 'CTA (SIAC)', 'CTS trade output', '2.11', 'siac-block', 40, async () => (await import('./cta-cts-2.11.js')).ctaCts211),
  entry('cta-cts-2.9', 'CTA (SIAC)', 'CTS trade output', '2.9', 'siac-block', 29, async () => (await import('./cta-cts-2.9.js')).ctaCts29),
  entry('deribit-sbe-1.0', 'Deribit', 'Starbase market data', '1.0', 'deribit-udp', 19, async () => (await import('./deribit-sbe-1.0.js')).deribitSbe10),
  entry('eurex-eobi-14.1', 'Eurex', 'T7 EOBI', '14.1', 'eurex-eobi', 26, async () => (await import('./eurex-eobi-14.1.js')).eurexEobi141),
  entry('eurex-eobi-2.5', 'Eurex', 'T7 EOBI', '2.5', 'eurex-eobi', 22, async () => (await import('./eurex-eobi-2.5.js')).eurexEobi25),
  entry('eurex-eobi-3.0', 'Eurex', 'T7 EOBI', '3.0', 'eurex-eobi', 22, async () => (await import('./eurex-eobi-3.0.js')).eurexEobi30),
  entry('eurex-eobi-5.0', 'Eurex', 'T7 EOBI', '5.0', 'eurex-eobi', 22, async () => (await import('./eurex-eobi-5.0.js')).eurexEobi50),
  entry('eurex-eobi-6.0', 'Eurex', 'T7 EOBI', '6.0', 'eurex-eobi', 22, async () => (await import('./eurex-eobi-6.0.js')).eurexEobi60),
  entry('euronext-optiq-5.25', 'Euronext', 'Optiq MDG', '5.25', 'euronext-optiq', 28, async () => (await import('./euronext-optiq-5.25.js')).euronextOptiq525),
  entry('euronext-optiq-6.67', 'Euronext', 'Optiq MDG', '6.67', 'euronext-optiq', 28, async () => (await import('./euronext-optiq-6.67.js')).euronextOptiq667),
  entry('nasdaq-glimpse-5.0', 'Nasdaq', 'GLIMPSE', '5.0', 'stream', 1, async () => (await import('./glimpse50.js')).glimpse50),
  entry('hkex-omd-c-1.45', 'HKEX Securities', 'OMD-C (all message types)', '1.45', 'hkex-omd', 32, async () => (await import('./hkex-omd-c-1.45.js')).hkexOmdC145),
  entry('hkex-omd-c-refresh-1.45', 'HKEX Securities', 'OMD-C Full Tick refresh channel', '1.45', 'hkex-omd', 12, async () => (await import('./hkex-omd-c-refresh-1.45.js')).hkexOmdCRefresh145),
  entry('hkex-omd-c-retrans-1.45', 'HKEX Securities', 'OMD-C retransmission service', '1.45', 'hkex-omd', 22, async () => (await import('./hkex-omd-c-retrans-1.45.js')).hkexOmdCRetrans145),
  entry('ice-impact-1.1.24', 'ICE Futures', 'iMpact Multicast Price Feed', '1.1.24', 'ice-impact-ms', 37, async () => (await import('./ice-impact-1.1.24.js')).iceImpact1124),
  entry('ice-impact-1.1.33', 'ICE Futures', 'iMpact Multicast Price Feed', '1.1.33', 'ice-impact-ms', 38, async () => (await import('./ice-impact-1.1.33.js')).iceImpact1133),
  entry('ice-impact-1.1.51', 'ICE Futures', 'iMpact Multicast Price Feed', '1.1.51', 'ice-impact', 38, async () => (await import('./ice-impact-1.1.51.js')).iceImpact1151),
  entry('iex-deep-1.0', 'IEX', 'DEEP', '1.0', 'iex-tp', 13, async () => (await import('./iex-deep-1.0.js')).iexDeep10),
  entry('iex-deep-plus-1.0', 'IEX', 'DEEP+', '1.0', 'iex-tp', 14, async () => (await import('./iex-deep-plus-1.0.js')).iexDeepPlus10),
  entry('iex-deep-plus-snap-1.05', 'IEX', 'DEEP+ SNAP', '1.05', 'iex-snap-tcp', 5, async () => (await import('./iex-deep-plus-snap-1.05.js')).iexDeepPlusSnap105),
  entry('iex-deep-snap-1.6', 'IEX', 'DEEP SNAP', '1.6', 'iex-snap-tcp', 5, async () => (await import('./iex-deep-snap-1.6.js')).iexDeepSnap16),
  entry('iex-options-sbe-1.03', 'IEX Options', 'DEEP/TOPS options market data', '1.03', 'iex-options', 28, async () => (await import('./iex-options-sbe-1.03.js')).iexOptionsSbe103),
  entry('iex-tops-1.5', 'IEX', 'TOPS', '1.5', 'iex-tp', 11, async () => (await import('./iex-tops-1.5.js')).iexTops15),
  entry('iex-tops-1.6', 'IEX', 'TOPS', '1.6', 'iex-tp', 11, async () => (await import('./iex-tops-1.6.js')).iexTops16),
  entry('iex-tops-snap-1.6', 'IEX', 'TOPS SNAP', '1.6', 'iex-snap-tcp', 5, async () => (await import('./iex-tops-snap-1.6.js')).iexTopsSnap16),
  entry('nasdaq-totalview-itch-5.0-2017', 'Nasdaq', 'TotalView-ITCH', '5.0-2017', 'moldudp64', 21, async () => (await import('./itch50-2017.js')).itch50v2017),
  entry('nasdaq-totalview-itch-5.0', 'Nasdaq', 'TotalView-ITCH', '5.0', 'moldudp64', 23, async () => (await import('./itch50.js')).itch50),
  entry('jnx-itch-1.6', 'Japannext', 'PTS ITCH', '1.6', 'moldudp64', 11, async () => (await import('./jnx-itch-1.6.js')).jnxItch16),
  entry('jnx-itch-2.0', 'Japannext', 'PTS ITCH', '2.0', 'moldudp64', 11, async () => (await import('./jnx-itch-2.0.js')).jnxItch20),
  entry('lse-gtp-level2-mbo-26.2', 'LSE', 'GTP Level 2 MBO', '26.2', 'lse-unit-header', 9, async () => (await import('./lse-gtp-level2-mbo-26.2.js')).lseGtpLevel2Mbo262),
  entry('lse-gtp-level2-mbp-26.2', 'LSE', 'GTP Level 2 MBP', '26.2', 'lse-unit-header', 9, async () => (await import('./lse-gtp-level2-mbp-26.2.js')).lseGtpLevel2Mbp262),
  entry('lse-gtp-recovery-26.2', 'LSE', 'GTP Level 2 recovery service (TCP)', '26.2', 'lse-unit-header', 13, async () => (await import('./lse-gtp-recovery-26.2.js')).lseGtpRecovery262),
  entry('lse-gtp-replay-26.2', 'LSE', 'GTP Level 2 replay service (TCP)', '26.2', 'lse-unit-header', 14, async () => (await import('./lse-gtp-replay-26.2.js')).lseGtpReplay262),
  entry('lse-mitch-11.9', 'LSE Millennium', 'Level 2 MITCH', '11.9', 'lse-unit-header-mitch', 16, async () => (await import('./lse-mitch-11.9.js')).lseMitch119),
  entry('memx-memoir-depth-1.3', 'MEMX', 'MEMOIR Depth', '1.3', 'memx-udp', 13, async () => (await import('./memx-memoir-depth-1.3.js')).memxMemoirDepth13),
  entry('memx-memoir-last-sale-1.3', 'MEMX', 'MEMOIR Last Sale', '1.3', 'memx-udp', 7, async () => (await import('./memx-memoir-last-sale-1.3.js')).memxMemoirLastSale13),
  entry('memx-memoir-top-1.3', 'MEMX', 'MEMOIR Top', '1.3', 'memx-udp', 11, async () => (await import('./memx-memoir-top-1.3.js')).memxMemoirTop13),
  entry('miax-onyx-dom-1.0', 'MIAX Onyx Futures', 'Depth of Market (DoM)', '1.0', 'miax-mach', 14, async () => (await import('./miax-onyx-dom-1.0.js')).miaxOnyxDom10),
  entry('miax-onyx-tom-1.0', 'MIAX Onyx Futures', 'Top of Market (ToM)', '1.0', 'miax-mach', 7, async () => (await import('./miax-onyx-tom-1.0.js')).miaxOnyxTom10),
  entry('miax-options-ctom-1.0', 'MIAX Options', 'Complex Top of Market (cToM)', '1.0', 'miax-mach', 12, async () => (await import('./miax-options-ctom-1.0.js')).miaxOptionsCtom10),
  entry('miax-options-ctom-1.1', 'MIAX Options', 'Complex Top of Market (cToM)', '1.1', 'miax-mach', 12, async () => (await import('./miax-options-ctom-1.1.js')).miaxOptionsCtom11),
  entry('miax-options-ctom-1.3a', 'MIAX Options', 'Complex Top of Market (cToM)', '1.3a', 'miax-mach', 12, async () => (await import('./miax-options-ctom-1.3a.js')).miaxOptionsCtom13a),
  entry('miax-options-tom-2.5', 'MIAX Options', 'Top of Market (ToM)', '2.5', 'miax-mach', 12, async () => (await import('./miax-options-tom-2.5.js')).miaxOptionsTom25),
  entry('miax-pearl-equities-dom-1.3d', 'MIAX Pearl Equities', 'Depth of Market (DoM)', '1.3d', 'miax-mach', 11, async () => (await import('./miax-pearl-equities-dom-1.3d.js')).miaxPearlEquitiesDom13d),
  entry('miax-pearl-options-tom-1.9', 'MIAX Pearl Options', 'Top of Market (ToM)', '1.9', 'miax-mach', 12, async () => (await import('./miax-pearl-options-tom-1.9.js')).miaxPearlOptionsTom19),
  entry('miax-pearl-options-tom-2.3', 'MIAX Pearl Options', 'Top of Market (ToM)', '2.3', 'miax-mach', 12, async () => (await import('./miax-pearl-options-tom-2.3.js')).miaxPearlOptionsTom23),
  entry('session-moldudp64', 'Nasdaq', 'MoldUDP64', '1.00', 'moldudp64', 4, async () => (await import('./moldudp64.js')).moldudp64),
  entry('nasdaq-bbo-itch-2.1', 'Nasdaq', 'Nasdaq/BX/PSX BBO (QBBO)', '2.1', 'moldudp64', 9, async () => (await import('./nasdaq-bbo-itch-2.1.js')).nasdaqBboItch21),
  entry('nasdaq-ise-order-combo-1.1', 'Nasdaq ISE', 'Order Combo Feed', '1.1', 'moldudp64', 6, async () => (await import('./nasdaq-ise-order-combo-1.1.js')).nasdaqIseOrderCombo11),
  entry('nasdaq-ise-top-combo-1.0', 'Nasdaq ISE', 'Top Combo Quote Feed', '1.0', 'moldudp64', 8, async () => (await import('./nasdaq-ise-top-combo-1.0.js')).nasdaqIseTopCombo10),
  entry('nasdaq-nlsplus-itch-3.0', 'Nasdaq', 'Nasdaq Last Sale Plus', '3.0', 'moldudp64', 16, async () => (await import('./nasdaq-nlsplus-itch-3.0.js')).nasdaqNlsplusItch30),
  entry('nasdaq-nlsplus-itch-4.0', 'Nasdaq', 'Nasdaq Last Sale Plus', '4.0', 'moldudp64', 14, async () => (await import('./nasdaq-nlsplus-itch-4.0.js')).nasdaqNlsplusItch40),
  entry('nyse-arca-options-top-1.2', 'NYSE Arca Options', 'Top Feed (Pillar)', '1.2', 'nyse-xdp', 21, async () => (await import('./nyse-arca-options-top-1.2.js')).nyseArcaOptionsTop12),
  entry('nyse-arca-options-top-1.2j', 'NYSE Arca Options', 'Top Feed (Pillar)', '1.2j', 'nyse-xdp', 22, async () => (await import('./nyse-arca-options-top-1.2j.js')).nyseArcaOptionsTop12j),
  entry('nyse-imbalances-2.1', 'NYSE', 'Order Imbalances (XDP)', '2.1', 'nyse-xdp', 12, async () => (await import('./nyse-imbalances-2.1.js')).nyseImbalances21),
  entry('nyse-openbook-ultra-2.1', 'NYSE', 'OpenBook Ultra', '2.1', 'nyse-openbook', 4, async () => (await import('./nyse-openbook-ultra-2.1.js')).nyseOpenbookUltra21),
  entry('nyse-openbook-ultra-2.1k', 'NYSE', 'OpenBook Ultra', '2.1k', 'nyse-openbook-le', 13, async () => (await import('./nyse-openbook-ultra-2.1k.js')).nyseOpenbookUltra21k),
  entry('nyse-pillar-bbo-2.5', 'NYSE', 'BBO Feed (Pillar)', '2.5', 'nyse-xdp', 13, async () => (await import('./nyse-pillar-bbo-2.5.js')).nysePillarBbo25),
  entry('nyse-pillar-imbalances-2.2', 'NYSE', 'Order Imbalances (Pillar)', '2.2', 'nyse-xdp', 13, async () => (await import('./nyse-pillar-imbalances-2.2.js')).nysePillarImbalances22),
  entry('nyse-pillar-integrated-2.5', 'NYSE', 'Integrated Feed (Pillar)', '2.5', 'nyse-xdp', 25, async () => (await import('./nyse-pillar-integrated-2.5.js')).nysePillarIntegrated25),
  entry('nyse-pillar-integrated-2.5a', 'NYSE', 'Integrated Feed (Pillar)', '2.5a', 'nyse-xdp', 25, async () => (await import('./nyse-pillar-integrated-2.5a.js')).nysePillarIntegrated25a),
  entry('nyse-xdp-bbo-2.4', 'NYSE', 'BBO Feed (XDP)', '2.4', 'nyse-xdp', 14, async () => (await import('./nyse-xdp-bbo-2.4.js')).nyseXdpBbo24),
  entry('nyse-xdp-integrated-2.1', 'NYSE', 'Integrated Feed (XDP)', '2.1', 'nyse-xdp', 25, async () => (await import('./nyse-xdp-integrated-2.1.js')).nyseXdpIntegrated21),
  entry('nyse-xdp-integrated-2.3', 'NYSE', 'Integrated Feed (XDP)', '2.3', 'nyse-xdp', 25, async () => (await import('./nyse-xdp-integrated-2.3.js')).nyseXdpIntegrated23),
  entry('opra-6.1', 'OPRA (SIAC)', 'OPRA binary output', '6.1', 'siac-block-opra', 9, async () => (await import('./opra-6.1.js')).opra61),
  entry('opra-6.3', 'OPRA (SIAC)', 'OPRA binary output', '6.3', 'siac-block-opra', 10, async () => (await import('./opra-6.3.js')).opra63),
  entry('ose-itch-5.0.6', 'JPX OSE', 'ITCH (Genium INET)', '5.0.6', 'moldudp64', 14, async () => (await import('./ose-itch-5.0.6.js')).oseItch506),
  entry('otc-ats-multicast-4.3', 'OTC Markets', 'Link ATS multicast', '4.3', 'otc-link', 14, async () => (await import('./otc-ats-multicast-4.3.js')).otcAtsMulticast43),
  entry('otc-ats-multicast-4.5', 'OTC Markets', 'Link ATS multicast', '4.5', 'otc-link', 14, async () => (await import('./otc-ats-multicast-4.5.js')).otcAtsMulticast45),
  entry('session-cboe-grp', 'Cboe', 'Gap Request Proxy', '2.41.66', 'cboe-sequenced-unit', 4, async () => (await import('./session-cboe-grp.js')).sessionCboeGrp),
  entry('session-cboe-spin', 'Cboe', 'Spin server', '2.41.66', 'cboe-sequenced-unit', 9, async () => (await import('./session-cboe-spin.js')).sessionCboeSpin),
  entry('session-iex-gap-fill', 'IEX', 'IEX-TP gap fill', '1.26', 'stream', 2, async () => (await import('./session-iex-gap-fill.js')).sessionIexGapFill),
  entry('session-lse-mitch', 'LSE Millennium', 'MITCH replay and recovery channels', '11.9', 'lse-unit-header-mitch', 8, async () => (await import('./session-lse-mitch.js')).sessionLseMitch),
  entry('session-memx-tcp', 'MEMX', 'MEMX-TCP', '1.2', 'stream', 17, async () => (await import('./session-memx-tcp.js')).sessionMemxTcp),
  entry('session-miax-esesm', 'MIAX', 'ESesM', '1.0.a', 'stream', 12, async () => (await import('./session-miax-esesm.js')).sessionMiaxEsesm),
  entry('session-nyse-request-server', 'NYSE', 'request server and control messages (Pillar common)', '2.4p', 'nyse-xdp', 12, async () => (await import('./session-nyse-request-server.js')).sessionNyseRequestServer),
  entry('session-soupbintcp-3', 'Nasdaq', 'SoupBinTCP', '3.00', 'stream', 10, async () => (await import('./soupbintcp.js')).soupbintcp),
  entry('tmx-sola-hsvf-1.14', 'TMX Montreal Exchange', 'SOLA multicast HSVF', '1.14', 'hsvf-mx', 53, async () => (await import('./tmx-sola-hsvf-1.14.js')).tmxSolaHsvf114),
  entry('tmx-xmt-level2-2.1', 'TMX TSX/TSXV', 'QuantumFeed level 2 (XMT)', '2.1', 'tmx-xmt', 21, async () => (await import('./tmx-xmt-level2-2.1.js')).tmxXmtLevel221),
  entry('tmx-xmt-level2-3.6', 'TMX TSX/TSXV', 'QuantumFeed level 2 (XMT)', '3.6', 'tmx-xmt', 21, async () => (await import('./tmx-xmt-level2-3.6.js')).tmxXmtLevel236),
  entry('utp-uqdf-1.5', 'UTP SIP', 'UQDF quotation feed', '1.5', 'moldudp64', 19, async () => (await import('./utp-uqdf-1.5.js')).utpUqdf15),
  entry('utp-uqdf-3.0c', 'UTP SIP', 'UQDF quotation feed', '3.0c', 'moldudp64', 23, async () => (await import('./utp-uqdf-3.0c.js')).utpUqdf30c),
  entry('utp-utdf-1.5', 'UTP SIP', 'UTDF trade feed', '1.5', 'moldudp64', 23, async () => (await import('./utp-utdf-1.5.js')).utpUtdf15),
  entry('utp-utdf-3.0c', 'UTP SIP', 'UTDF trade feed', '3.0c', 'moldudp64', 28, async () => (await import('./utp-utdf-3.0c.js')).utpUtdf30c),
];

/** The entry of a decoder, or undefined when there is none of that id. */
export const findDecoder = (id: string): DecoderEntry | undefined => decoders.find((d) => d.id === id);

/** The date of the document that a table follows, where it has one (test/unit/choose-decoder.test.ts). */
const DOCUMENTS: Readonly<Record<string, string>> = {
  'asx-ntp-itch-1.05': '2017-12-01',
  'asx-trade-itch-3.1': '2023-03-01',
  'box-hsvf-1.8': '2023-10-17',
  'box-hsvf-1.9': '2024-02-15',
  'cboe-c1-csm-level2-1.0.4': '2018-05-08',
  'cboe-cfe-pitch-1.1.12': '2021-01-12',
  'cboe-cfe-pitch-1.1.6': '2019-04-08',
  'cboe-cfe-pitch-1.2.19': '2026-01-05',
  'cboe-options-complex-pitch-2.1.18': '2020-01-31',
  'cboe-options-complex-pitch-2.1.61': '2026-04-01',
  'cboe-pitch-equities-2.41.29': '2022-04-20',
  'cboe-pitch-equities-2.41': '2026-01-12',
  'cboe-pitch-options-2.39': '2018-08-21',
  'cboe-pitch-options-2.41': '2026-01-12',
  'cix-aspen-1.11': '2020-07-30',
  'cix-aspen-1.4': '2026-04-09',
  'cta-cts-1.91': '2020-01-02',
  'cta-cts-2.10': '2024-09-30',
  'cta-cts-2.11': '2026-01-29',
  'cta-cts-2.9': '2022-12-16',
  'hkex-omd-c-1.45': '2026-01-09',
  'hkex-omd-c-refresh-1.45': '2026-01-09',
  'hkex-omd-c-retrans-1.45': '2026-01-09',
  'ice-impact-1.1.24': '2016-03-30',
  'ice-impact-1.1.33': '2018-08-06',
  'ice-impact-1.1.51': '2025-01-01',
  'iex-deep-1.0': '2018-02-27',
  'iex-deep-plus-1.0': '2026-06-04',
  'iex-deep-plus-snap-1.05': '2026-06-04',
  'iex-deep-snap-1.6': '2026-06-02',
  'iex-tops-1.5': '2016-09-23',
  'iex-tops-1.6': '2021-10-19',
  'iex-tops-snap-1.6': '2026-06-02',
  'nasdaq-totalview-itch-5.0-2017': '2017-09-12',
  'nasdaq-totalview-itch-5.0': '2026-02-19',
  'jnx-itch-1.6': '2023-03-09',
  'jnx-itch-2.0': '2025-09-17',
  'lse-gtp-level2-mbo-26.2': '2025-10-15',
  'lse-gtp-level2-mbp-26.2': '2025-10-15',
  'lse-gtp-recovery-26.2': '2025-10-15',
  'lse-gtp-replay-26.2': '2025-10-15',
  'lse-mitch-11.9': '2018-08-28',
  'miax-onyx-dom-1.0': '2025-03-25',
  'miax-onyx-tom-1.0': '2025-03-25',
  'miax-options-ctom-1.1': '2016-07-15',
  'miax-options-ctom-1.3a': '2020-08-12',
  'miax-options-tom-2.5': '2023-06-26',
  'miax-pearl-equities-dom-1.3d': '2026-02-04',
  'miax-pearl-options-tom-1.9': '2016-01-15',
  'miax-pearl-options-tom-2.3': '2019-06-10',
  'nasdaq-bbo-itch-2.1': '2018-05-03',
  'nasdaq-ise-order-combo-1.1': '2017-06-13',
  'nasdaq-nlsplus-itch-4.0': '2026-02-19',
  'nyse-arca-options-top-1.2': '2022-03-21',
  'nyse-arca-options-top-1.2j': '2025-11-18',
  'nyse-imbalances-2.1': '2018-02-01',
  'nyse-openbook-ultra-2.1': '2018-03-09',
  'nyse-openbook-ultra-2.1k': '2024-07-25',
  'nyse-pillar-bbo-2.5': '2025-03-28',
  'nyse-pillar-imbalances-2.2': '2025-10-23',
  'nyse-pillar-integrated-2.5': '2025-10-23',
  'nyse-pillar-integrated-2.5a': '2022-11-30',
  'nyse-xdp-bbo-2.4': '2016-07-13',
  'nyse-xdp-integrated-2.1': '2018-01-29',
  'nyse-xdp-integrated-2.3': '2019-10-25',
  'ose-itch-5.0.6': '2024-05-08',
  'otc-ats-multicast-4.3': '2019-12-11',
  'otc-ats-multicast-4.5': '2022-07-28',
  'session-lse-mitch': '2018-08-28',
  'session-miax-esesm': '2020-06-26',
  'tmx-sola-hsvf-1.14': '2024-02-05',
  'tmx-xmt-level2-3.6': '2020-10-20',
  'utp-uqdf-1.5': '2020-05-01',
  'utp-uqdf-3.0c': '2026-02-01',
  'utp-utdf-1.5': '2020-05-01',
  'utp-utdf-3.0c': '2026-02-01',
};

export interface DecoderChoice {
  readonly entry: DecoderEntry;
  /** What the choice rests on. A document's date is not the day on which a venue began to send by it. */
  readonly note: string;
}

/** Versions by their numbers, then by their letters: 1.9 before 1.13, 2.1 before 2.1k. */
function compareVersions(a: string, b: string): number {
  const parts = (v: string): string[] => v.match(/[0-9]+|[a-z]+/gi) ?? [];
  const [x, y] = [parts(a), parts(b)];
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [p = '', q = ''] = [x[i], y[i]];
    if (p !== q)
      return p !== '' && q !== '' && !Number.isNaN(Number(p)) && !Number.isNaN(Number(q))
        ? Number(p) - Number(q)
        : p < q
          ? -1
          : 1;
  }
  return 0;
}

/**
 * The table for a venue's feed on a day (`2024-05-31`): of those whose document is not younger, the one with the youngest
 * document. Without a day, or where no source gives dates, the newest version; the note says which it was. Undefined when
 * there is no such venue and feed.
 */
export function chooseDecoder(wanted: {
  readonly venue: string;
  readonly feed: string;
  readonly date?: string;
}): DecoderChoice | undefined {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  const all = decoders.filter((d) => same(d.venue, wanted.venue) && same(d.feed, wanted.feed));
  const byVersion = [...all].sort((a, b) => compareVersions(a.version, b.version));
  const newest = byVersion.at(-1);
  if (newest === undefined) return undefined;
  const { date } = wanted;
  if (date === undefined) return { entry: newest, note: 'no day was given: the newest version' };
  const dated = byVersion.filter((d) => DOCUMENTS[d.id] !== undefined);
  if (dated.length < all.length)
    return {
      entry: newest,
      note: `no source dates every version of this feed: the newest one, whatever was sent on ${date}`,
    };
  const old = dated
    .filter((d) => (DOCUMENTS[d.id] as string) <= date)
    .sort((a, b) => ((DOCUMENTS[a.id] as string) < (DOCUMENTS[b.id] as string) ? -1 : 1));
  const entry = old.at(-1);
  if (entry !== undefined)
    return {
      entry,
      note: `its document is of ${DOCUMENTS[entry.id]}; when the venue began to send by it no source says`,
    };
  const oldest =
    [...dated].sort((a, b) => ((DOCUMENTS[a.id] as string) < (DOCUMENTS[b.id] as string) ? -1 : 1))[0] ?? newest;
  return { entry: oldest, note: `every document is younger than ${date}: the oldest one, of ${DOCUMENTS[oldest.id]}` };
}
