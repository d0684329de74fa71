/** The OpenAPI document of a gateway, made from its routes. */
import { z } from 'zod';
import { ROUTES, type Route } from './routes.js';
import * as schemas from './schemas.js';

type Json = Record<string, unknown>;

/** HTTP status of each refusal. */
export const STATUS: Readonly<Record<string, number>> = {
  VW_GATEWAY_REQUEST: 400,
  VW_GATEWAY_LIMIT: 400,
  VW_GATEWAY_TOKEN: 401,
  VW_GATEWAY_SCOPE: 403,
  VW_GATEWAY_ORIGIN: 403,
  VW_GATEWAY_NOT_FOUND: 404,
  VW_GATEWAY_METHOD: 405,
  VW_GATEWAY_RATE: 429,
  VW_PEER_MISSING: 501,
  VW_GATEWAY_DRAINING: 503,
};
const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The question is not right',
  401: 'No token, or an unknown one',
  403: 'The token has no right to it',
  404: 'There is no such venue or instrument for this user',
  429: 'Too many requests; Retry-After says when',
  503: 'The gateway is closing',
};

const inPath = (path: string): string => path.replace(/:(\w+)/g, '{$1}');
const parametersOf = (path: string): string[] => [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string);

function operation(route: Route, components: Json): Json {
  const register = (schema: z.ZodType, io: 'input' | 'output'): Json => {
    const { $schema: _, $defs, ...own } = z.toJSONSchema(schema, { target: 'draft-2020-12', io }) as Json;
    Object.assign(components, $defs);
    const id = own.id as string | undefined;
    if (id === undefined) return own;
    components[id] = own;
    return { $ref: `#/$defs/${id}` };
  };
  const query = register(route.query, 'input') as { properties?: Record<string, Json> };
  const content = (schema: z.ZodType): Json => ({ 'application/json': { schema: register(schema, 'output') } });
  return {
    operationId: route.path.replace(/^\/v1\//, '').replace(/[/:]+(\w)/g, (_, letter: string) => letter.toUpperCase()),
    summary: route.says,
    ...(route.category === undefined ? {} : { description: `Scope: ${route.category}` }),
    parameters: [
      ...parametersOf(route.path).map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      ...Object.entries(query.properties ?? {}).map(([name, schema]) => ({
        name,
        in: 'query',
        required: false,
        schema,
      })),
    ],
    responses: {
      200: { description: route.says, content: content(route.answer) },
      ...Object.fromEntries(
        Object.entries(REFUSALS).map(([status, description]) => [
          status,
          { description, content: content(schemas.error) },
        ]),
      ),
    },
  };
}

/** References of JSON Schema as OpenAPI has them. */
const withComponents = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll('#/$defs/', '#/components/schemas/'), (key, of) =>
    key === 'id' && typeof of === 'string' ? undefined : of,
  );

/** The document, OpenAPI 3.1. @param isOpen whether it wants no token. */
export function openApi(version: string, isOpen: boolean): Json {
  const components: Json = {};
  const paths = Object.fromEntries(ROUTES.map((route) => [inPath(route.path), { get: operation(route, components) }]));
  return withComponents({
    openapi: '3.1.0',
    info: {
      title: 'venuewire gateway',
      version,
      description: 'Books, trades and the ledger of venues. Streams are at /v1/stream (WebSocket): docs/gateway.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    security: isOpen ? [] : [{ token: [] }],
    paths,
    components: { schemas: components, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  }) as Json;
}
