// ClickHouse's engine (chdb) behind HTTP, as its own server has it: what is posted is a query, or the data of an INSERT. To be killed.
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [, , modules, folder, port] = process.argv;
const { Session } = createRequire(join(modules, 'package.json'))('chdb');
const session = new Session(join(folder, 'data'));
let inserts = 0;
const PLAIN = new Set(['query', 'database']);

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const parameters = new URL(request.url, 'http://host').searchParams;
  const settings = [...parameters]
    .filter(([name]) => !PLAIN.has(name))
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "\\'")}'`);
  let sql = parameters.get('query') ?? '';
  let file;
  try {
    if (settings.length > 0) session.query(`SET ${settings.join(', ')}`);
    if (/^INSERT/.test(sql)) {
      // The engine in a process reads data of an INSERT from a file.
      file = join(folder, `insert-${inserts++}`);
      writeFileSync(file, Buffer.concat(chunks));
      sql = sql.replace(/ FORMAT (\w+)$/, ` FROM INFILE '${file}' FORMAT $1`);
    }
    const answer = session.query(sql, 'TabSeparated');
    response.end(answer);
  } catch (error) {
    const code = /Code: (\d+)/.exec(error.message)?.[1] ?? '0';
    response.writeHead(500, { 'x-clickhouse-exception-code': code }).end(error.message);
  } finally {
    if (file !== undefined) rmSync(file, { force: true });
  }
}).listen(Number(port), '127.0.0.1');
