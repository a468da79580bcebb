import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { serviceManager } from '../../src/node/service-manager.ts';
import { withoutPeers } from '../support/peers.ts';
import { until } from '../support/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'sallyport-notify-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** systemd's end: a datagram socket, which Node has none of. Closes the descriptors that come along (the barrier). */
const RECEIVER = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True:
    data, fds, _, _ = socket.recv_fds(s, 4096, 4)
    print(data.decode().replace('\\n', ' '), flush=True)
    for fd in fds: os.close(fd)
`;

describe('service manager', () => {
  it('is told in the order of the calls', {
    skip: withoutPeers('systemd-notify', 'python3'),
  }, async () => {
    const socket = join(folder, 'notify');
    const receiver = spawn('python3', ['-c', RECEIVER, socket], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let heard = '';
    receiver.stdout.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    try {
      await until('bound', () => heard.startsWith('bound'));
      const environment: Record<string, string | undefined> = {
        ...process.env,
        NOTIFY_SOCKET: socket,
      };
      const faults: string[] = [];
      const manager = serviceManager({ environment, failed: (reason) => faults.push(reason) });
      assert.equal(environment['NOTIFY_SOCKET'], undefined, 'not for programs that we start');
      void manager.notify('READY=1', 'STATUS=Serving on 127.0.0.1:1');
      void manager.notify('RELOADING=1');
      await manager.notify('STOPPING=1');
      await until('all', () => heard.includes('STOPPING'));
      const told = heard
        .split('\n')
        .filter((line) => /^[A-Z]+=/.test(line) && line !== 'BARRIER=1');
      assert.deepEqual(told, [
        'READY=1 STATUS=Serving on 127.0.0.1:1',
        'RELOADING=1',
        'STOPPING=1',
      ]);
      assert.deepEqual(faults, []);
    } finally {
      receiver.kill();
    }
  });

  it('is silent when nobody asked to be told', async () => {
    const faults: string[] = [];
    const environment = { PATH: '/nowhere' };
    await serviceManager({ environment, failed: (reason) => faults.push(reason) }).notify(
      'READY=1',
    );
    assert.deepEqual(faults, []);
  });

  it('says once that it could not be told, and goes on', async () => {
    const faults: string[] = [];
    const environment = { PATH: '/nowhere', NOTIFY_SOCKET: join(folder, 'none') };
    const manager = serviceManager({ environment, failed: (reason) => faults.push(reason) });
    await manager.notify('READY=1');
    await manager.notify('STOPPING=1');
    assert.equal(faults.length, 1);
    assert.match(faults[0] ?? '', /^systemd could not be told READY=1: /);
  });
});
