/** The forms of URL that commands which are viewers take, and what is said when nothing comes of one. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { clientCredentials } from '../../src/cli/client-credentials.ts';
import { clientTarget } from '../../src/cli/client-options.ts';
import { keyCommand } from '../../src/cli/key.ts';
import { whatToDo } from '../../src/cli/what-to-do.ts';
import { CommandFailure, ExitCode } from '../../src/cli/failure.ts';
import { VERIFIED_TYPES } from '../../src/client/login.ts';
import { ErrorCode, SecurityError } from '../../src/core/errors.ts';
import { parseTarget } from '../../src/node/target.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import { securityNames } from '../../src/security/policy.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { startSallyport } from '../support/sallyport.ts';
import { fails, succeeds } from './in-process.ts';

describe('URL', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-url-'));
  let serving: Serving;
  let port: number;
  let webSocketPort: number;
  const portOf = (addresses: Serving['addresses']): number => {
    const [address] = addresses;
    assert.ok(address?.kind === 'tcp');
    return address.port;
  };
  before(async () => {
    serving = await serve({
      display: new FakeDisplay(),
      listen: ['127.0.0.1::0', `unix:${join(folder, 'vnc')}`],
      websocket: { listen: '127.0.0.1::0' },
      security: 'None',
    });
    port = portOf(serving.addresses);
    webSocketPort = portOf(serving.websocketAddresses);
  });
  after(async () => {
    await serving.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is taken in each of its forms', async () => {
    for (const url of [
      `127.0.0.1::${port}`,
      `vnc://127.0.0.1:${port}`,
      `vnc://127.0.0.1:${port}/?SecurityType=1&ConnectionName=here`,
      `unix:${join(folder, 'vnc')}`,
      `ws://127.0.0.1:${webSocketPort}/websockify`,
    ])
      await succeeds(keyCommand(), url, 'a');
  });

  it('narrows what is accepted, and never widens it', async () => {
    const asked = `vnc://127.0.0.1:${port}?SecurityType=2`;
    await fails(keyCommand(), 5, /allowed here: VNC authentication/, asked, 'a');
    await fails(keyCommand(), 2, /the address asks for/, asked, 'a', '--security', 'None');
  });

  it('that cannot be is the mistake of whoever typed it', async () => {
    await fails(keyCommand(), 2, /asks for a tunnel/, 'vnc://host?SshHost=gate', 'a');
    await fails(keyCommand(), 2, /cannot have a user name/, 'wss://me@host/', 'a');
    await fails(keyCommand(), 2, /is not host, host:display/, 'a b:c', 'a');
  });

  it('has the user and the password that nothing else names', async () => {
    const { address, ...rest } = parseTarget('vnc://host?VncUsername=alice&VncPassword=sesame');
    assert.ok(rest.kind === 'address');
    const environment = { XDG_CONFIG_HOME: folder };
    const needs = { security: 'X509Plain', username: true, password: true };
    const own = await (await clientCredentials(address, {}, rest.uri, environment))(needs);
    assert.equal(own.username, 'alice');
    assert.equal(String(own.password), '[secret]');
    const more = { ...environment, VNC_PASSWORD: 'hush' };
    const other = await (await clientCredentials(address, { user: 'bob' }, rest.uri, more))(needs);
    assert.equal(other.username, 'bob');
    assert.ok(typeof other.password === 'object' && other.password.reveal() === 'hush');
  });

  it('accepts less from elsewhere than from this machine, whatever its form', async () => {
    const options = { timeout: 1 };
    const local = securityNames.filter((name) => name !== 'Plain').join(',');
    for (const [url, accepted] of [
      ['ws://127.0.0.1/', local],
      ['vnc://localhost', local],
      ['wss://vm1.example/console', VERIFIED_TYPES],
      ['vnc://vm1.example', VERIFIED_TYPES],
    ] as const) {
      const { security } = (await clientTarget(url, options)).options;
      assert.equal(security, accepted);
    }
  });
});

describe('what to do', () => {
  it('stands below what failed, in the words of our options', async () => {
    const nobody = await startSallyport(['key', 'unix:/nowhere/vnc', 'a'], {}).ended;
    assert.equal(
      nobody.stderr,
      'sallyport: no such socket: unix:/nowhere/vnc\n' +
        '  what to do: see that the server runs, and that the path is right\n',
    );
    const untrusted = new SecurityError('refused', {
      code: ErrorCode.certificate,
      cure: 'name it with tls.ca, or pin it with tls.fingerprint256',
    });
    assert.equal(
      whatToDo(new CommandFailure(ExitCode.Credentials, 'refused', untrusted)),
      'name it with --ca, or pin it with --fingerprint',
    );
  });

  it('is left out where the message says it all', () => {
    assert.equal(whatToDo(new TypeError('--fps: 0 is none')), undefined);
    assert.equal(whatToDo(new CommandFailure(ExitCode.Usage, 'wrong')), undefined);
  });
});
