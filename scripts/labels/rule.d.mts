/** The label for a text of a schema or dissector; it changes nothing in a text that it made. */
export function labelText(raw: string): string;
