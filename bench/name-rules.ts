/**
 * How long it takes to decide on a client certificate with very many name rules, one by one and indexed.
 *
 * The certificate is the one that the last rule lets in. Options: --json, --rules N (default 100000).
 */
import { parseArgs } from 'node:util';
import { decideName, indexNameRules, parseNameRule } from '../src/access/name-rules.ts';
import type { PeerCertificate } from '../src/security/tls-port.ts';
import { fixed, median, printTable } from './support/table.ts';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rules: { type: 'string', default: '100000' },
  },
});
const count = Number(flags.rules);

/** A new one each time: names that were read are remembered by certificate. */
const certificate = (): PeerCertificate => ({
  distinguishedName: `C=GB,O=Lab,CN=user${count - 1}`,
  distinguishedNameReversed: '',
  subjectAltNames: [`DNS:host${count - 1}.lab`],
  fingerprint256: (count - 1).toString(16).padStart(64, '0'),
  serialNumber: '01',
  issuer: 'CN=CA',
  verified: true,
});

const kinds: Readonly<Record<string, (n: number) => string>> = {
  'exact names': (n) => `C=GB,O=Lab,CN=user${n}`,
  fingerprints: (n) => `fp:${n.toString(16).padStart(64, '0')}`,
  'alternative names': (n) => `san:DNS:host${n}.lab`,
  // 100 of a hundred thousand.
  'exact, one in 1000 with *': (n) =>
    n % 1000 === 500 ? `C=GB,O=Unit${n},CN=*` : `C=GB,O=Lab,CN=user${n}`,
};

function milliseconds(work: () => { readonly allowed: boolean }, rounds: number): number {
  return median(
    Array.from({ length: rounds }, () => {
      const start = performance.now();
      if (!work().allowed) throw new Error('the last rule did not let it in');
      return performance.now() - start;
    }),
  );
}

const rows = Object.entries(kinds).map(([kind, rule]) => {
  const rules = Array.from({ length: count }, (_, n) => parseNameRule(rule(n)));
  const start = performance.now();
  const index = indexNameRules(rules);
  const buildMs = performance.now() - start;
  return {
    kind,
    rules: count,
    buildMs,
    oneByOneMs: milliseconds(() => decideName(rules, certificate()), 5),
    indexedMs: milliseconds(() => index.decide(certificate()), 200),
  };
});

if (flags.json) console.log(JSON.stringify(rows, null, 2));
else
  printTable([
    ['rules', 'count', 'index, ms', 'one by one, ms', 'indexed, ms'],
    ...rows.map(({ kind, rules, buildMs, oneByOneMs, indexedMs }) => [
      kind,
      rules,
      fixed(buildMs, 0),
      fixed(oneByOneMs, 2),
      fixed(indexedMs, 4),
    ]),
  ]);
