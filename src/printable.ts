/**
 * Text that came from outside (packets, files, keys of YAML) made safe for a terminal: what would move the cursor, change
 * its title, clear it or turn the direction of writing is shown as `\u001b`, which JSON reads as the same character.
 */

// C0 but tab and line feed, DEL, C1, line and paragraph separators, marks and overrides of direction, byte order mark.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to be escaped
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const EVERY_CONTROL = new RegExp(CONTROLS, 'g');
const LINES = /[\t\n]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Text of any number of lines, without what a terminal would obey. */
export const printable = (text: string): string => (CONTROLS.test(text) ? text.replace(EVERY_CONTROL, escaped) : text);

/** The same for a name or a value inside a line: it cannot begin another line either. */
export const printableWord = (text: string): string => printable(text).replace(LINES, escaped);
