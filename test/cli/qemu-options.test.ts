import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { CommandFailure } from '../../src/cli/failure.ts';
import { compose, type Composition } from '../../src/cli/composition.ts';
import { withoutQemuSpelling } from '../../src/cli/qemu-spelling.ts';
import { serveCommand } from '../../src/cli/serve-options.ts';
import type { ServeSettings } from '../../src/cli/serve-settings.ts';
import { AuthenticationError } from '../../src/core/errors.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { formatAddress } from '../../src/node/address.ts';
import { connect, type ConnectOptions } from '../../src/node/connect.ts';
import { makeTestPki } from '../support/test-pki.ts';

const pki = makeTestPki();
const open: Composition[] = [];
after(async () => {
  for (const { serving, display } of open) {
    await serving.close();
    await display.close();
  }
  pki.remove();
});

async function settingsOf(...args: readonly string[]): Promise<ServeSettings> {
  let settings: ServeSettings | undefined;
  const command = serveCommand(undefined, async (each) => {
    settings = each;
  });
  command.exitOverride().configureOutput({ writeErr: () => undefined });
  await command.parseAsync(withoutQemuSpelling(args), { from: 'user' });
  assert.ok(settings !== undefined);
  return settings;
}

async function start(...args: readonly string[]): Promise<Composition> {
  const composition = await compose(await settingsOf(...args), silentLogger);
  open.push(composition);
  return composition;
}

async function login({ serving }: Composition, options: ConnectOptions): Promise<string> {
  const [address] = serving.addresses;
  assert.ok(address !== undefined);
  const initialized = serving.server.events.once('initialized');
  const vnc = await connect(formatAddress(address), options);
  const { name } = await initialized;
  await vnc.close();
  return name;
}

/** A port on which a display was tried, found free by binding. */
const RANGE = '127.0.0.1:3400,to=3999';

describe('QEMU options on the command line', () => {
  it('are rewritten from one dash to two, values left alone', () => {
    assert.deepEqual(
      withoutQemuSpelling([
        'serve',
        '-vnc',
        ':1',
        '-object',
        '-vnc',
        '--vnc',
        'none',
        '-display',
        'vnc=:2',
        '-display',
        'sdl',
        '--name',
        'x',
      ]),
      [
        'serve',
        '--vnc',
        ':1',
        '--object',
        '-vnc',
        '--vnc',
        'none',
        '--vnc',
        ':2',
        '-display',
        'sdl',
        '--name',
        'x',
      ],
    );
  });

  it('make the settings that our own options make', async () => {
    const {
      qemu: _,
      maxViewers,
      ...theirs
    } = await settingsOf(
      '-vnc',
      '127.0.0.1:1,tls-creds=t,share=ignore,to=9,websocket=on,connections=5',
      '-object',
      'tls-creds-x509,id=t,dir=/pki,endpoint=server',
    );
    const ours = await settingsOf(
      '--listen',
      '127.0.0.1:1-9',
      '--websocket',
      '127.0.0.1:1-9',
      '--tls-dir',
      '/pki',
      '--security',
      'X509None',
      '--verify-client',
      'require',
      '--share',
      'ignore',
    );
    assert.deepEqual(theirs, { ...ours, listenNowhere: false });
    assert.equal(maxViewers, 5);
  });

  for (const [message, ...args] of [
    [/one -vnc is one display/, '-vnc', ':1', '-vnc', ':2'],
    [/-object goes with -vnc/, '-object', 'secret,id=a,data=b'],
    [/what --listen, --share would say/, '-vnc', ':1', '--share', 'ignore', '--listen', ':2'],
    [/power-control=on is for a guest that is started here/, '-vnc', ':1,power-control=on'],
    [/--power-control goes with --qemu/, '--power-control'],
    [/-vnc sasl is refused/, '-vnc', ':1,sasl=on'],
  ] as const)
    it(`refuses ${args.join(' ')}`, () =>
      assert.rejects(
        settingsOf(...args),
        (error) => error instanceof CommandFailure && message.test(error.message),
      ));

  it('do not open a display without authentication to every machine', async () => {
    await assert.rejects(start('-vnc', ':1'), /safe with tls-creds=.*allowed by --insecure-none/);
    await assert.rejects(start('-vnc', ':1,password=on'), /allowed by --insecure-vnc-auth/);
  });

  it('let nobody in with password=on until there is one', async () => {
    const composition = await start('-vnc', `${RANGE},password=on`);
    assert.equal(composition.generatedPassword, undefined);
    await assert.rejects(
      login(composition, { security: 'VncAuth', password: 'secret' }),
      AuthenticationError,
    );
    assert.match(composition.remarks.join(' '), /No password is set yet/);
  });

  it('take the password of a secret', async () => {
    const composition = await start(
      '-vnc',
      `${RANGE},password-secret=s`,
      '-object',
      'secret,id=s,data=c2VjcmV0,format=base64',
    );
    assert.equal(await login(composition, { security: 'VncAuth', password: 'secret' }), 'password');
  });

  it('cannot leave everybody outside for ever', async () => {
    await assert.rejects(start('-vnc', 'none'), { message: /lets nobody connect/, exitCode: 2 });
  });

  it('exclude an access file, which would decide in place of the list', async () => {
    await assert.rejects(settingsOf('-vnc', '127.0.0.1:1', '--access', 'crew.yaml'), {
      message: /-vnc says what --access would say/,
      exitCode: 2,
    });
  });

  it('leave the pages that may open a WebSocket to --websocket-origin', async () => {
    const origin = ['--websocket-origin', 'https://console.example'];
    const { websocketOrigins } = await settingsOf('-vnc', '127.0.0.1:1,websocket=on', ...origin);
    assert.deepEqual(websocketOrigins, ['https://console.example']);
    await assert.rejects(settingsOf('-vnc', '127.0.0.1:1', ...origin), {
      message: /goes with --websocket/,
      exitCode: 2,
    });
  });

  it('let in whom the list file names, as it stands at the moment', async () => {
    const list = join(pki.directory, 'viewers.json');
    const allow = (name: string): void =>
      writeFileSync(
        list,
        JSON.stringify({ rules: [{ match: `*CN=${name}*`, policy: 'allow', format: 'glob' }] }),
      );
    for (const [name, text] of [
      ['server-cert.pem', pki.server.cert],
      ['server-key.pem', pki.server.key],
      ['ca-cert.pem', pki.ca],
      ['ca-crl.pem', pki.crl],
    ] as const)
      writeFileSync(join(pki.directory, name), text, { mode: 0o600 });
    allow('alice');
    const composition = await start(
      '-vnc',
      `${RANGE},tls-creds=t,tls-authz=a`,
      '-object',
      `tls-creds-x509,id=t,dir=${pki.directory},endpoint=server`,
      '-object',
      `authz-list-file,id=a,filename=${list}`,
    );
    const as = (who: { cert: string; key: string }): ConnectOptions => ({
      tls: { ca: pki.ca, servername: 'localhost', ...who },
    });
    assert.match(await login(composition, as(pki.alice)), /CN=alice/);
    allow('nobody');
    await assert.rejects(login(composition, as(pki.alice)), AuthenticationError);
    writeFileSync(list, 'broken');
    await assert.rejects(login(composition, as(pki.alice)), AuthenticationError);
    allow('alice');
    assert.match(await login(composition, as(pki.alice)), /CN=alice/);
  });
});
