/** Who the examples of the ready venues are to their servers. The simulator takes these names; nobody else does. */
import { type Credentials, env, fixLogon, idAndSourceAddress, token, userPassword } from '../patterns/credentials.js';

const USER = env('VENUEWIRE_SIMULATED_USER');
const PASSWORD = env('VENUEWIRE_SIMULATED_PASSWORD');
const ID = env('VENUEWIRE_SIMULATED_ID');

export const simulatedUser = (): Credentials => userPassword(USER, PASSWORD);
export const simulatedMember = (): Credentials => userPassword(USER, PASSWORD, ID);
export const simulatedId = (): Credentials => idAndSourceAddress(ID);
export const simulatedToken = (): Credentials => token(PASSWORD);
export const simulatedFix = (): Credentials =>
  fixLogon({ senderCompId: USER, targetCompId: USER, username: USER, password: PASSWORD });
