/** Where a writer's bytes go, in order; a promise is waited for before more are made. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void> | undefined;
