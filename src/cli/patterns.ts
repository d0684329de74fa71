/** The items of each axis, as `list patterns` shows them: read from the schemas, so that the list is what is accepted. */
import type { z } from 'zod';
import { credentialsSchema } from '../patterns/credentials.js';
import { networkSchema } from '../patterns/network.js';
import { protection } from '../patterns/security.js';
import { patterns as servers } from '../venues/registry.js';

export interface PatternItem {
  readonly axis: string;
  readonly item: string;
  readonly says: string;
}

/** Declared without an engine that opens them. */
const DECLARED_ONLY = new Set(['tls', 'websocket', 'httpsStream', 'ftp', 'sftp', 'rrcp', 'sqlReplication']);

function axis(name: string, schema: z.ZodType): PatternItem[] {
  const { options } = schema as unknown as { readonly options: readonly z.ZodType[] };
  return options.map((option) => {
    const { type } = (option as z.ZodObject).shape as { readonly type: z.ZodLiteral<string> };
    const item = type.value;
    const says = option.description ?? '';
    return { axis: name, item, says: DECLARED_ONLY.has(item) ? `${says} (no engine yet)` : says };
  });
}

export function patterns(): PatternItem[] {
  return [
    ...axis('network', networkSchema),
    ...(['recovery', 'snapshot'] as const).flatMap((kind) =>
      servers.filter((s) => s.kind === kind).map((s) => ({ axis: kind, item: s.id, says: s.says })),
    ),
    ...axis('credentials', credentialsSchema),
    ...axis('security', protection),
  ];
}
