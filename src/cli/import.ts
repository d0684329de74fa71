/** `venuewire import`: a message table, or template data, from what a venue publishes. */
import { Argument, type Command } from 'commander';
import { FastDecoder, type FastTemplate } from '../fast/index.js';
import { decoderFromSbe, readFastTemplates, type SbeImportOptions, tableText } from '../import.js';
import { cannotWrite, openToWrite } from './file-to-write.js';
import { Output } from './output.js';
import { say } from './terminal.js';
import { readWhole } from './whole-file.js';

interface ImportOptions extends SbeImportOptions {
  readonly out?: string;
  readonly layout?: string;
  readonly feedVersion?: string;
}

const EXAMPLES = `
Examples:
  venuewire import sbe schema.xml --id my-feed-1.2 --venue 'My venue' --framing my-framing --out my-feed-1.2.ts
  venuewire import fast templates.xml --out templates.ts

The same is there at run time: decoderFromSbe(xml) and decoderFromFast(xml) of 'venuewire/import'.
`;

/** Templates as a TypeScript module: no XML is read where it is used. */
export const fastText = (
  templates: readonly FastTemplate[],
): string => `import { FastDecoder, type FastTemplate } from 'venuewire/fast';

export const templates: readonly FastTemplate[] = ${JSON.stringify(templates, undefined, 2)};

/** A decoder with dictionaries of its own: one for each stream. */
export const decoder = () => new FastDecoder(templates);
`;

async function importFile(kind: string, file: string, options: ImportOptions): Promise<void> {
  const { feedVersion } = options;
  const xml = await readWhole(file);
  let text: string;
  let says: string;
  if (kind === 'sbe') {
    const decoder = decoderFromSbe(xml, {
      ...options,
      file,
      ...(feedVersion === undefined ? {} : { version: feedVersion }),
    });
    text = tableText(decoder, options.layout === undefined ? {} : { layout: options.layout });
    says = `${decoder.id}: ${decoder.names.length} messages`;
  } else {
    const templates = readFastTemplates(xml, { file });
    new FastDecoder(templates);
    text = fastText(templates);
    says = `${templates.length} templates`;
  }
  if (options.out === undefined) {
    const out = new Output();
    out.line(text.trimEnd());
    await out.flush();
  } else {
    const out = await openToWrite(options.out);
    try {
      await out.writeFile(text);
    } catch (cause) {
      throw cannotWrite(options.out, cause);
    } finally {
      await out.close();
    }
  }
  say(`${says}${options.out === undefined ? '' : ` written to ${options.out}`}`);
}

export function configure(command: Command): void {
  command
    .addArgument(new Argument('<kind>', 'what the file is').choices(['sbe', 'fast']))
    .argument('<file>', 'the XML file; - for standard input')
    .option('--out <file>', 'where the TypeScript goes; default: standard output')
    .option('--id <id>', 'of the decoder; default: package and version of the schema')
    .option('--venue <name>')
    .option('--feed <name>')
    .option('--feed-version <version>')
    .option('--framing <id>', 'the transport family that carries the messages')
    .option('--instrument <field>', 'the field that tells instruments apart')
    .option('--layout <module>', 'where the table imports its words from', 'venuewire/layout')
    .addHelpText('after', EXAMPLES)
    .action(importFile);
}
