/**
 * The code in a page of docs/, for tests that hold it to what it shows. A block of TypeScript must stand, word for word, in
 * a file of examples/ that the page links to and that a test runs. A block whose fence is preceded by the line
 * `<!-- not run: why -->` is left out.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Contents of the fenced blocks of this language. */
export const codeBlocks = (text: string, language: string): string[] =>
  Array.from(
    text.matchAll(new RegExp(`(<!-- not run: .+ -->\n)?\`\`\`${language}\n(.*?)\`\`\``, 'gs')),
  ).flatMap(([, notRun, code = '']) => (notRun === undefined ? [code] : []));

/** Lines of `console` blocks that call us, without the prompt. */
export const sallyportLines = (text: string): string[] =>
  codeBlocks(text, 'console').flatMap((block) =>
    Array.from(block.matchAll(/^\$ (sallyport .*)$/gm), ([, line = '']) => line),
  );

/** Asserts it for every block of TypeScript; returns how many there are. */
export function assertBlocksAreRun(text: string): number {
  const linked = new Set(
    Array.from(text.matchAll(/\]\(\.\.\/(examples\/[\w-]+)\.ts\)/g), ([, file = '']) => file),
  );
  const tests = readdirSync('test/examples').map((name) =>
    readFileSync(`test/examples/${name}`, 'utf8'),
  );
  const blocks = codeBlocks(text, 'ts');
  for (const block of blocks) {
    const home = Array.from(linked).find((file) => {
      assert.ok(existsSync(`${file}.ts`), file);
      return readFileSync(`${file}.ts`, 'utf8').includes(block);
    });
    assert.ok(home !== undefined, `stands in no example that the page links to:\n${block}`);
    assert.ok(
      tests.some((test) => test.includes(`describe('${home}'`)),
      `no test in test/examples runs ${home}`,
    );
  }
  return blocks.length;
}
