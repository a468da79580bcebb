/** What the doctor can find: names that stay the same in --json, and the best grade that each leaves. Listed in docs/doctor.md. */

export const grades = ['A', 'B', 'C', 'D', 'F'] as const;
export type Grade = (typeof grades)[number];

/** `ok` and `info` cost nothing. */
export type Mark = 'ok' | 'info' | 'warn' | 'bad';

/** How the options that mend something are looked up, in remedies.ts. */
export type RemedyName = 'verified-tls' | 'login' | 'tls-versions' | 'clear-bytes' | 'certificate';

export type FindingId =
  | 'unoffered-none'
  | 'open-in-clear'
  | 'password-in-clear'
  | 'vnc-password-without-tls'
  | 'login-without-tls'
  | 'open-inside-tls'
  | 'anonymous-tls'
  | 'rsa-aes'
  | 'clear-bytes-across-tls'
  | 'weaker-for-older'
  | 'weaker-first'
  | 'tls-fails'
  | 'no-current-tls'
  | 'old-tls'
  | 'weak-cipher'
  | 'small-dh'
  | 'certificate-error'
  | 'certificate-warning'
  | 'old-rfb'
  | 'slow-greeting'
  | 'too-many-subtypes'
  | 'turned-away'
  | 'certificate-note'
  | 'certificate-good'
  | 'verified-tls'
  | 'none-refused'
  | 'clear-bytes-refused'
  | 'clear-bytes-unchecked'
  | 'silent-client'
  | 'unknown-type';

export interface Finding {
  readonly id: FindingId;
  readonly mark: Mark;
  /** One sentence, lower case, no full stop. */
  readonly message: string;
  /** What to do, in one line. */
  readonly fix?: string;
  readonly remedy?: RemedyName;
  /** The best grade that a server with this can have. */
  readonly ceiling: Grade;
}

/** How findings are collected. */
export type Add = (
  id: FindingId,
  mark: Mark,
  message: string,
  rest?: Pick<Finding, 'fix' | 'remedy'>,
) => void;

/** By how far the server can be reached from. */
export type Ceilings = Readonly<Record<'network' | 'loopback' | 'unix', Grade>>;

const everywhere = (grade: Grade): Ceilings => ({ network: grade, loopback: grade, unix: grade });

/** Of what anyone can do who can connect, the network is worst; a unix socket has a mode that says who that is. */
export const ceilings: Readonly<Record<FindingId, Ceilings>> = {
  'unoffered-none': everywhere('F'),
  'open-in-clear': { network: 'F', loopback: 'C', unix: 'B' },
  'password-in-clear': { network: 'F', loopback: 'B', unix: 'B' },
  'vnc-password-without-tls': { network: 'D', loopback: 'B', unix: 'B' },
  'login-without-tls': { network: 'D', loopback: 'B', unix: 'B' },
  'open-inside-tls': { network: 'D', loopback: 'C', unix: 'B' },
  'anonymous-tls': { network: 'C', loopback: 'B', unix: 'B' },
  'rsa-aes': everywhere('B'),
  'clear-bytes-across-tls': everywhere('C'),
  'weaker-for-older': { network: 'C', loopback: 'B', unix: 'B' },
  'weaker-first': { network: 'C', loopback: 'B', unix: 'B' },
  'tls-fails': everywhere('D'),
  'no-current-tls': everywhere('D'),
  'old-tls': everywhere('B'),
  'weak-cipher': { network: 'C', loopback: 'B', unix: 'B' },
  'small-dh': { network: 'C', loopback: 'B', unix: 'B' },
  'certificate-error': everywhere('C'),
  'certificate-warning': everywhere('B'),
  'old-rfb': everywhere('B'),
  'slow-greeting': everywhere('B'),
  'too-many-subtypes': everywhere('B'),
  'turned-away': everywhere('B'),
  'certificate-note': everywhere('A'),
  'certificate-good': everywhere('A'),
  'verified-tls': everywhere('A'),
  'none-refused': everywhere('A'),
  'clear-bytes-refused': everywhere('A'),
  'clear-bytes-unchecked': everywhere('A'),
  'silent-client': everywhere('A'),
  'unknown-type': everywhere('A'),
};
