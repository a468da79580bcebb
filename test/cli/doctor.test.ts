import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { doctorLines } from '../../src/cli/doctor-text.ts';
import { createTestCard } from '../../src/displays/testcard.ts';
import { judge } from '../../src/node/doctor/judge.ts';
import type { Observations } from '../../src/node/doctor/observations.ts';
import { serve, type ServeOptions } from '../../src/node/serve.ts';
import { temporaryDirectory } from '../node/command.ts';
import { anonymous, bare, good, layer, oldToo } from '../node/doctor/seen.ts';
import { program } from '../support/sallyport.ts';

const plain = { columns: 100, unicode: true, colour: false };
const report = (seen: Observations): string[] => doctorLines(seen, judge(seen), plain);

interface Ended {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

async function doctor(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [program, 'doctor', ...args], { stdio: 'pipe' });
  child.stdin.end();
  const told = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (told.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (told.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [unknown];
  return { code, ...told };
}

describe('sallyport doctor', () => {
  it('writes no line longer than 100 characters', () => {
    const worst = {
      ...good,
      types: [1, 2, 18, 19],
      subtypes: [257, 256, 260],
      anonymous: layer(257),
    };
    const long = { ...anonymous([257]), turnedAway: 'x'.repeat(300) };
    for (const seen of [good, bare(1, 2, 5, 30, 77), worst, long])
      for (const line of report(seen)) assert.ok(line.length <= 100, line);
  });
  it('says what to do in options of servers, once for each thing to do', () => {
    const text = report({ ...bare(1, 2), types: [1, 2] });
    assert.equal(text.filter((line) => line.startsWith('Offer TLS with a certificate')).length, 1);
    assert.ok(text.some((line) => /Xvnc +-SecurityTypes X509Vnc/.test(line)));
  });
  it('has nothing to do where nothing is wrong', () => {
    const text = report(good);
    assert.ok(!text.some((line) => line.includes('fix:') || line.includes('Xvnc')));
    assert.match(text.at(-1) ?? '', /^Grade A {2}vnc:\/\/console\.lab/);
  });
  it('shows versions and key exchange of each layer', () => {
    const text = report(
      anonymous([257], { versions: oldToo, exchange: { type: 'DH', bits: 1024 } }),
    ).join('\n');
    assert.match(text, /anonymous TLS +1\.3 no, 1\.2 yes, 1\.1 yes, 1\.0 yes/);
    assert.match(text, /DH 1024 bits/);
  });
  it('lets no server steer the terminal', () => {
    const text = report({ ...good, turnedAway: 'go \u001b[31m away' }).join('\n');
    assert.ok(!text.includes('\u001b') && text.includes('\\x1b[31m'));
  });
  for (const [security, code, grade, rest] of [
    ['TLSVnc', 0, 'B', { access: { password: 'secret' } }],
    ['None', 0, 'B', {}],
  ] as const)
    it(`ends with ${code} for a server of ${security} on a unix socket, and says all as JSON`, async (t) => {
      const path = join(temporaryDirectory(t), 'vnc.sock');
      const options: ServeOptions = {
        display: createTestCard(),
        listen: `unix:${path}`,
        security,
        limits: { handshakeStageMs: 300, handshakeTotalMs: 600 },
        ...rest,
      };
      const serving = await serve(options);
      t.after(() => serving.close());
      const ended = await doctor(`unix:${path}`, '--json');
      assert.equal(ended.code, code, ended.stderr);
      const told = JSON.parse(ended.stdout) as Record<string, unknown>;
      assert.deepEqual(Object.keys(told), ['grade', 'findings', 'viewers', 'seen']);
      assert.equal(told['grade'], grade);
    });
  it('ends with 1 for a C and below, with 5 where nobody answers, with 2 for what is no address', async (t) => {
    const serving = await serve({
      display: createTestCard(),
      listen: '127.0.0.1::0',
      security: 'None',
      limits: { handshakeStageMs: 300, handshakeTotalMs: 600 },
    });
    t.after(() => serving.close());
    const [address] = serving.addresses;
    assert.ok(address?.kind === 'tcp');
    const url = `vnc://127.0.0.1:${address.port}`;
    const ended = await doctor(url);
    assert.equal(ended.code, 1);
    assert.match(ended.stdout, /^Grade C {2}vnc:/m);
    await serving.close();
    const gone = await doctor(url);
    assert.equal(gone.code, 5);
    assert.match(gone.stderr, /^sallyport: connection refused by /);
    assert.equal((await doctor('vnc://a:b')).code, 2);
    assert.equal((await doctor(url, '--ca', '/nonexistent.pem')).code, 3);
  });
});
