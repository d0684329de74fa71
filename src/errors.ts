/** Every error of this library: a stable code, what happened, and what to do about it. */
export class VenuewireError extends Error {
  override readonly name = 'VenuewireError';
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}
