/**
 * What the tests against real servers need: Debian's servers, a Kafka of Maven Central, and a Python with pyzmq and msgpack.
 * `node test/services/prepare.mjs --install` installs Debian's packages that are missing (as root); `--spark`: PySpark too.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const requirements = join(root, 'test/services/requirements.txt');
const python = join(root, 'build/services/python');

/** What has to be there, and Debian's package that has it. */
const NEEDED = {
  'redis-server': () => spawnSync('which', ['redis-server']).status === 0,
  postgresql: () => existsSync('/usr/lib/postgresql'),
  'clickhouse-server': () => spawnSync('which', ['clickhouse-server']).status === 0,
  'default-jdk-headless': () => spawnSync('javac', ['-version']).status === 0,
  'nats-server': () => spawnSync('which', ['nats-server']).status === 0,
  'rabbitmq-server': () => existsSync('/usr/lib/rabbitmq/bin/rabbitmq-server'),
  influxdb: () => spawnSync('which', ['influxd']).status === 0,
  'openssh-server': () => existsSync('/usr/sbin/sshd'),
  vsftpd: () => existsSync('/usr/sbin/vsftpd'),
  maven: () => spawnSync('which', ['mvn']).status === 0,
  prometheus: () => spawnSync('which', ['promtool']).status === 0,
  'python3-venv': () => spawnSync('python3', ['-c', 'import ensurepip']).status === 0,
};

function run(command, ...words) {
  const result = spawnSync(command, words, {
    cwd: root,
    encoding: 'utf8',
    timeout: 600_000,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (result.status === 0) return;
  const said = `${result.error?.message ?? ''}${result.stdout ?? ''}${result.stderr ?? ''}`.trim();
  throw new Error(`${command} ${words.join(' ')} failed:\n${said.split('\n').slice(-20).join('\n')}`);
}

export function prepare({ install = false, spark = false } = {}) {
  const missing = Object.keys(NEEDED).filter((name) => !NEEDED[name]());
  if (missing.length > 0 && !install) {
    throw new Error(
      `The service tests need ${missing.join(', ')}. Install them with: apt-get install ${missing.join(' ')}\n` +
        'or run, as root: node test/services/prepare.mjs --install',
    );
  }
  if (missing.length > 0) {
    run('apt-get', 'update');
    run('apt-get', 'install', '-y', '--no-install-recommends', ...missing);
  }
  mkdirSync(join(root, 'build/services'), { recursive: true });
  once(python, requirements, () => {
    run('python3', '-m', 'venv', python);
    run(join(python, 'bin/pip'), 'install', '-q', '--disable-pip-version-check', '-r', requirements);
  });
  const layers = join(root, 'test/services/dbt-requirements.txt');
  const dbt = join(root, 'build/services/dbt');
  once(dbt, layers, () => {
    run('python3', '-m', 'venv', dbt);
    run(join(dbt, 'bin/pip'), 'install', '-q', '--disable-pip-version-check', '-r', layers);
  });
  const pom = join(root, 'test/services/pom.xml');
  const jars = join(root, 'build/services/kafka');
  once(jars, pom, () => run('mvn', '-q', '-B', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`));
  const manifest = join(root, 'test/services/clickhouse/package.json');
  const engine = join(root, 'build/services/clickhouse');
  once(engine, manifest, () => {
    mkdirSync(engine);
    copyFileSync(manifest, join(engine, 'package.json'));
    run('npm', 'install', '--prefix', engine, '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock');
  });
  if (spark) prepareSpark();
}

/** PySpark of PyPI (500 MB), and the source of Kafka that its package has not. */
function prepareSpark() {
  const wanted = join(root, 'test/services/spark-requirements.txt');
  const folder = join(root, 'build/services/spark');
  once(folder, wanted, () => {
    run('python3', '-m', 'venv', folder);
    run(join(folder, 'bin/pip'), 'install', '-q', '--disable-pip-version-check', '-r', wanted);
  });
  const pom = join(root, 'test/services/spark-pom.xml');
  const jars = join(root, 'build/services/spark-jars');
  const names = 'spark-sql-kafka-0-10_2.13,spark-token-provider-kafka-0-10_2.13,kafka-clients,commons-pool2';
  const words = ['dependency:copy-dependencies', `-DincludeArtifactIds=${names}`, `-DoutputDirectory=${jars}`];
  once(jars, pom, () => run('mvn', '-q', '-B', '-f', pom, ...words));
}

/** Makes a folder anew when the file that says what is in it has changed. */
function once(folder, from, make) {
  const stamp = join(folder, 'made');
  const wanted = readFileSync(from, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  rmSync(folder, { recursive: true, force: true });
  make();
  writeFileSync(stamp, wanted);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    prepare({ install: process.argv.includes('--install'), spark: process.argv.includes('--spark') });
    console.log('what the service tests need is there');
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
