import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createTestCard } from '../../src/displays/testcard.ts';
import { createAuthority, issueServerCertificate } from '../../src/node/certificate-authority.ts';
import { connect } from '../../src/node/connect.ts';
import { formatAddress } from '../../src/node/address.ts';
import { serve, type ServeOptions, type Serving } from '../../src/node/serve.ts';
import type { TlsCredentials } from '../../src/node/tls-context.ts';

let credentials: TlsCredentials = { cert: '', key: '' };
let ca = '';
let folder = '';
before(async () => {
  const authority = await createAuthority();
  const { cert, key } = await issueServerCertificate(authority, ['localhost', '127.0.0.1']);
  credentials = { cert, key };
  ca = authority.cert;
  folder = await mkdtemp(join(tmpdir(), 'sallyport-serve-'));
});
after(() => rm(folder, { recursive: true, force: true }));

const started: Serving[] = [];
after(() => Promise.all(started.map((serving) => serving.close())));

async function start(options: Omit<ServeOptions, 'display'>): Promise<Serving> {
  const serving = await serve({ display: createTestCard(), ...options });
  started.push(serving);
  return serving;
}

const addressOf = ({ addresses }: Serving): string => {
  const [address] = addresses;
  assert.ok(address !== undefined);
  return formatAddress(address);
};

const refusedBy = async (code: string, message: RegExp, options: Omit<ServeOptions, 'display'>) => {
  await assert.rejects(start(options), (error: Error & { code?: string }) => {
    assert.match(error.message, message);
    assert.equal(error.code, code);
    return true;
  });
};

describe('serve', () => {
  it('offers verified TLS for the credentials it was given, and nothing weaker', async () => {
    const serving = await start({
      listen: 'localhost::0',
      tls: { credentials },
      access: { password: 'secret' },
    });
    assert.deepEqual(serving.offer, { types: [19], subtypes: [261] });
    const target = addressOf(serving);
    const vnc = await connect(target, { tls: { ca }, password: 'secret' });
    assert.equal(vnc.security.tlsInfo?.layer, 'x509');
    await vnc.close();
    await assert.rejects(connect(target, { password: 'secret' }), { code: 'ERR_VNC_CERTIFICATE' });
    await assert.rejects(connect(target, { security: 'VncAuth', password: 'secret' }), {
      code: 'ERR_VNC_NO_COMMON_TYPE',
    });
  });

  it('takes the first display that is free when no address is named', async () => {
    const options = { security: 'None' } as const;
    const [first, second] = [await start(options), await start(options)];
    assert.match(addressOf(first), /^127\.0\.0\.1:\d+$/);
    assert.notEqual(addressOf(first), addressOf(second));
  });

  it('listens on all addresses or on none', async () => {
    const busy = createServer();
    await new Promise<void>((resolve) => {
      busy.listen(0, '127.0.0.1', resolve);
    });
    const { port } = busy.address() as AddressInfo;
    const path = `unix:${join(folder, 'all.sock')}`;
    try {
      await assert.rejects(
        start({ security: 'None', listen: [path, `127.0.0.1::${port}`] }),
        /something listens there already/,
      );
    } finally {
      busy.close();
    }
    await assert.rejects(connect(path, { security: 'None' }), { code: 'ERR_VNC_CLOSED' });
  });

  it('refuses to start when anyone could enter, or listen in, from elsewhere', async () => {
    await refusedBy('ERR_VNC_POLICY', /None lets anyone in/, { security: 'None', listen: '*::0' });
    await refusedBy('ERR_VNC_POLICY', /VncAuth without TLS/, {
      security: 'VncAuth',
      listen: '0.0.0.0::0',
      access: { password: 'secret' },
    });
  });

  it('refuses types that nobody could pass, and rules that nobody would check', async () => {
    await refusedBy('ERR_VNC_POLICY', /nobody could log in/, {});
    await refusedBy('ERR_VNC_POLICY', /X509Vnc needs a password/, {
      security: 'X509Vnc',
      tls: { credentials },
    });
    await refusedBy('ERR_VNC_POLICY', /X509Vnc needs a server certificate/, {
      access: { password: 'secret' },
    });
    await refusedBy('ERR_VNC_POLICY', /need client certificates to be required/, {
      tls: { credentials },
      access: { password: 'secret', allowNames: ['CN=alice'] },
    });
  });

  it('closes its viewers and leaves the display to its owner', async () => {
    const display = createTestCard();
    let ended = false;
    display.events.on('closed', () => {
      ended = true;
    });
    const listen = `unix:${join(folder, 'close.sock')}`;
    const serving = await serve({ display, security: 'None', listen });
    const vnc = await connect(listen, { security: 'None' });
    await Promise.all([serving.close(), serving.close()]);
    await vnc.closed;
    assert.equal(ended, false);
    await display.close();
  });
});

describe('connect', () => {
  it('gives what is typed to the display, and its picture to the viewer', async () => {
    const display = createTestCard({ width: 320, height: 240 });
    const listen = `unix:${join(folder, 'picture.sock')}`;
    const serving = await serve({ display, security: 'None', listen });
    const vnc = await connect(listen, { security: 'None' });
    await vnc.refresh(false);
    const leds = new Promise<void>((resolve) => {
      display.events.on('leds', () => resolve());
    });
    vnc.key({ down: true, keysym: 0xffe5 });
    await leds;
    assert.equal(vnc.framebuffer.width, 320);
    // The bars are still, whatever the clock and the mark do.
    const bar = { x: 10, y: 40, width: 60, height: 4 };
    assert.deepEqual(vnc.framebuffer.get(bar), display.framebuffer.get(bar));
    await vnc.close();
    await serving.close();
    await display.close();
  });
});
