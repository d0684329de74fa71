/** SQL as PostgreSQL and DuckDB write it. */

/** A name in quotation marks, so that it may be any word. */
export const quotedName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
