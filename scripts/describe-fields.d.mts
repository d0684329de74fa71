/** What an editor shows of a part of a table; empty where its name and type say all. */
export function describePart(part: object): string;
/** The declaration `text` of a module with what its tables say. `exported`: what the module exports. */
export function describeDeclaration(text: string, exported: object): string;
