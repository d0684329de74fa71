// The types of declarations are written from their schemas (npm run pattern-types): here the compiler compares each with what the
// schema gives and takes, and a consumer's compiler meets no type of the schema library.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { mappingSchema, source } from '../../src/metadata/mapping.js';
import type { MappingRecord, MappingSource } from '../../src/metadata/mapping-types.js';
import type * as credentials from '../../src/patterns/credentials.js';
import type * as framing from '../../src/patterns/framing.js';
import type * as integrity from '../../src/patterns/integrity.js';
import type * as network from '../../src/patterns/network.js';
import type * as pipeline from '../../src/patterns/pipeline.js';
import type * as recovery from '../../src/patterns/recovery.js';
import type * as security from '../../src/patterns/security.js';
import type * as snapshot from '../../src/patterns/snapshot.js';
import type * as stream from '../../src/patterns/stream.js';
import type * as subscription from '../../src/patterns/subscription.js';
import type * as table from '../../src/patterns/table.js';
import type * as T from '../../src/patterns/types.js';
import type * as units from '../../src/patterns/units.js';
import type * as venue from '../../src/patterns/venue.js';
import type { machineShape } from '../../src/plan/machine.js';
import type { MachineFacts } from '../../src/plan/machine-types.js';
import type { FixSession, fixSessionSchema } from '../../src/venues/patterns/streams.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

type Out<S extends z.ZodType> = z.output<S>;
type In<S extends z.ZodType> = z.input<S>;

