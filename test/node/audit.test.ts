import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AuthenticationError, ErrorCode, SecurityError } from '../../src/core/errors.ts';
import { auditOver, failureKind, lineFormat, type Audit } from '../../src/node/audit.ts';
import type { AuditWriter } from '../../src/node/audit-writer.ts';
import { Encoding } from '../../src/rfb/constants.ts';
import { viewOnlyRights } from '../../src/security/identity.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { Served, setEncodings, until, updateRequest } from '../support/served.ts';

type Line = Record<string, unknown>;

function recorder(): { audit: Audit; lines: Line[]; text: () => string } {
  const texts: string[] = [];
  const lines: Line[] = [];
  const writer: AuditWriter = {
    write: (line) => {
      texts.push(line);
      lines.push(JSON.parse(line) as Line);
    },
    reopen: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const now = (): Date => new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6));
  return { audit: auditOver(writer, lineFormat(now)), lines, text: () => texts.join('\n') };
}

describe('audit', () => {
  it('tells a whole session, each line with schema, UTC time, number, event and session', async () => {
    const { audit, lines, text } = recorder();
    const served = new Served({
      display: new FakeDisplay({ resizable: true }),
      share: 'allow-exclusive',
    });
    audit.follow(served.server.events);
    const viewer = await served.session({ name: 'alice' });
    viewer.send(setEncodings(Encoding.ExtendedDesktopSize));
    viewer.send('fb 00 0002 0003 01 00 00000000 0000 0000 0002 0003 00000000');
    // The clipboard "canary" in, and keys.
    viewer.send('06 000000 00000006 63616e617279');
    viewer.send('04 01 0000 0101f4a9');
    viewer.send(updateRequest(false));
    await until(() => lines.some(({ event }) => event === 'clipboard'));
    served.display.events.emit('clipboard', 'canary, too');
    await until(() => lines.filter(({ event }) => event === 'clipboard').length === 2);
    served.server.setRights(viewer.id, viewOnlyRights, 'monitor');
    await served.session({ name: 'bob', shared: false });
    await viewer.gone;
    await served.server.close();

    assert.deepEqual(
      lines.map(({ seq }) => seq),
      lines.map((_, i) => i + 1),
    );
    for (const line of lines) {
      assert.equal(line['schema'], 1);
      assert.equal(line['time'], '2026-01-02T03:04:05.006Z');
    }
    const [run] = String(lines[0]?.['session']).split('-');
    assert.match(String(run), /^[0-9a-f]{12}$/);
    const own = { session: `${run}-1`, peer: 'memory' };
    const told = lines.map(({ schema: _c, time: _t, seq: _s, ...rest }) => rest);
    const of = (name: string, session = own.session): Line =>
      told.find(({ event, session: of }) => event === name && (of ?? session) === session) ?? {};
    assert.deepEqual(of('connected'), { event: 'connected', ...own });
    const { rights, ...initialized } = of('initialized');
    assert.deepEqual(initialized, {
      event: 'initialized',
      ...own,
      identity: 'alice',
      version: '3.8',
      security: 'None',
      encryption: 'none',
    });
    assert.equal((rights as Line)['keyboard'], true);
    assert.deepEqual(of('resize'), {
      event: 'resize',
      width: 2,
      height: 3,
      by: 'viewer',
      bySession: own.session,
    });
    assert.deepEqual(
      told.filter(({ event }) => event === 'clipboard'),
      [
        { event: 'clipboard', ...own, identity: 'alice', direction: 'in', bytes: 6 },
        { event: 'clipboard', ...own, identity: 'alice', direction: 'out', bytes: 11 },
      ],
    );
    const changed = of('rights-changed');
    assert.equal(changed['by'], 'monitor');
    assert.deepEqual(changed['new'], viewOnlyRights);
    assert.equal(of('kicked')['by'], 'viewer');
    assert.equal(of('kicked')['bySession'], `${run}-2`);
    const { bytesIn, bytesOut, updates, durationMs, ...ended } = of('disconnected');
    assert.deepEqual(ended, {
      event: 'disconnected',
      ...own,
      identity: 'alice',
      code: 'ERR_VNC_CLOSED',
      reason: 'another viewer asked for the desktop alone',
    });
    for (const number of [bytesIn, bytesOut, updates]) assert.ok(Number(number) > 0);
    assert.ok(Number.isInteger(durationMs));
    assert.doesNotMatch(text(), /canary|101f4a9|16905385/i);
  });

  it('gives sessions of another run other names', async () => {
    const names = [];
    for (const { audit, lines } of [recorder(), recorder()]) {
      const served = new Served();
      audit.follow(served.server.events);
      await served.session();
      names.push(lines[0]?.['session']);
      await served.server.close();
    }
    assert.notEqual(names[0], names[1]);
  });

  it('says in one word why somebody was not let in', () => {
    const kinds = [
      new AuthenticationError('wrong password'),
      new AuthenticationError('slow down', { tooMany: true }),
      new AuthenticationError('no rule', { code: ErrorCode.notAllowed }),
      new SecurityError('revoked', { code: ErrorCode.certificate }),
    ].map(failureKind);
    assert.deepEqual(kinds, ['credentials', 'too-many', 'not-allowed', 'certificate']);
  });
});
