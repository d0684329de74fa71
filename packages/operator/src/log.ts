/** One JSON object a line on standard output: `time`, `level`, `message`, and what it is about. */
export type Level = 'debug' | 'info' | 'warn' | 'error';
export type Log = (level: Level, message: string, of?: Readonly<Record<string, unknown>>) => void;

const LEVELS: readonly Level[] = ['debug', 'info', 'warn', 'error'];

export function jsonLog(least: Level, write: (line: string) => void = (line) => void process.stdout.write(line)): Log {
  return (level, message, of = {}) => {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...of })}\n`);
  };
}

export const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
