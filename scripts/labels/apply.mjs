/**
 * Writes the labels of message tables as `rule.mjs` has them.
 *
 *   node scripts/labels/apply.mjs src/decoders            # mends every table of the folder in place
 *   node scripts/labels/apply.mjs --check FILE.ts ...     # only says which labels are not as the rule makes them
 *
 * A label is a text in an object literal of texts that is given to a word of the table language (`char(0, { … })`,
 * `.labels({ … })`), or in a constant of such texts.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { labelText } from './rule.mjs';

/** Words whose object literals are no labels. */
const OTHERS = new Set(['defineDecoder', 'message', 'group', 'when', 'bits', 'entry']);

/** @param {ts.ObjectLiteralExpression} object */
const isOfTexts = (object) =>
  object.properties.some((p) => ts.isPropertyAssignment(p)) &&
  object.properties.every(
    (p) => ts.isSpreadAssignment(p) || (ts.isPropertyAssignment(p) && ts.isStringLiteralLike(p.initializer)),
  );

/** @param {ts.ObjectLiteralExpression} object */
function isLabels(object) {
  if (!isOfTexts(object)) return false;
  const parent = ts.isAsExpression(object.parent) ? object.parent.parent : object.parent;
  if (ts.isVariableDeclaration(parent)) return ts.isSourceFile(parent.parent.parent.parent);
  if (!ts.isCallExpression(parent)) return false;
  const { expression } = parent;
  const word = ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
  return !OTHERS.has(word);
}

/**
 * The labels of a source text, where each stands, and what the rule makes of it.
 * @param {string} source
 * @returns {{ at: number, end: number, label: string, wanted: string }[]}
 */
export function labelsIn(source) {
  const file = ts.createSourceFile('table.ts', source, ts.ScriptTarget.ES2022, true);
  /** @type {{ at: number, end: number, label: string, wanted: string }[]} */
  const found = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isObjectLiteralExpression(node) && isLabels(node)) {
      for (const p of node.properties) {
        if (!ts.isPropertyAssignment(p) || !ts.isStringLiteralLike(p.initializer)) continue;
        const label = p.initializer.text;
        found.push({ at: p.initializer.getStart(), end: p.initializer.end, label, wanted: labelText(label) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** @param {string} source */
export function withLabels(source) {
  let out = source;
  for (const { at, end, label, wanted } of labelsIn(source).reverse()) {
    if (label !== wanted) {
      const text =
        wanted.includes("'") && !wanted.includes('"') ? `"${wanted}"` : `'${wanted.replace(/[\\']/g, '\\$&')}'`;
      out = out.slice(0, at) + text + out.slice(end);
    }
  }
  return out;
}

function main() {
  const check = process.argv.includes('--check');
  const files = process.argv
    .slice(2)
    .filter((a) => a !== '--check')
    .flatMap((a) => (statSync(a).isDirectory() ? readdirSync(a).map((name) => join(a, name)) : [a]))
    .filter((name) => name.endsWith('.ts'));
  let wrong = 0;
  for (const file of files) {
    const source = readFileSync(file, 'utf8');
    const found = labelsIn(source).filter(({ label, wanted }) => label !== wanted);
    wrong += found.length;
    if (check) for (const { label, wanted } of found) console.log(`${file}: '${label}' is written '${wanted}'`);
    else if (found.length > 0) writeFileSync(file, withLabels(source));
  }
  console.log(`${wrong} labels ${check ? 'are not as the rule makes them' : 'mended'} in ${files.length} files`);
  if (check && wrong > 0) process.exitCode = 1;
}

if (process.argv[1]?.endsWith('apply.mjs')) main();
