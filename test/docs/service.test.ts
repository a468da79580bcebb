import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { serveCommand } from '../../src/cli/serve-options.ts';
import { withoutPeers } from '../support/peers.ts';

const page = readFileSync('docs/service.md', 'utf8');
const units = 'packaging/systemd';
const names = readdirSync(units).sort();
const folder = mkdtempSync(join(tmpdir(), 'sallyport-units-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const help = serveCommand(undefined, () => Promise.resolve()).helpInformation();
const credentialsOnPage = Array.from(
  page.matchAll(/^\| ((?:`[\w.-]+`(?:, )?)+) \| `--/gm),
  (row) => row[1]!,
)
  .flatMap((cell) => Array.from(cell.matchAll(/`([\w.-]+)`/g), (name) => name[1]!))
  .filter((name) => !name.startsWith('-'));

describe('docs/service.md', () => {
  it('has only options that there are', () => {
    const options = new Set(Array.from(page.matchAll(/`(--[a-z-]+)/g), (match) => match[1]!));
    assert.ok(options.size >= 8);
    for (const option of options) assert.ok(help.includes(option), option);
  });

  it('has every unit that there is', () => {
    for (const name of names) assert.ok(page.includes(`\`${name}\``), name);
  });
});

describe('packaging/systemd', () => {
  before(() => {
    // The program is not installed here; another one stands in for it.
    for (const name of names) {
      const text = readFileSync(join(units, name), 'utf8');
      // A template is verified as one of its instances.
      const file = name.replace('@.', '@vm1.');
      writeFileSync(join(folder, file), text.replaceAll('/usr/bin/sallyport', process.execPath));
    }
  });

  for (const name of names)
    it(`${name} is what systemd can read`, { skip: withoutPeers('systemd-analyze') }, () => {
      const file = join(folder, name.replace('@.', '@vm1.'));
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], {
        encoding: 'utf8',
      });
      assert.equal(stderr, '');
      assert.equal(status, 0);
    });

  for (const name of names.filter((each) => each.endsWith('.service'))) {
    it(`${name} is rated below 2.0 for what it leaves exposed`, {
      skip: withoutPeers('systemd-analyze'),
    }, () => {
      const file = join(folder, name.replace('@.', '@vm1.'));
      const args = ['security', '--offline=true', '--threshold=20', '--no-pager', file];
      const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      assert.match(stdout, /Overall exposure level/);
      assert.equal(status, 0, stdout.split('\n').slice(-3).join('\n'));
    });

    it(`${name} uses options and credentials that there are`, () => {
      const text = readFileSync(join(units, name), 'utf8');
      const [, command = ''] = /^ExecStart=(.*)$/m.exec(text) ?? [];
      for (const [option] of command.matchAll(/--[a-z-]+/g))
        assert.ok(help.includes(option), option);
      const credentials = Array.from(text.matchAll(/^#?LoadCredential=([\w.-]+):/gm), (m) => m[1]!);
      assert.ok(credentials.length >= 3);
      for (const credential of credentials)
        assert.ok(credentialsOnPage.includes(credential), credential);
    });
  }
});
