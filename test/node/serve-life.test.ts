/** Many short lives over real sockets: nothing is left of them, and each is told of exactly once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createAuthority, issueServerCertificate } from '../../src/node/certificate-authority.ts';
import { connect } from '../../src/node/connect.ts';
import { dial } from '../../src/node/dial.ts';
import { serve } from '../../src/node/serve.ts';
import { fromHex } from '../../src/wire/hex.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { until } from '../support/until.ts';

const ROUNDS = 1000;

describe('serving over sockets', () => {
  it('leaves no socket, timer or listener after a thousand connections that ended in every way', async () => {
    const authority = await createAuthority();
    const serving = await serve({
      display: new FakeDisplay(),
      listen: '127.0.0.1::0',
      security: 'X509Vnc,VncAuth',
      tls: { credentials: await issueServerCertificate(authority, ['127.0.0.1']) },
      access: { password: 'secret12' },
    });
    const address = serving.addresses[0]!;
    assert.ok(address.kind === 'tcp');
    const counts = { connected: 0, disconnected: 0 };
    serving.on('connected', () => (counts.connected += 1));
    serving.on('disconnected', () => (counts.disconnected += 1));
    const target = `127.0.0.1::${address.port}`;

    const ways: Array<() => Promise<void>> = [
      // Gone before a word.
      async () => (await dial(address)).destroy(),
      // Gone after the version, in the middle of VeNCrypt, and instead of a ClientHello.
      ...[
        '524642203030332e3030380a',
        '524642203030332e3030380a 13 00',
        '524642203030332e3030380a 13 0002 00000105 474554',
      ].map((hex) => async () => {
        const stream = await dial(address);
        stream.write(fromHex(hex));
        await stream.read();
        stream.destroy();
      }),
      // A wrong password.
      async () => {
        await assert.rejects(connect(target, { security: 'VncAuth', password: 'wrong' }));
      },
      // A session, closed by the viewer, and one thrown out.
      async () => {
        await (await connect(target, { security: 'VncAuth', password: 'secret12' })).close();
      },
      async () => {
        const client = await connect(target, { security: 'VncAuth', password: 'secret12' });
        for (const { id } of serving.server.viewers) serving.server.kick(id);
        await client.closed;
      },
    ];
    const inside = async (): Promise<void> => {
      const client = await connect(target, { password: 'secret12', tls: { ca: authority.cert } });
      await client.close();
    };

    const round = async (i: number): Promise<void> =>
      i % 20 === 0 ? inside() : ways[i % ways.length]!();
    for (let i = 0; i < 40; i++) await round(i);
    await until('the first to be gone', () => counts.disconnected === counts.connected);
    const before = process.getActiveResourcesInfo().sort();
    for (let i = 0; i < ROUNDS; i++) await round(i);
    await until(
      'all to be gone',
      () => counts.disconnected === counts.connected && serving.server.viewers.length === 0,
    );
    await until(
      'all resources to be released',
      () => process.getActiveResourcesInfo().length <= before.length,
    );
    assert.equal(counts.connected, 40 + ROUNDS);
    assert.deepEqual(process.getActiveResourcesInfo().sort(), before);
    await serving.close();
    await serving.close();
  });
});
