/**
 * A link as people pass it on (RFC 7869), a server that is trusted from the first time on, its clipboard, its power switch.
 *
 *     node out/examples/clipboard-and-power.js 'vnc://127.0.0.1:5901?VncUsername=alice' 'some words' reset
 */
import { connect, VncError, type VncClient } from '../src/index.ts';

const [link = 'vnc://127.0.0.1:5901?VncUsername=alice', words = 'some words', action] =
  process.argv.slice(2);

async function open(): Promise<VncClient> {
  try {
    return await connect(link, {
      knownServers: { trustFirst: true },
      credentials: async ({ security, username, tlsInfo }) => {
        console.log(`${security} asks, behind ${tlsInfo?.protocol ?? 'no TLS'}`);
        return {
          ...(username ? { username: process.env['VNC_USERNAME'] ?? 'alice' } : {}),
          password: process.env['VNC_PASSWORD'] ?? '',
        };
      },
    });
  } catch (error) {
    if (error instanceof VncError) console.error(`${error.message}: ${error.cure}`);
    throw error;
  }
}

const vnc = await open();
vnc.events.on('clipboard', (text) => console.log(`copied there: ${text}`));
// What a server can do it says with its first picture.
await vnc.refresh(false);
vnc.clipboard(words);
await vnc.sync();
console.log(vnc.unicodeClipboard ? 'sent as it is' : 'sent as Latin-1');

if (action === 'shutdown' || action === 'reboot' || action === 'reset') {
  const isDone = vnc.powerable && (await vnc.power(action));
  console.log(isDone ? `${action}: on its way` : `${action}: not here`);
}
await vnc.close();
