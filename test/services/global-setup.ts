import { prepare } from './prepare.mjs';

/** What is missing fails the run, with what to do: a test that cannot run is not a test that passed. */
export default (): void => prepare({ spark: process.env.VENUEWIRE_SPARK !== undefined });
