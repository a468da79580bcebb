/** The security types that are spoken, by number. Adding one is its file and one line here. */
import { none } from './none.ts';
import type { SecurityType } from './security-type.ts';
import { vencrypt } from './vencrypt.ts';
import { vncAuth } from './vnc-auth.ts';

export const securityTypes: ReadonlyMap<number, SecurityType> = new Map(
  [vencrypt, vncAuth, none].map((type) => [type.number, type]),
);
