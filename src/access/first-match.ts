/**
 * The first of many rules that matches, without looking at most of them: a rule that needs one of a few exact values is
 * found by value, the others are tried in order. Used for rules on names and for the rules of an access file.
 */

export interface Indexed<Rule> {
  readonly rule: Rule;
  /** Values of which the subject must have one for this rule to match at all; undefined: any subject may match. */
  readonly keys?: readonly string[];
}

export class FirstMatch<Rule> {
  readonly #rules: readonly Rule[];
  /** Places of rules in order, by key. */
  readonly #byKey = new Map<string, number[]>();
  readonly #always: number[] = [];

  constructor(rules: readonly Indexed<Rule>[]) {
    this.#rules = rules.map(({ rule }) => rule);
    rules.forEach(({ keys }, place) => {
      if (keys === undefined) {
        this.#always.push(place);
        return;
      }
      for (const key of new Set(keys)) {
        const places = this.#byKey.get(key);
        if (places === undefined) this.#byKey.set(key, [place]);
        else places.push(place);
      }
    });
  }

  /** As `rules.find(matches)` would, for a subject with these values. */
  find(keys: readonly string[], matches: (rule: Rule) => boolean): Rule | undefined {
    const lists = [this.#always];
    for (const key of new Set(keys)) {
      const places = this.#byKey.get(key);
      if (places !== undefined) lists.push(places);
    }
    // A merge of sorted lists: a subject has few values, so the smallest head is found by looking at all of them.
    const heads = lists.map(() => 0);
    for (;;) {
      let smallest = -1;
      let place = Number.POSITIVE_INFINITY;
      for (const [list, places] of lists.entries()) {
        const next = places[heads[list] ?? 0] ?? Number.POSITIVE_INFINITY;
        if (next >= place) continue;
        place = next;
        smallest = list;
      }
      const rule = this.#rules[place];
      if (rule === undefined) return undefined;
      if (matches(rule)) return rule;
      heads[smallest] = (heads[smallest] ?? 0) + 1;
    }
  }
}
