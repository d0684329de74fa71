/** Fields and methods of a C++ class, by name; `undefined` where the text does not declare it. */
export function membersOf(
  text: string,
  name: string,
): { readonly fields: readonly string[]; readonly methods: readonly string[]; readonly flags: number } | undefined;

/** Functions of a C++ source as clang-format lays them out: name, length, and the text from its head to its end. */
export function functionsOf(
  text: string,
): readonly { readonly name: string; readonly lines: number; readonly text: string }[];

/** What a checkout has of each class that docs/decisions.md names. */
export function measure(root: string): {
  readonly rows: ReadonlyMap<
    string,
    { readonly fields: number; readonly methods: number; readonly longest: { readonly lines: number } }
  >;
};
