/** Sessions recorded between real programs, played to each of our halves: we say what the real peer said, byte for byte. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { defaultLimits } from '../../src/core/limits.ts';
import { clientHandshake } from '../../src/handshake/client.ts';
import { serverHandshake } from '../../src/handshake/server.ts';
import { receiveClientMessage } from '../../src/rfb/client-message.ts';
import { receiveServerInit } from '../../src/rfb/messages/init.ts';
import { parseSecurityList } from '../../src/security/policy.ts';
import { ByteReader } from '../../src/wire/byte-reader.ts';
import { fromHex, toHex } from '../../src/wire/hex.ts';
import { memoryPair } from '../../src/wire/memory-pair.ts';
import { fakeAuthenticator, localPeer } from '../support/fake-authenticator.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { credentialsOf } from '../support/security-contexts.ts';

const folder = 'test/fixtures/transcripts';
const PASSWORD = 'pass1234';

interface Line {
  readonly from: 'S' | 'C';
  readonly hex: string;
}

interface Recording {
  readonly title: string;
  readonly security: string;
  /** All that was said, up to the viewer's first messages of the session. */
  readonly lines: readonly Line[];
}

function load(file: string): Recording {
  const text = readFileSync(join(folder, file), 'utf8');
  const lines = Array.from(text.matchAll(/^([SC]) ([0-9a-f]+)$/gm), ([, from, hex]) => ({
    from: from as Line['from'],
    hex: hex!,
  }));
  return {
    title: /^# ([^:]+):/.exec(text)![1]!,
    security: file
      .replace(/\.txt$/, '')
      .split('-')
      .at(-1)!,
    lines,
  };
}

/** Plays one side of the recording, line by line, expecting the other; the viewer's session messages are left out. */
async function play(peer: ScriptedPeer, lines: readonly Line[], side: Line['from']): Promise<void> {
  for (const { from, hex } of lines) {
    if (from === side) peer.send(hex);
    else await peer.expect(hex);
  }
}

for (const file of readdirSync(folder)) {
  const { title, security, lines } = load(file);
  const handshake = lines.slice(0, -1);
  const session = fromHex(lines.at(-1)!.hex);
  const initHex = handshake.at(-1)!.hex;

  describe(`${title}`, () => {
    for (const chunkBytes of [Number.POSITIVE_INFINITY, 1]) {
      const how = chunkBytes === 1 ? ', one byte at a time' : '';

      it(`our client says what the viewer said${how}`, async () => {
        const [ours, theirs] = memoryPair({ chunkBytes });
        const established = clientHandshake({
          stream: ours,
          accept: parseSecurityList(security),
          credentials: credentialsOf(undefined, PASSWORD),
          limits: defaultLimits,
          shared: false,
        });
        await play(new ScriptedPeer(theirs), handshake, 'S');
        const { init, version } = await established;
        assert.match(title, new RegExp(`RFB ${version.replace('.', '\\.')}`));
        assert.ok(init.width >= 320 && init.name.length > 0);
      });

      it(`our server says what the server said${how}`, async (t) => {
        // The challenge is the only thing that a server makes up.
        const challenge = handshake.find(
          ({ from, hex }) => from === 'S' && security === 'VncAuth' && hex.length >= 32,
        );
        if (challenge !== undefined) {
          t.mock.method(globalThis.crypto, 'getRandomValues', (array: Uint8Array) => {
            array.set(fromHex(challenge.hex.slice(-32)));
            return array;
          });
        }
        const [ours, theirs] = memoryPair({ chunkBytes });
        const [copy, source] = memoryPair();
        source.write(fromHex(initHex));
        const init = await receiveServerInit(new ByteReader(copy), defaultLimits);
        const established = serverHandshake({
          stream: ours,
          peer: localPeer,
          offer: parseSecurityList(security),
          authenticator: fakeAuthenticator({ vncPasswords: [PASSWORD] }),
          limits: defaultLimits,
          admit: () => Promise.resolve(init),
        });
        // A server of 3.8 speaks first with 3.8, whatever the viewer then takes.
        const own = handshake.map((line, i) =>
          i === 0
            ? { from: 'S' as const, hex: toHex(new TextEncoder().encode('RFB 003.008\n')) }
            : line,
        );
        await play(new ScriptedPeer(theirs), own, 'C');
        assert.equal((await established).shared, false);
      });
    }

    it('the viewer’s first messages are understood', async () => {
      const [ours, theirs] = memoryPair({ chunkBytes: 1 });
      theirs.write(session);
      theirs.end();
      const reader = new ByteReader(ours);
      const types: string[] = [];
      while (reader.consumed < session.length)
        types.push((await receiveClientMessage(reader, defaultLimits)).type);
      assert.ok(
        types.includes('SetEncodings') && types.includes('FramebufferUpdateRequest'),
        types.join(' '),
      );
    });
  });
}
