/** The items of each axis, as `list patterns` shows them: read from the schemas, so that the list is what is accepted. */
import type { z } from 'zod';
import { credentialsSchema } from '../patterns/credentials.js';
import { networkSchema } from '../patterns/network.js';
import { protection } from '../patterns/security.js';
import * as known from '../venues/recoveries.js';

export interface PatternItem {
  readonly axis: string;
  readonly item: string;
  readonly says: string;
  readonly unconfirmed: readonly string[];
}

/** Declared without an engine that opens them. */
const DECLARED_ONLY = new Set(['tls', 'websocket', 'httpsStream', 'ftp', 'sftp', 'rrcp', 'sqlReplication']);

function axis(name: string, schema: z.ZodType): PatternItem[] {
  const { options } = schema as unknown as { readonly options: readonly z.ZodType[] };
  return options.map((option) => {
    const { type } = (option as z.ZodObject).shape as { readonly type: z.ZodLiteral<string> };
    const item = type.value;
    const says = option.description ?? '';
    return { axis: name, item, says: DECLARED_ONLY.has(item) ? `${says} (no engine yet)` : says, unconfirmed: [] };
  });
}

export function patterns(): PatternItem[] {
  const servers = Object.values(known as Record<string, unknown>).flatMap((pattern): PatternItem[] => {
    const p = pattern as { id?: string; source?: string; transport?: string; from?: string; unconfirmed?: string[] };
    if (typeof p !== 'object' || p === null || typeof p.id !== 'string' || typeof p.transport !== 'string') return [];
    return [
      {
        axis: p.from === undefined ? 'recovery' : 'snapshot',
        item: p.id,
        says: `${p.transport}: ${p.source ?? ''}`,
        unconfirmed: p.unconfirmed ?? [],
      },
    ];
  });
  return [
    ...axis('network', networkSchema),
    ...servers.sort((a, b) => (a.axis < b.axis ? -1 : a.axis > b.axis ? 1 : 0)),
    ...axis('credentials', credentialsSchema),
    ...axis('security', protection),
  ];
}
