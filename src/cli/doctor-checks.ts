/** What `doctor` says of one thing. */
export type Status = 'ok' | 'warn' | 'fail';

export interface Check {
  readonly check: string;
  readonly status: Status;
  readonly value: string;
  /** What to do; empty when nothing has to be done. */
  readonly advice: string;
}

export const ok = (check: string, value: string, advice = ''): Check => ({ check, status: 'ok', value, advice });
export const warn = (check: string, value: string, advice: string): Check => ({ check, status: 'warn', value, advice });
export const fail = (check: string, value: string, advice: string): Check => ({ check, status: 'fail', value, advice });
