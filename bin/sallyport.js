#!/usr/bin/env node
import { existsSync } from 'node:fs';

const main = new URL('../out/src/cli/main.js', import.meta.url);
if (existsSync(main)) {
  const { main: run } = await import(main.href);
  await run(process.argv.slice(2));
} else {
  process.stderr.write('sallyport: not built yet: run `npm run build` first\n');
  process.exitCode = 1;
}
