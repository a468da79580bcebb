import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ceilings } from '../../src/node/doctor/findings.ts';

// From out/test/docs/ to the package.
const page = readFileSync(new URL('../../../docs/doctor.md', import.meta.url), 'utf8');

describe('docs/doctor.md', () => {
  it('lists every finding with the grades that the code gives it', () => {
    const rows = Array.from(
      page.matchAll(/^\| `([\w-]+)` \| [^|]+ \| (\w) \| (\w) \| (\w) \|$/gm),
      ([, id = '', network = '', loopback = '', unix = '']) =>
        [id, { network, loopback, unix }] as const,
    );
    assert.deepEqual(Object.fromEntries(rows), ceilings);
  });
  it('uses the names of findings for real servers too', () => {
    const [, real = ''] = page.split('## Real servers');
    for (const [, id = ''] of real.matchAll(/(?:\| |, )`([a-z]+-[a-z-]+)`/g))
      if (!id.startsWith('tls-creds')) assert.ok(id in ceilings, id);
  });
});