describe('the types of declarations', () => {
  it('are what the schemas give', () => {
    expectTypeOf<T.Duration>().toEqualTypeOf<Out<typeof units.duration>>();
    expectTypeOf<T.Reference>().toEqualTypeOf<Out<typeof credentials.reference>>();
    expectTypeOf<T.Credentials>().toEqualTypeOf<Out<typeof credentials.credentialsShape>>();
    expectTypeOf<T.Network>().toEqualTypeOf<Out<typeof network.networkShape>>();
    expectTypeOf<T.VariableValue>().toEqualTypeOf<Out<typeof table.variableSchema>>();
    expectTypeOf<T.CredentialValue>().toEqualTypeOf<Out<typeof table.credentialSchema>>();
    expectTypeOf<T.ParameterValue>().toEqualTypeOf<Out<typeof table.parameterSchema>>();
    expectTypeOf<T.Value>().toEqualTypeOf<Out<typeof table.valueShape>>();
    expectTypeOf<T.Envelope>().toEqualTypeOf<Out<typeof table.envelopeShape>>();
    expectTypeOf<T.TableMessage>().toEqualTypeOf<Out<typeof table.messageSchema>>();
    expectTypeOf<T.FixMessage>().toEqualTypeOf<Out<typeof table.fixSchema>>();
    expectTypeOf<T.EmptyPacket>().toEqualTypeOf<Out<typeof table.emptyPacketSchema>>();
    expectTypeOf<T.Outgoing>().toEqualTypeOf<Out<typeof table.outgoingShape>>();
    expectTypeOf<T.FramingField>().toEqualTypeOf<Out<typeof framing.fieldSchema>>();
    expectTypeOf<T.Parsed>().toEqualTypeOf<Out<typeof framing.framingShape>>();
    expectTypeOf<T.Reply>().toEqualTypeOf<Out<typeof recovery.replyShape>>();
    expectTypeOf<T.Recovery>().toEqualTypeOf<Out<typeof recovery.recoveryShape>>();
    expectTypeOf<T.WaitRung>().toEqualTypeOf<Out<typeof recovery.waitRung>>();
    expectTypeOf<T.RequestRung>().toEqualTypeOf<Out<typeof recovery.requestRung>>();
    expectTypeOf<T.Snapshot>().toEqualTypeOf<Out<typeof snapshot.snapshotShape>>();
    expectTypeOf<T.SnapshotRung>().toEqualTypeOf<Out<typeof snapshot.snapshotRung>>();
    expectTypeOf<T.Stream>().toEqualTypeOf<Out<typeof stream.streamShape>>();
    expectTypeOf<T.StreamUse>().toEqualTypeOf<Out<typeof stream.streamUse>>();
    expectTypeOf<T.Integrity>().toEqualTypeOf<Out<typeof integrity.integrityShape>>();
    expectTypeOf<T.Protection>().toEqualTypeOf<Out<typeof security.protection>>();
    expectTypeOf<T.Pipeline>().toEqualTypeOf<Out<typeof pipeline.pipelineSchema>>();
    expectTypeOf<T.VenueDocument>().toEqualTypeOf<Out<typeof venue.venueSchema>>();
    expectTypeOf<MachineFacts>().toEqualTypeOf<Out<typeof machineShape>>();
    expectTypeOf<MappingSource>().toEqualTypeOf<Out<typeof source>>();
    // Hold JSON of any depth, which each side names itself.
    expectTypeOf<T.Subscription>().toExtend<Out<typeof subscription.subscriptionShape>>();
    expectTypeOf<Out<typeof subscription.subscriptionShape>>().toExtend<T.Subscription>();
    expectTypeOf<MappingRecord>().toExtend<Out<typeof mappingSchema>>();
    expectTypeOf<Out<typeof mappingSchema>>().toExtend<MappingRecord>();
  });

  it('and what they take', () => {
    expectTypeOf<T.EnvelopeInput>().toEqualTypeOf<In<typeof table.envelopeShape>>();
    expectTypeOf<T.OutgoingInput>().toEqualTypeOf<In<typeof table.outgoingShape>>();
    expectTypeOf<T.FramingInput>().toEqualTypeOf<In<typeof framing.framingShape>>();
    expectTypeOf<T.ReplyInput>().toEqualTypeOf<In<typeof recovery.replyShape>>();
    expectTypeOf<T.RecoveryInput>().toEqualTypeOf<In<typeof recovery.recoveryShape>>();
    expectTypeOf<T.WaitRungInput>().toEqualTypeOf<In<typeof recovery.waitRung>>();
    expectTypeOf<T.RequestRungInput>().toEqualTypeOf<In<typeof recovery.requestRung>>();
    expectTypeOf<T.SnapshotInput>().toEqualTypeOf<In<typeof snapshot.snapshotShape>>();
    expectTypeOf<T.SnapshotRungInput>().toEqualTypeOf<In<typeof snapshot.snapshotRung>>();
    expectTypeOf<T.StreamInput>().toEqualTypeOf<In<typeof stream.streamShape>>();
    expectTypeOf<T.StreamUseInput>().toEqualTypeOf<In<typeof stream.streamUse>>();
    expectTypeOf<T.IntegrityInput>().toEqualTypeOf<In<typeof integrity.integrityShape>>();
    expectTypeOf<T.PipelineInput>().toEqualTypeOf<In<typeof pipeline.pipelineSchema>>();
    expectTypeOf<T.VenueDeclaration>().toEqualTypeOf<In<typeof venue.venueSchema>>();
    expectTypeOf<T.VenueResource>().toEqualTypeOf<In<typeof venue.venueResourceSchema>>();
    expectTypeOf<FixSession>().toEqualTypeOf<In<typeof fixSessionSchema>>();
    expectTypeOf<T.SubscriptionInput>().toExtend<In<typeof subscription.subscriptionShape>>();
    expectTypeOf<In<typeof subscription.subscriptionShape>>().toExtend<T.SubscriptionInput>();
  });

  it('are up to date', () => {
    const ran = spawnSync(process.execPath, [`${root}scripts/pattern-types.mjs`, '--check'], { encoding: 'utf8' });
    expect(ran.stderr).toBe('');
    expect(ran.status).toBe(0);
  });

  it('bring no type of the schema library into a program', () => {
    const files = readdirSync(`${root}dist`, { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.d.ts'));
    expect(files.length).toBeGreaterThan(300);
    const texts = files.map((file) => readFileSync(`${root}dist/${file}`, 'utf8'));
    // What no other declaration names is read by no program: nothing of it is exported.
    const named = new Set(
      files.flatMap((file, i) =>
        [...(texts[i] as string).matchAll(/["'](\.\.?\/[^"']+)\.js["']/g)].map(
          ([, way]) => `${join(dirname(file), way as string)}.d.ts`,
        ),
      ),
    );
    const importing = files.filter((_, i) => /from ["']zod["']|import\(["']zod["']\)/.test(texts[i] as string));
    expect(importing.filter((file) => named.has(file))).toEqual([]);
  });
});
