import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LayoutName } from '../../../src/client/automation/layouts/layout.ts';
import { strokesOf } from '../../../src/client/automation/layouts/layout.ts';
import {
  findLayout,
  layoutNames,
  parseLayoutName,
  tables,
} from '../../../src/client/automation/layouts/registry.ts';
import { planText } from '../../../src/client/automation/type-text.ts';

/** `S-1e:41`: Shift, the key with code 1e, which gives keysym 41. */
function keys(layout: LayoutName, text: string): string {
  return planText(text, layout)
    .flat()
    .map(({ keysym, keycode = 0, shift, altGr }) => {
      const held = `${shift ? 'S-' : ''}${altGr ? 'G-' : ''}`;
      return `${held}${keycode.toString(16)}:${keysym.toString(16)}`;
    })
    .join(' ');
}

describe('keyboard layouts', () => {
  it('have a character, or none, for every key of every row', () => {
    for (const { name, rows } of tables)
      for (const { codes, plain, shift, altGr } of rows)
        for (const level of [plain, shift, ...(altGr === undefined ? [] : [altGr])])
          assert.equal(Array.from(level).length, codes.length, `${name}: ${level}`);
  });
  it('type all of ASCII', () => {
    const ascii = Array.from({ length: 0x5f }, (_, i) => String.fromCharCode(0x20 + i));
    for (const name of layoutNames) {
      const layout = findLayout(name);
      const missing = ascii.filter((each) => strokesOf(layout, each) === undefined);
      assert.deepEqual(missing, [], name);
    }
  });
  it('have no key twice for two characters of one level', () => {
    for (const name of layoutNames) {
      const seen = new Map<string, string>();
      for (const [character, { keycode, shift, altGr }] of findLayout(name)) {
        const key = `${keycode} ${shift} ${altGr}`;
        assert.equal(seen.get(key), undefined, `${name}: ${character}`);
        seen.set(key, character);
      }
    }
  });
  it('know where they differ', () => {
    assert.equal(keys('us', 'zA@'), '2c:7a S-1e:41 S-3:40');
    assert.equal(keys('uk', '@"#£€'), 'S-28:40 S-3:22 2b:23 S-4:a3 G-5:20ac');
    assert.equal(keys('de', 'zy@ß€{'), '15:7a 2c:79 G-10:40 c:df G-12:20ac G-8:7b');
    assert.equal(keys('fr', 'a1q@'), '10:61 S-2:31 1e:71 G-b:40');
    assert.equal(keys('es', 'ñ¿\\'), '27:f1 S-d:bf G-29:5c');
    assert.equal(keys('jp', '@"\\¥_'), '1a:40 S-3:22 73:5c 7d:a5 S-73:5f');
  });
  it('put accents on letters with dead keys, and make accents of them with the space bar', () => {
    // dead_acute, then e; dead_circumflex, then Shift and A; dead_circumflex, then space.
    assert.equal(keys('de', 'éÂ^'), 'd:fe51 12:65 29:fe52 S-1e:41 29:fe52 39:20');
    assert.equal(keys('fr', 'êË^'), '1a:fe52 12:65 S-1a:fe57 S-12:45 G-a:5e');
    assert.equal(keys('es', 'áü`'), '28:fe51 1e:61 S-28:fe57 16:75 1a:fe50 39:20');
  });
  it('take a letter and its accent in two characters for one', () => {
    assert.equal(keys('es', 'n\u0303'), keys('es', 'ñ'));
  });
  it('type line feeds, tabs and spaces where all keyboards have them', () => {
    for (const name of layoutNames)
      assert.equal(keys(name, '\r\n\t '), '1c:ff0d f:ff09 39:20', name);
  });
  it('say all that they cannot type', () => {
    assert.throws(() => planText('aß€ñß', 'us'), {
      name: 'UntypableError',
      message: 'no key types ß (U+00DF), € (U+20AC), ñ (U+00F1) on the us keyboard',
      characters: ['ß', '€', 'ñ'],
      outcome: 'not started',
    });
  });
  it("are also known by QEMU's names and X11's", () => {
    assert.deepEqual(['en-us', 'GB', 'ja', 'de'].map(parseLayoutName), ['us', 'uk', 'jp', 'de']);
    assert.throws(() => parseLayoutName('dvorak'), /"dvorak" is not one of us, uk, de, fr, es, jp/);
  });
});
