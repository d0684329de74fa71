/** What is wrong with an addon for macOS, in sentences; nothing: Node there should load it. */
export function machOProblems(file: string, wanted: { readonly arch: string; readonly minimum: string }): string[];
