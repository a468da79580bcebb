/** A picture of 4x2 pixels, byte by byte, in each of the three ways that terminals have. */
import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';
import { describe, it } from 'node:test';
import { drawPicture, type Canvas } from '../../../src/cli/terminal/draw.ts';
import { fitInto } from '../../../src/cli/terminal/fit.ts';
import { halfBlocks } from '../../../src/cli/terminal/half-blocks.ts';
import { kittyPicture } from '../../../src/cli/terminal/kitty.ts';
import { sixelPicture } from '../../../src/cli/terminal/sixel.ts';

const ESC = '\u001b';
const [RED, GREEN, BLUE, WHITE, BLACK] = [0xff0000, 0x00ff00, 0x0000ff, 0xffffff, 0];

const picture = (width: number, ...colours: number[]) => ({
  width,
  height: colours.length / width,
  pixels: Uint32Array.from(colours, (colour) => (0xff000000 | colour) >>> 0),
});

const flag = picture(4, RED, GREEN, GREEN, WHITE, BLUE, BLUE, BLUE, BLACK);
const canvas: Omit<Canvas, 'mode'> = { columns: 80, rows: 24, cell: { width: 10, height: 20 } };

describe('a picture in half blocks', () => {
  it('is a row of cells for two rows of pixels, with colours where they change', () => {
    assert.equal(
      drawPicture(flag, { ...canvas, mode: 'blocks' }),
      [
        `${ESC}[1;1H`,
        `${ESC}[38;2;255;0;0m${ESC}[48;2;0;0;255m▀`,
        `${ESC}[38;2;0;255;0m▀`,
        '▀',
        `${ESC}[38;2;255;255;255m${ESC}[48;2;0;0;0m▀`,
        `${ESC}[0m`,
      ].join(''),
    );
  });
  it('has the background of the terminal below an odd last row', () => {
    assert.equal(
      halfBlocks(picture(1, RED, RED, BLUE), { columns: 2, rows: 3 }),
      `${ESC}[4;3H${ESC}[38;2;255;0;0m${ESC}[48;2;255;0;0m▀${ESC}[0m${ESC}[5;3H${ESC}[38;2;0;0;255m▀${ESC}[0m`,
    );
  });
  it('is shrunk to the cells that there are', () => {
    const wide = picture(8, ...Array<number>(16).fill(RED));
    const text = drawPicture(wide, { ...canvas, mode: 'blocks', columns: 4, rows: 9 });
    assert.equal(text, `${ESC}[1;1H${ESC}[38;2;255;0;0m▀▀▀▀${ESC}[0m`);
  });
});

describe("a picture in kitty's protocol", () => {
  it('is one escape sequence with the pixels in base64', () => {
    assert.equal(
      drawPicture(flag, { ...canvas, mode: 'kitty' }),
      `${ESC}[H${ESC}_Ga=T,f=24,i=1,p=1,q=2,C=1,s=4,v=2,c=1,r=1,m=0;/wAAAP8AAP8A////AAD/AAD/AAD/AAAA${ESC}\\`,
    );
  });
  it('is compressed and cut into chunks of 4096 when it is large', () => {
    const noise = Uint32Array.from(
      { length: 100 * 60 },
      (_, i) => Math.imul(i + 1, 2654435761) >>> 8,
    );
    const text = kittyPicture({ width: 100, height: 60, pixels: noise }, { columns: 10, rows: 3 });
    const parts = text.split(`${ESC}\\`).slice(0, -1);
    assert.ok(parts.length > 2);
    const data = parts.map((part, i) => {
      const [head = '', body = ''] = part.slice(3).split(';');
      const more = i === parts.length - 1 ? 0 : 1;
      if (i === 0) assert.equal(head, `a=T,f=24,i=1,p=1,q=2,C=1,s=100,v=60,c=10,r=3,o=z,m=${more}`);
      else assert.equal(head, `m=${more}`);
      assert.ok(body.length <= 4096);
      return body;
    });
    const rgb = inflateSync(Buffer.from(data.join(''), 'base64'));
    assert.equal(rgb.length, 100 * 60 * 3);
    assert.equal(rgb.readUIntBE(300, 3), noise[100]);
  });
});

describe('a picture in sixels', () => {
  it('is its colours in hundredths, and for each colour of a band the pixels of each column', () => {
    assert.equal(
      drawPicture(flag, { ...canvas, mode: 'sixel' }),
      [
        `${ESC}[H${ESC}P0;1;0q"1;1;4;2`,
        '#0;2;100;0;0#1;2;0;100;0#2;2;100;100;100#3;2;0;0;100#4;2;0;0;0',
        // Red, green and white above; blue and black below.
        '#0@???$#1?@@?$#2???@$#3AAA?$#4???A',
        `-${ESC}\\`,
      ].join(''),
    );
  });
  it('counts what repeats, and begins a band every six rows', () => {
    const tall = picture(5, ...Array<number>(35).fill(WHITE));
    assert.equal(sixelPicture(tall), `${ESC}P0;1;0q"1;1;5;7#0;2;100;100;100#0!5~-#0!5@-${ESC}\\`);
  });
  it('has 252 colours at most for a picture of more than 256', () => {
    const many = picture(300, ...Array.from({ length: 300 }, (_, i) => i * 0x030507));
    const defined = sixelPicture(many).match(/#\d+;2;/g) ?? [];
    assert.equal(defined.length, 252);
    const grey = sixelPicture(picture(257, ...Array.from({ length: 257 }, (_, i) => i)));
    // 256 and less are exact.
    assert.equal((grey.match(/#\d+;2;/g) ?? []).length, 252);
    const exact = sixelPicture(picture(256, ...Array.from({ length: 256 }, (_, i) => i)));
    assert.equal((exact.match(/#\d+;2;/g) ?? []).length, 256);
  });
});

describe('fitInto', () => {
  it('keeps proportions, and never enlarges', () => {
    assert.deepEqual(fitInto({ width: 100, height: 50 }, { width: 50, height: 50 }), {
      width: 50,
      height: 25,
    });
    assert.deepEqual(fitInto({ width: 4, height: 2 }, { width: 800, height: 480 }), {
      width: 4,
      height: 2,
    });
    assert.deepEqual(fitInto({ width: 1000, height: 1 }, { width: 10, height: 10 }), {
      width: 10,
      height: 1,
    });
  });
});
