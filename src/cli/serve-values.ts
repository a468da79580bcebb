/** The values of `sallyport serve` options that are words with a meaning: each is read or refused with one sentence. */
import { parseNameRule } from '../access/name-rules.ts';
import { parseNetwork } from '../access/networks.ts';
import { parseAddress } from '../node/address.ts';
import { isWorkerCount } from '../node/encode-pool.ts';
import type { MonitorChoice, VideoEncoderChoice } from './serve-settings.ts';

export function parseWorkers(text: string): number {
  if (!/^\d+$/.test(text) || !isWorkerCount(Number(text)))
    throw new RangeError(`${JSON.stringify(text)} is not a number of threads, 0 to 64`);
  return Number(text);
}

export function monitorChoice(text: string): MonitorChoice {
  if (text === 'stdio') return { kind: 'stdio' };
  const address = text.startsWith('unix:') ? parseAddress(text, 'listen') : undefined;
  if (address?.kind !== 'unix')
    throw new TypeError(
      `${JSON.stringify(text)} is neither unix:/path nor stdio: whoever reaches a monitor may do anything`,
    );
  return { kind: 'unix', path: address.path };
}

export function videoEncoderChoice(text: string): VideoEncoderChoice {
  if (text === 'ffmpeg') return { kind: 'ffmpeg' };
  const path = text.startsWith('ffmpeg:') ? text.slice('ffmpeg:'.length) : '';
  if (path === '')
    throw new TypeError(`${JSON.stringify(text)} is neither ffmpeg nor ffmpeg:/path`);
  return { kind: 'ffmpeg', path };
}

/** As it was written. */
export function nameRule(text: string): string {
  parseNameRule(text);
  return text;
}

/** As it was written. */
export function network(text: string): string {
  parseNetwork(text);
  return text;
}
