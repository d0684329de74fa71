// Writes the manual page, docs/venuewire.1, from what the command line says of itself. Needs `npm run build:ts`.
import { readFileSync, writeFileSync } from 'node:fs';
import { configuredVerbs, manualPage } from '../dist/cli/completion.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
writeFileSync(new URL('../docs/venuewire.1', import.meta.url), manualPage(await configuredVerbs(), version));
