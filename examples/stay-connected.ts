/**
 * A watcher that stays: comes back when the server does, tells what changes, and gives up when it is not let in.
 *
 *     VNC_PASSWORD=… node out/examples/stay-connected.js wss://127.0.0.1:5701/websockify pki/ca-cert.pem
 */
import { readFile } from 'node:fs/promises';
import { connect, reconnecting, VncError, type VncClient } from '../src/index.ts';

const [target = 'vnc://127.0.0.1:5901?ViewOnly=true', caFile = 'pki/ca-cert.pem'] =
  process.argv.slice(2);
const ca = await readFile(caFile, 'utf8');
const password = process.env['VNC_PASSWORD'] ?? '';

const watching = reconnecting(
  (signal) => connect(target, { tls: { ca }, password, viewOnly: true, signal }),
  { maxMs: 60_000 },
);
watching.events.on('waiting', ({ delayMs, reason }) =>
  console.log(`${reason.message}; again in ${Math.round(delayMs / 1000)} s`),
);
watching.events.on('connected', (vnc) => void watch(vnc));

async function watch(vnc: VncClient): Promise<void> {
  console.log(`${vnc.name}, protected by ${vnc.security.name}`);
  try {
    for await (const damage of vnc.updates())
      console.log(`${damage.length} places changed, ${vnc.roundTripMs ?? '?'} ms away`);
  } catch {
    // Lost: `waiting` or `closed` tells more.
  }
}

const reason = await watching.closed;
console.error(reason instanceof VncError ? `${reason.message}: ${reason.cure}` : reason);
