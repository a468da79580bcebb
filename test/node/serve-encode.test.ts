import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { formatAddress } from '../../src/node/address.ts';
import { connect } from '../../src/node/connect.ts';
import { serve, type Serving } from '../../src/node/serve.ts';
import { Random } from '../pixels/kernels/twins.ts';
import { FakeDisplay } from '../support/fake-display.ts';
import { until } from '../support/until.ts';

const started: Serving[] = [];
after(() => Promise.all(started.map((serving) => serving.close())));

describe('serve with encoding threads', () => {
  for (const encodeWorkers of [0, 1, 2]) {
    it(`shows a viewer what is drawn, pixel by pixel (${encodeWorkers} of them)`, async () => {
      const display = new FakeDisplay({ width: 900, height: 700 });
      const serving = await serve({
        display,
        listen: 'localhost::0',
        security: 'None',
        encodeWorkers,
      });
      started.push(serving);
      const target = formatAddress(serving.addresses[0]!);
      const viewers = await Promise.all(
        [true, false].map((jpeg) => connect(target, { security: 'None', jpeg, jpegQuality: 5 })),
      );
      const random = new Random(3);
      for (let i = 0; i < 15; i++) {
        const colours = [2, 40, 1 << 24][i % 3]!;
        const step = random.between(1, 30);
        for (let at = 0; at < display.framebuffer.pixels.length; at += random.between(1, step))
          display.framebuffer.pixels[at] = (0xff000000 | (random.next() % colours)) >>> 0;
        display.events.emit('damage', [display.framebuffer.bounds]);
        const wanted = Buffer.from(display.framebuffer.bytes);
        // The other one, which takes JPEG, keeps the threads busy besides.
        const [, exact] = viewers;
        await until('the same picture', () => wanted.equals(exact!.framebuffer.bytes));
      }
      assert.equal(serving.server.viewers.length, 2);
      for (const viewer of viewers) await viewer.close();
    });
  }

  it('refuses a number of threads that is none', async () => {
    const options = { display: new FakeDisplay(), listen: 'localhost::0', security: 'None' };
    await assert.rejects(serve({ ...options, encodeWorkers: -1 }), {
      name: 'TypeError',
      message: 'encodeWorkers -1 is not 0..64',
    });
  });
});
