/** The oldest macOS that the binaries run on. */
export const MACOS: string;
/**
 * What is built, by name: where node-gyp-build looks for it, what zig calls it, the processor it is for, and whether it is
 * for macOS.
 */
export const TARGETS: Readonly<
  Record<string, { readonly file: string; readonly zig: string; readonly cpu?: string; readonly macho?: true }>
>;
