import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Logs } from '../../src/cli/log.ts';
import { openService } from '../../src/cli/service.ts';
import { ErrorCode } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { openAudit } from '../../src/node/audit.ts';
import { connect } from '../../src/node/connect.ts';
import { serve } from '../../src/node/serve.ts';
import { allRights, viewOnlyRights } from '../../src/security/identity.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-audit-docs-'));
after(() => rmSync(folder, { recursive: true, force: true }));

type Line = Record<string, unknown>;
const linesOf = (file: string): Line[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

/** A trail in which everything happens. */
async function makeTrail(): Promise<Line[]> {
  const file = join(folder, 'audit.jsonl');
  const logs: Logs = { log: silentLogger, inner: silentLogger, event: () => undefined };
  const settings = { audit: file, drainMs: 0, needsInherited: false };
  const service = await openService(settings, logs, {});
  const display = new FakeDisplay({ width: 64, height: 64 });
  const target = `unix:${join(folder, 'vnc.sock')}`;
  const access = { password: 'secret' };
  const serving = await serve({ display, listen: target, security: 'VncAuth', access });
  service.follow(serving, { verifyClient: 'off' });
  await service.started(serving);
  await assert.rejects(connect(target, { security: 'VncAuth', password: 'wrong' }));
  const vnc = await connect(target, { security: 'VncAuth', password: 'secret' });
  await vnc.refresh(false);
  vnc.clipboard('text');
  await until('clipboard', () => display.clipboards.length === 1);
  display.setSize(32, 32);
  const [viewer] = serving.server.viewers;
  assert.ok(viewer !== undefined);
  serving.server.setRights(viewer.id, viewOnlyRights, 'monitor');
  await service.reload(() => Promise.resolve());
  await assert.rejects(service.reload(() => Promise.reject(new Error('no such file'))));
  serving.server.kick(viewer.id);
  await vnc.closed;
  service.stopping('SIGTERM');
  await serving.close();
  await service.close();
  return linesOf(file);
}

/** A trail on a disk that was full for too many lines. */
async function makeLoss(): Promise<Line[]> {
  const link = join(folder, 'link');
  symlinkSync('/dev/full', link);
  let failed = 0;
  const audit = await openAudit(link, { failed: () => failed++ });
  for (let i = 0; i < 10_005; i++) audit.record('connected', {});
  await until('failure', () => failed === 1);
  unlinkSync(link);
  await audit.reopen();
  await audit.close();
  return linesOf(link).filter(({ event }) => event === 'events-lost');
}

describe('docs/audit.md', () => {
  const page = readFileSync('docs/audit.md', 'utf8');
  const common = Array.from(page.matchAll(/^\| `(\w+)` \| [^|]+ \|$/gm), (row) => row[1]!);
  const events = new Map(
    Array.from(
      page.matchAll(/^\| `([a-z-]+)` \| [^|]+ \| ([^|]+) \|$/gm),
      ([, name, cell]) =>
        [
          name!,
          Array.from(cell!.matchAll(/`(\w+)(\??)`/g), ([, f, q]) => ({
            name: f!,
            optional: q === '?',
          })),
        ] as const,
    ),
  );
  let lines: Line[] = [];
  before(async () => {
    lines = [...(await makeTrail()), ...(await makeLoss())];
  });

  it('lists every event that there is, and no other', () => {
    const told = new Set(lines.map(({ event }) => String(event)));
    assert.deepEqual([...events.keys()].sort(), [...told].sort());
  });

  it('lists every field of every event', () => {
    for (const line of lines) {
      const event = String(line['event']);
      const fields = events.get(event) ?? [];
      const known = [...common, ...fields.map(({ name }) => name)];
      const needed = [
        ...common,
        ...fields.filter(({ optional }) => !optional).map(({ name }) => name),
      ];
      for (const name of Object.keys(line)) assert.ok(known.includes(name), `${event}: ${name}`);
      for (const name of needed) assert.ok(name in line, `${event} lacks ${name}`);
    }
  });

  it('shows an example that is such a line', () => {
    const example = JSON.parse(/```json\n(.*)\n```/.exec(page)?.[1] ?? '') as Line;
    const { session: _s, ...like } = lines.find(({ event }) => event === 'initialized') ?? {};
    for (const name of Object.keys(like)) assert.ok(name in example, name);
  });

  it('names every right, and codes that exist', () => {
    for (const right of Object.keys(allRights)) assert.ok(page.includes(`\`${right}\``), right);
    for (const { code } of lines)
      if (code !== undefined) assert.ok(Object.values(ErrorCode).some((each) => each === code));
  });
});
