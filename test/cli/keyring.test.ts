import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { clientCredentials } from '../../src/cli/client-credentials.ts';
import { entryOf, keyringFile } from '../../src/cli/keyring.ts';
import { parseAddress } from '../../src/node/address.ts';

const KEYRING = `
# the lab
machine host:1 login alice password 'two words'
machine [::1]::5907
  password six
machine unix:/run/vnc login bob
default login guest password guest
`;

const entry = (server: string, text: string = KEYRING): string => {
  const { username = '-', password } = entryOf(text, 'ring', server);
  return `${username} ${password?.reveal() ?? '-'}`;
};

const folder = mkdtempSync(join(tmpdir(), 'sallyport-keyring-'));
after(() => rmSync(folder, { recursive: true, force: true }));

describe('a keyring', () => {
  it('has a name and a password for each server, in the words of .netrc', () => {
    assert.equal(entry('host:1'), 'alice two words');
    assert.equal(entry('[::1]:7'), '- six');
    assert.equal(entry('unix:/run/vnc'), 'bob -');
    assert.equal(entry('elsewhere:1'), 'guest guest');
    assert.equal(entry('elsewhere:1', 'machine host:1 password x'), '- -');
  });
  it('finds a server under every spelling of its address', () => {
    assert.equal(entry('host:1', 'machine vnc://host:5901 password x'), '- x');
    assert.equal(entry('host:1', 'machine host::5901 password x'), '- x');
  });
  it('names the line where it is wrong, and no secret', () => {
    const fault = (text: string, message: string): void =>
      assert.throws(() => entryOf(text, 'ring', 'a:1'), { name: 'TypeError', message });
    fault(
      'machine a:1 login b\nsecret c',
      'ring, line 2: machine, default, login or password should stand here',
    );
    fault('machine a:1 password', 'ring, line 1: a word is missing at the end');
    fault(
      'machine a:b:c',
      'ring, line 1: address "a:b:c" is not host, host:display, host::port or unix:/path',
    );
    fault('machine "a', 'ring, line 1: the " does not end');
  });
  it('is in the place for configuration, unless one is named', () => {
    assert.equal(keyringFile({ XDG_CONFIG_HOME: '/etc/me' }), '/etc/me/sallyport/keyring');
    assert.match(keyringFile({ XDG_CONFIG_HOME: 'me' }), /\/\.config\/sallyport\/keyring$/);
  });
});

describe('credentials of a viewer', () => {
  const ring = join(folder, 'keyring');
  const passwordFile = join(folder, 'password');
  writeFileSync(ring, KEYRING, { mode: 0o600 });
  writeFileSync(passwordFile, 'from a file\n', { mode: 0o600 });
  const both = { username: true, password: true };

  async function given(
    options: Parameters<typeof clientCredentials>[1],
    environment: Record<string, string>,
    needs = both,
  ): Promise<string> {
    const address = parseAddress('host:1', 'connect');
    const ask = await clientCredentials(
      address,
      options,
      {},
      {
        XDG_CONFIG_HOME: folder,
        ...environment,
      },
    );
    const { username = '-', password } = await ask({ security: 'X509Plain', ...needs });
    return `${username} ${typeof password === 'string' ? password : (password?.reveal() ?? '-')}`;
  }

  it('come from options before the environment before the keyring', async () => {
    const keyring = { SALLYPORT_KEYRING: ring };
    assert.equal(await given({}, keyring), 'alice two words');
    assert.equal(await given({ keyring: ring }, {}), 'alice two words');
    assert.equal(await given({}, { ...keyring, VNC_PASSWORD: 'x' }), 'alice x');
    assert.equal(await given({}, { VNC_USERNAME: 'u', SALLYPORT_PASSWORD: 'x' }), 'u x');
    for (const name of ['VNC_PASSWORD_FILE', 'SALLYPORT_PASSWORD_FILE'])
      assert.equal(await given({ user: 'me' }, { [name]: passwordFile }), 'me from a file');
    assert.equal(
      await given({ user: 'me', passwordFile }, { VNC_USERNAME: 'u', VNC_PASSWORD: 'x' }),
      'me from a file',
    );
  });
  it('are only those that the server asks for', async () => {
    const environment = { VNC_USERNAME: 'u', VNC_PASSWORD: 'x' };
    assert.equal(await given({}, environment, { username: false, password: true }), '- x');
  });
  it("never pair one user's name with another's password", async () => {
    await assert.rejects(given({ user: 'mallory', keyring: ring }, {}), /asks for a password/);
  });
  it('are missing where nobody has them and nobody can be asked', async () => {
    await assert.rejects(given({}, {}), { exitCode: 3, message: /asks for a user name: --user/ });
  });
  it('are not taken from a keyring that others can read, nor from one that is not there', async () => {
    const open = join(folder, 'open');
    writeFileSync(open, KEYRING);
    chmodSync(open, 0o644);
    await assert.rejects(given({ keyring: open }, {}), { exitCode: 3, message: /chmod 600/ });
    await assert.rejects(given({ keyring: join(folder, 'no') }, {}), /no does not exist/);
  });
});
