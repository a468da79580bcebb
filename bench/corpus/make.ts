/**
 * Makes the corpora that no threshold was tuned on: node out/bench/corpus/make.js [ide] [sheet] [terminal].
 * An editor and a spreadsheet are pages in a headless chromium, pictured through its DevTools; terminals are xterms on an
 * Xvnc of their own, watched by our client. All that is seen is this project's own sources and made-up numbers. Fonts are the
 * machine's, so that a second run elsewhere gives other pixels: the frames in the repository are the corpus.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodePng, rgbOf } from '../../src/node/png.ts';
import type { Picture } from '../../src/client/automation/screenshot.ts';
import { PNG } from 'pngjs';
import { photographPage } from './chromium.ts';
import { editorPage, editorScenes } from './editor-page.ts';
import { sheetPage, sheetScenes } from './sheet-page.ts';
import { photographTerminals } from './terminals.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');

const makers: Readonly<Record<string, () => Promise<Picture[]>>> = {
  ide: async () => unpack(await photographPage(editorPage(root), editorScenes)),
  sheet: async () => unpack(await photographPage(sheetPage(), sheetScenes)),
  terminal: () => photographTerminals(root),
};

const unpack = (files: readonly Buffer[]): Promise<Picture[]> => Promise.all(files.map(decodePng));

/** As small as PNG gets here: these files are in the repository. */
function smallPng({ width, height, pixels }: Picture): Buffer {
  const png = new PNG({ width, height });
  png.data = rgbOf(pixels);
  return PNG.sync.write(png, {
    colorType: 2,
    inputColorType: 2,
    inputHasAlpha: false,
    deflateLevel: 9,
    filterType: -1,
  });
}

const wanted = process.argv.slice(2);
for (const name of wanted.length === 0 ? Object.keys(makers) : wanted) {
  const make = makers[name];
  if (make === undefined) throw new Error(`no corpus ${name}: ${Object.keys(makers).join(', ')}`);
  const pictures = await make();
  const folder = join(root, 'bench/corpus', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  pictures.forEach((picture, i) => {
    const file = `${String(i + 1).padStart(2, '0')}.png`;
    writeFileSync(join(folder, file), smallPng(picture));
  });
  console.log(`${name}: ${pictures.length} frames`);
}
process.exit(0);
