/** What is built, by name: where node-gyp-build looks for it, what zig calls it, and the processor it is for. */
export const TARGETS: Readonly<Record<string, { readonly file: string; readonly zig: string; readonly cpu?: string }>>;
