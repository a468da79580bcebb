/** What a server offers, and where it listens, changed while it runs: never a weak type where it must not be. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { ErrorCode, SecurityError } from '../../src/core/errors.ts';
import { connect } from '../../src/node/connect.ts';
import { dial } from '../../src/node/dial.ts';
import { formatAddress, type Address } from '../../src/node/address.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import { parseSecurityList } from '../../src/security/policy.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { FakeDisplay } from '../support/fake-display.ts';

const version38 = '524642203030332e3030380a';
/** No interface of this machine that anybody else could reach is needed: all of them count as elsewhere. */
const everywhere: Address = { kind: 'tcp', host: '0.0.0.0', port: 0 };

async function start(t: TestContext, security: string): Promise<Serving> {
  const serving = await serve({
    display: new FakeDisplay(),
    listen: '127.0.0.1::0',
    security,
    allowInsecure: ['plain'],
    access: { password: 'secret12' },
  });
  t.after(() => serving.close());
  return serving;
}

const isPolicy = (error: unknown): boolean =>
  error instanceof SecurityError && error.code === ErrorCode.policy;

describe('a server whose offer changes', () => {
  it('listens nowhere else while it offers what is for this machine only', async (t) => {
    for (const security of ['None', 'VncAuth', 'TLSNone']) {
      const serving = await start(t, security);
      const before = serving.addresses;
      await assert.rejects(serving.listeners.add(everywhere), isPolicy, security);
      await assert.rejects(serving.listeners.replace([everywhere]), isPolicy, security);
      assert.deepEqual(serving.addresses, before);
    }
  });

  it('offers nothing that is for this machine only while it listens elsewhere', async (t) => {
    const serving = await start(t, 'TLSVnc');
    await serving.listeners.add(everywhere);
    for (const security of ['None', 'VncAuth', 'TLSNone', 'TLSVnc,None'])
      assert.throws(() => serving.setOffer(parseSecurityList(security)), isPolicy, security);
    assert.deepEqual(serving.offer, parseSecurityList('TLSVnc'));
  });

  it('nor while it is about to listen there', async (t) => {
    const serving = await start(t, 'TLSVnc');
    const adding = serving.listeners.add(everywhere);
    let offered = 0;
    let refused = 0;
    // From the turn in which the change begins there is no moment in which it is not seen.
    for (let turn = 0; turn < 100; turn++) {
      try {
        serving.setOffer(parseSecurityList('TLSVnc,None'));
        serving.setOffer(parseSecurityList('TLSVnc'));
        assert.equal(refused, 0);
        offered += 1;
      } catch (error) {
        assert.ok(isPolicy(error), String(error));
        refused += 1;
      }
      await Promise.resolve();
    }
    assert.ok(offered < 5 && refused > 90, `${offered} offered, ${refused} refused`);
    await adding;
    assert.throws(() => serving.setOffer(parseSecurityList('None')), isPolicy);
  });

  it('lets nobody in by a type that was withdrawn while they thought about it', async (t) => {
    const serving = await start(t, 'None,VncAuth');
    const [address] = serving.addresses;
    assert.ok(address !== undefined);
    const ended = serving.server.events.once('disconnected');
    const stream = await dial(address);
    const reader = new ByteReader(stream);
    stream.write(fromHex(version38));
    assert.equal(toHex(await reader.bytes(12 + 3)), `${version38}020201`);
    serving.setOffer(parseSecurityList('VncAuth'));
    stream.write(fromHex('01 01'));
    assert.equal(await reader.u32(), 0, 'None succeeds: there is nothing to prove');
    await assert.rejects(reader.u8(), 'and no ServerInit follows');
    const { reason, viewer } = await ended;
    assert.ok(reason instanceof SecurityError);
    assert.equal(reason.code, ErrorCode.typeNotOffered);
    assert.equal(viewer, undefined);
  });

  it('lets those who are in stay, and newcomers in by what is offered now', async (t) => {
    const serving = await start(t, 'None,VncAuth');
    const [address] = serving.addresses;
    assert.ok(address !== undefined);
    const client = await connect(formatAddress(address), { security: 'None' });
    serving.setOffer(parseSecurityList('VncAuth'));
    await client.refresh(false);
    await assert.rejects(connect(formatAddress(address), { security: 'None' }), SecurityError);
    const other = await connect(formatAddress(address), {
      security: 'VncAuth',
      password: 'secret12',
    });
    await Promise.all([client.close(), other.close()]);
  });
});
