/** Findings in SARIF 2.1.0 (OASIS, 2020), which code review shows beside the lines that they are about. */
import { ERRORS, isErrorCode } from '../errors.js';
import type { Plan } from './index.js';
import { RULES, type RuleId } from './rules.js';

const meaning = (rule: string): readonly [cause: string, remedy: string] => {
  if (isErrorCode(rule)) return ERRORS[rule];
  const known = RULES[rule as RuleId];
  return [known[1], known[2]];
};

/** SARIF wants addresses: a path with its special characters escaped. */
const uri = (file: string): string => file.split('/').map(encodeURIComponent).join('/');

/** One log with one run: the findings of these plans. */
export function sarif(plans: readonly Plan[], version: string): object {
  const findings = plans.flatMap((p) => p.findings.map((f) => ({ ...f, file: f.at?.file ?? p.file })));
  const ids = [...new Set(findings.map((f) => f.rule))];
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'venuewire plan',
            version,
            informationUri: 'https://github.com/venuewire/venuewire',
            rules: ids.map((id) => {
              const [cause, remedy] = meaning(id);
              return { id, shortDescription: { text: cause }, help: { text: remedy } };
            }),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: findings.map(({ rule, severity, path, message, remedy, at, file }) => ({
          ruleId: rule,
          ruleIndex: ids.indexOf(rule),
          level: severity,
          message: { text: `${message}\n${remedy}` },
          locations: [
            {
              ...(file === undefined
                ? {}
                : {
                    physicalLocation: {
                      artifactLocation: { uri: uri(file) },
                      region: { startLine: at?.line ?? 1, startColumn: at?.column ?? 1 },
                    },
                  }),
              logicalLocations: [{ fullyQualifiedName: path || 'document' }],
            },
          ],
        })),
      },
    ],
  };
}
