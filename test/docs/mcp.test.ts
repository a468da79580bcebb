import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { mcpCommand } from '../../src/cli/mcp.ts';
import { inputTools } from '../../src/node/mcp/input-tools.ts';
import { viewTools } from '../../src/node/mcp/view-tools.ts';
import { assertBlocksAreRun, codeBlocks, sallyportLines } from '../support/doc-blocks.ts';

const text = readFileSync('docs/mcp.md', 'utf8');

describe('docs/mcp.md', () => {
  it('lists every tool with its arguments', () => {
    const rows = Array.from(text.matchAll(/^\| (`\w+`) \|([^|]*)\|/gm), ([, tool, args = '']) => [
      tool,
      ...(args.match(/`\w+`/g) ?? []),
    ]);
    assert.deepEqual(
      rows,
      [...viewTools, ...inputTools].map(({ name, properties }) =>
        [name, ...Object.keys(properties)].map((word) => `\`${word}\``),
      ),
    );
  });
  it('shows code that a test runs, options that there are, and JSON that can be read', () => {
    assert.equal(assertBlocksAreRun(text), 1);
    const help = mcpCommand().helpInformation();
    for (const [option] of `${sallyportLines(text).join()} ${text}`.matchAll(
      /(?<=[ `])--[a-z][a-z-]*/g,
    ))
      assert.ok(help.includes(option), option);
    for (const block of codeBlocks(text, 'json')) JSON.parse(block);
  });
});
