import { prepare } from './prepare.mjs';

export default (): void => prepare();
