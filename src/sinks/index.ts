/** From the feed to brokers and stores: pipelines, their ledger, and the sinks. */
export type { Pipeline, PipelineInput, PipelineSink, SinkOf } from '../patterns/pipeline.js';
export { type ChangeRelay, type ChangeRelayOptions, type ChangeRelayState, relayChanges } from './change-relay.js';
export { consumeKafka, type KafkaConsumer, type KafkaConsumerOptions, type KafkaRows } from './kafka-consumer.js';
export type { LaneStatistics } from './lane.js';
export { type SinkLedger, sinkBalances } from './ledger.js';
export {
  type PipelineOptions,
  type PipelineStatistics,
  type PipelinesRun,
  type PipelinesSummary,
  runPipelines,
} from './pipeline.js';
export { sinkOf } from './registry.js';
export {
  isNone,
  joinBatches,
  type NumberColumn,
  POSITION_FIELDS,
  RowBatch,
  type RowColumn,
  type RowField,
  type RowPosition,
  type RowSchema,
  type RowType,
  type Words,
} from './rows.js';
export { BOOK_TOP_ROWS, EVENT_ROWS } from './shapes.js';
export { type Delivery, type Refusal, type Sink, type SinkContext, type SinkOpened, SinkRefusal } from './sink.js';
export {
  type Received,
  type Subscriber,
  type SubscriberCounters,
  type SubscriberOptions,
  subscribe,
} from './zeromq-subscriber.js';
