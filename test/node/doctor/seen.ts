/** Observations of a server with nothing wrong, for tests of what is made of them. */
import type { LayerObservation, Observations } from '../../../src/node/doctor/observations.ts';

const accepted = { outcome: 'accepted' } as const;
const refused = { outcome: 'refused' } as const;
const unasked = { outcome: 'not checked', why: 'in this test' } as const;

export const layer = (subtype: number, rest: Partial<LayerObservation> = {}): LayerObservation => ({
  subtype,
  versions: { 'TLSv1.3': refused, 'TLSv1.2': accepted, 'TLSv1.1': refused, TLSv1: refused },
  cipher: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  exchange: { type: 'ECDH', bits: 253 },
  opens: unasked,
  ...rest,
});

export const oldToo: LayerObservation['versions'] = {
  'TLSv1.3': refused,
  'TLSv1.2': accepted,
  'TLSv1.1': accepted,
  TLSv1: accepted,
};

/** X509Plain and X509Vnc, reached over a network. */
export const good: Observations = {
  target: 'vnc://console.lab',
  reach: 'network',
  greeting: { version: '003.008', afterMs: 3 },
  versions: {
    '3.3': { ...refused, types: [] },
    '3.7': { ...accepted, types: [19] },
    '3.8': { ...accepted, types: [19] },
  },
  types: [19],
  subtypes: [262, 261],
  x509: { ...layer(261), audit: { problems: [] } },
  clearBytesAcrossTls: unasked,
  unofferedNone: refused,
  silentClient: { outcome: 'open', afterMs: 4000 },
  connections: 8,
};

/** Offers these types and nothing else. */
export function bare(...types: number[]): Observations {
  const { x509: _, ...rest } = good;
  const answer = { ...accepted, types };
  return {
    ...rest,
    types,
    subtypes: [],
    versions: { '3.3': answer, '3.7': answer, '3.8': answer },
  };
}

/** Offers anonymous TLS alone. */
export function anonymous(subtypes: number[], rest: Partial<LayerObservation> = {}): Observations {
  const { x509: _, ...other } = good;
  return { ...other, subtypes, anonymous: layer(subtypes[0] ?? 257, rest) };
}
