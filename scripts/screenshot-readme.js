// Takes docs/images/test-card.png: the test card in TigerVNC's viewer, over X509Vnc, on a private X server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startXServer, saveScreenshot } from '../out/test/interop/x-server.js';
import { endProcess } from '../out/test/support/child.js';
import { until } from '../out/test/support/until.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'docs/images/test-card.png');
const folder = mkdtempSync(join(tmpdir(), 'sallyport-picture-'));
const server = spawn(
  process.execPath,
  [join(root, 'bin/sallyport.js'), 'serve', '--json', '--listen', '127.0.0.1::0'],
  { env: { ...process.env, XDG_DATA_HOME: folder }, stdio: ['ignore', 'pipe', 'inherit'] },
);
const [line] = await once(server.stdout, 'data');
const listening = JSON.parse(line.toString().split('\n')[0]);
const port = /(\d+)$/.exec(listening.addresses[0])[1];
const x = await startXServer(1300, 840);
const viewer = spawn(
  'xtigervncviewer',
  [
    '-SecurityTypes',
    'X509Vnc',
    '-X509CA',
    join(folder, 'sallyport/tls/ca-cert.pem'),
    '-AlertOnFatalError=0',
    '-MenuKey=',
    `127.0.0.1::${port}`,
  ],
  { env: { ...x.environment, VNC_PASSWORD: listening.password }, stdio: 'ignore' },
);
let window = '';
await until('the window', async () => {
  window = (await x.xdotool('search', '--onlyvisible', '--name', 'TigerVNC')) ?? '';
  return window !== '';
});
await x.xdotool('windowactivate', '--sync', window);
await x.xdotool('mousemove', '--window', window, '640', '300');
await x.xdotool('type', '--delay', '40', 'Hello from a real viewer.');
await new Promise((resolve) => setTimeout(resolve, 1000));
mkdirSync(dirname(target), { recursive: true });
await saveScreenshot(await x.screenshot(), target);
await endProcess(viewer);
await x.close();
server.kill('SIGINT');
await once(server, 'exit');
rmSync(folder, { recursive: true });
