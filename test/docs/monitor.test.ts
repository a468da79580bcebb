import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { planCommand } from '../../src/control/human-monitor.ts';
import { qmpText } from '../../src/control/qmp-text.ts';
import { Monitored, Talk } from '../control/monitored.ts';

const page = readFileSync('docs/monitor.md', 'utf8');
const blocks = (kind: string): string[] =>
  Array.from(
    page.matchAll(new RegExp(`^\`\`\`${kind}\n(.*?)^\`\`\`$`, 'gms')),
    ([, body]) => body ?? '',
  );

describe('docs/monitor.md', () => {
  for (const [i, block] of blocks('qmp').entries()) {
    it(`shows what QMP says, example ${i + 1}`, async () => {
      const monitored = await Monitored.start();
      const talk = new Talk(monitored.monitor);
      try {
        let said = talk.messages.slice();
        for (const line of block.trim().split('\n')) {
          const text = line.slice(3).replaceAll('/run/vm1', monitored.folder);
          if (line.startsWith('-> ')) said = [...(await talk.say(text))];
          else assert.equal(qmpText(said.shift()), text);
        }
      } finally {
        await monitored.stop();
      }
    });
  }

  it('shows what the prompt says', async () => {
    const monitored = await Monitored.start();
    try {
      const talk = await monitored.talk();
      const here = (text: string): string => text.replaceAll('/run/vm1', monitored.folder);
      for (const example of blocks('monitor').flatMap((block) => block.split(/^\$ /m).slice(1))) {
        const [first = '', ...output] = example.trimEnd().split('\n');
        const plan = planCommand(here(first.replace('sallyport monitor /run/vm1/monitor ', '')));
        assert.ok(plan.kind === 'execute', first);
        const value = await talk.run(plan.command, plan.args);
        assert.equal(plan.render(value), here(output.join('\n')), first);
      }
    } finally {
      await monitored.stop();
    }
  });

  it('lists every command', async () => {
    const monitored = await Monitored.start();
    const talk = await monitored.talk();
    const commands = (await talk.run('query-commands')) as { name: string }[];
    await monitored.stop();
    for (const { name } of commands) assert.ok(page.includes(`\`${name}\``), name);
  });
});
