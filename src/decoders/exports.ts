/** By what name a decoder's module exports it. */
import type { DecoderEntry } from './registry.js';

/** Names that are older than the rule. */
const OWN: Readonly<Record<string, string>> = {
  'fix-4.4-text': 'fixText',
  'nasdaq-glimpse-5.0': 'glimpse50',
  'nasdaq-totalview-itch-5.0': 'itch50',
  'nasdaq-totalview-itch-5.0-2017': 'itch50v2017',
  'session-moldudp64': 'moldudp64',
  'session-soupbintcp-3': 'soupbintcp',
};

/** `cme-mdp3-sbe-1.13` is imported from `venuewire/decoders/cme-mdp3-sbe-1.13` as `cmeMdp3Sbe113`. */
export function importOf({ id }: Pick<DecoderEntry, 'id'>): { readonly path: string; readonly name: string } {
  const name = OWN[id] ?? id.replace(/[-.]+(.)/g, (_, first: string) => first.toUpperCase());
  return { path: `venuewire/decoders/${id}`, name };
}
