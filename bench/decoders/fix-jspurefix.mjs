// The same messages through jspurefix (MIT), the npm alternative whose source is open and kept up. It is no dependency:
// `npm install --no-save jspurefix` first. node fix-jspurefix.mjs views|objects 0 SECONDS
import { createRequire } from 'node:module';
import { bytes, MESSAGES } from './fix-input.mjs';
import { measure } from './measure.mjs';

const require = createRequire(import.meta.url);
require('reflect-metadata');
const { AsciiParser, DefinitionFactory, DITokens, SessionContainer } = require('jspurefix');
const { makeSessionScope } = require('jspurefix/dist/runtime/session-scope.js');

const [how, , seconds] = process.argv.slice(2);
const container = new SessionContainer();
container.registerGlobal('error');
const system = await container.makeSystem(require('jspurefix/data/session/test-initiator.json'));
const config = system.resolve(DITokens.IJsFixConfig);
config.definitions = await new DefinitionFactory().getDefinitions('qf44');
config.delimiter = 1;
const scope = makeSessionScope(config);
const resolve = (token) => scope.sessionContainer.resolve(token);
const parser = new AsciiParser(scope, null, resolve(DITokens.ParseBuffer), resolve(DITokens.maxMessageLen));
let seen = 0;
parser.on('msg', (type, view) => {
  if (how === 'objects') {
    if (view.toObject().MDIncGrp?.NoMDEntries.length > 0) seen++;
  } else if (type === 'X' && view.getTyped(34) >= 0 && view.getTyped(268) > 0 && view.getTyped(270) > 0) seen++;
});
const buffer = Buffer.from(bytes);
measure(
  `jspurefix ${how}`,
  MESSAGES,
  () => {
    seen = 0;
    parser.parseBuffer(buffer);
    return seen;
  },
  Number(seconds),
);
