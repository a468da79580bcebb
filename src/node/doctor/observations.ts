/** What the probes of `sallyport doctor` saw of a VNC server: facts only, as they go into --json. Judged by judge.ts. */
import type { ServerAudit } from '../server-audit.ts';

/** `not checked` says why in the field beside it. */
export type Outcome = 'accepted' | 'refused' | 'not checked';

/** Whether the server let us do something. */
export interface Trial {
  readonly outcome: Outcome;
  readonly why?: string;
}

/** What the server offers to a viewer of one RFB version. */
export interface VersionAnswer extends Trial {
  readonly types: readonly number[];
}

export const tlsVersions = ['TLSv1.3', 'TLSv1.2', 'TLSv1.1', 'TLSv1'] as const;
export type ProbedTlsVersion = (typeof tlsVersions)[number];

/** One of the two TLS layers of VeNCrypt. */
export interface LayerObservation {
  /** The sub-type that it was reached by. */
  readonly subtype: number;
  readonly versions: Readonly<Record<ProbedTlsVersion, Trial>>;
  /** Of the best handshake. */
  readonly cipher?: string;
  /** The key exchange's: `DH` and its size in bits, or `ECDH`. */
  readonly exchange?: { readonly type: string; readonly bits: number };
  /** Of *None sub-types: whether the server lets us in, without any credentials. */
  readonly opens: Trial;
}

export interface Observations {
  /** As it was written. */
  readonly target: string;
  /** How far it can be reached from. */
  readonly reach: 'unix' | 'loopback' | 'network';
  readonly greeting: { readonly version: string; readonly afterMs: number };
  readonly versions: Readonly<Record<'3.3' | '3.7' | '3.8', VersionAnswer>>;
  /** Security types and VeNCrypt sub-types, in the server's order, at the newest version that it answers. */
  readonly types: readonly number[];
  readonly subtypes: readonly number[];
  readonly anonymous?: LayerObservation;
  readonly x509?: LayerObservation & { readonly audit: ServerAudit };
  /** Bytes sent in clear behind the word that starts TLS are taken as if they had come inside. */
  readonly clearBytesAcrossTls: Trial;
  /** None may be chosen although it was not offered. */
  readonly unofferedNone: Trial;
  /** What becomes of a client that says nothing. */
  readonly silentClient: {
    readonly outcome: 'closed' | 'open' | 'not checked';
    readonly afterMs: number;
  };
  /** Why the server turned us away before we were done, in its own words. */
  readonly turnedAway?: string;
  readonly connections: number;
}
