import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openAccessPolicy } from '../../src/node/access-policy.ts';
import { viewOnlyRights } from '../../src/security/identity.ts';
import { Monitored, type Talk } from './monitored.ts';

const crew = 'passwords: [{ name: crew, password: crewword }]\n';

describe('monitor beside an access file', () => {
  let folder = '';
  let file = '';
  let monitored: Monitored;
  let talk: Talk;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sallyport-monitor-access-'));
    file = join(folder, 'access.yaml');
    const write = (text: string): Promise<void> => writeFile(file, text, { mode: 0o600 });
    await write(crew);
    const policy = await openAccessPolicy(file, { settleMs: 1e6, lookMs: 1e6 });
    monitored = await Monitored.start({ access: { policy } });
    talk = await monitored.talk();
  });
  after(async () => {
    await monitored.stop();
    await rm(folder, { recursive: true });
  });

  it('leaves the passwords to it, and says so', async () => {
    const why = 'the access file has the passwords';
    for (const [name, args, what] of [
      ['set_password', { protocol: 'vnc', password: 'x' }, 'Could not set password'],
      ['change-vnc-password', { password: '' }, 'Could not set password'],
      ['expire_password', { protocol: 'vnc', time: 'now' }, 'Could not set password expire time'],
    ] as const)
      assert.equal(await talk.run(name, args), `GenericError: ${what}: ${why}`);
    await (await monitored.viewer('crewword')).close();
  });

  it('reads it again, and lets sessions follow', async () => {
    const viewer = await monitored.viewer('crewword');
    await writeFile(file, `${crew}rules: [{ match: { password: crew }, rights: view }]`);
    assert.deepEqual(await talk.run('x-reload'), {});
    assert.deepEqual(monitored.serving.server.viewers.at(-1)?.rights, viewOnlyRights);
    await viewer.close();
  });

  it('tells of one that is broken or missing', async () => {
    await writeFile(file, 'passwords: 5');
    assert.equal(
      await talk.run('x-reload'),
      'GenericError: access: the access file is broken, and what it said before stays in force',
    );
    await (await monitored.viewer('crewword')).close();
    await rm(file);
    assert.equal(
      await talk.run('x-reload'),
      'GenericError: access: the access file is missing, and nobody new gets in',
    );
    await writeFile(file, crew, { mode: 0o600 });
    assert.deepEqual(await talk.run('x-reload'), {});
    await (await monitored.viewer('crewword')).close();
  });
});
