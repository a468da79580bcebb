/** What an access file says, as data: the shape that schema/access.schema.json describes and compile-policy.ts reads. */
import type { RightsWords } from './rights-words.ts';

export interface PolicyDocument {
  /** A hash, or a hash with rights. */
  readonly users?: Readonly<Record<string, string | UserEntry>>;
  readonly passwords?: readonly PasswordEntry[];
  readonly rules?: readonly RuleEntry[];
  readonly throttle?: 'off' | ThrottleEntry;
  readonly proxies?: readonly string[];
}

export interface UserEntry {
  readonly password: string;
  readonly rights?: RightsWords;
}

export interface PasswordEntry {
  readonly name: string;
  readonly password: string;
  readonly rights?: RightsWords;
  readonly expires?: string;
}

export interface RuleEntry {
  /** For the log. */
  readonly name?: string;
  readonly match: MatchEntry;
  readonly rights: RightsWords;
}

export type OneOrMore = string | readonly string[];

export interface MatchEntry {
  readonly dn?: OneOrMore;
  readonly san?: OneOrMore;
  readonly fingerprint?: OneOrMore;
  readonly user?: OneOrMore;
  readonly password?: OneOrMore;
  readonly anyone?: true;
  readonly networks?: OneOrMore;
  readonly hours?: OneOrMore;
}

/** Seconds. */
export interface ThrottleEntry {
  readonly firstDelay?: number;
  readonly longestDelay?: number;
  readonly forgetAfter?: number;
  readonly freeTries?: number;
  readonly freeTriesPerNetwork?: number;
  readonly exempt?: readonly string[];
}
