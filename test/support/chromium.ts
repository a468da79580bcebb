/** Headless Chromium on one page, with nothing of it left outside `folder`. */
import { join } from 'node:path';
import { start, type Started } from './child.ts';

export function browse(url: string, folder: string, profile: string): Started {
  return start(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-sync',
      '--disable-component-update',
      '--disable-background-networking',
      // The test's own authority; that we show its certificate is tested elsewhere.
      '--ignore-certificate-errors',
      '--enable-logging=stderr',
      // Without a port to debug on, headless Chromium ends once the page has loaded.
      '--remote-debugging-port=0',
      `--user-data-dir=${join(folder, profile)}`,
      url,
    ],
    { ...process.env, HOME: folder },
  );
}
