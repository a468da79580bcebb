/** The report of `sallyport doctor`, in lines of at most 100 characters. What the server wrote cannot steer the terminal. */
import type { Finding } from '../node/doctor/findings.ts';
import type { Judgement } from '../node/doctor/judge.ts';
import {
  tlsVersions,
  type LayerObservation,
  type Observations,
} from '../node/doctor/observations.ts';
import { remedies } from '../node/doctor/remedies.ts';
import { securityTypeName } from '../security/names.ts';
import { paint, printable, wrapWords, type Ink, type TerminalStyle } from './terminal-text.ts';

const WIDTH = 100;
const LABEL_WIDTH = 13;

export function doctorLines(
  seen: Observations,
  judgement: Judgement,
  { colour }: TerminalStyle,
): string[] {
  const heading = (text: string): string => paint([{ text, ink: 'bold' }], colour);
  const { grade, findings, viewers } = judgement;
  const ways = new Set(
    findings.flatMap(({ remedy, ceiling }) =>
      remedy === undefined || ceiling === 'A' ? [] : [remedies[remedy]],
    ),
  );
  return [
    heading('What it offers'),
    ...offerLines(seen),
    '',
    heading('What was found'),
    ...findings.flatMap((finding) => findingLines(finding, colour)),
    ...[...ways].flatMap(({ title, servers }) => [
      '',
      heading(title),
      ...servers.flatMap(([server, options]) => row(server, options)),
    ]),
    '',
    heading('Which viewers can connect'),
    ...viewers.flatMap(({ viewer, connects, by, reason }) =>
      row(viewer, [connects, by, reason].filter((part) => part !== undefined).join(', '), 23),
    ),
    '',
    `${heading(`Grade ${grade}`)}  ${printable(seen.target)}, seen in ${seen.connections} connections`,
  ];
}

function offerLines(seen: Observations): string[] {
  const { greeting, versions, types, subtypes, x509, anonymous } = seen;
  const spoken = (['3.3', '3.7', '3.8'] as const).map((version) => {
    const { outcome } = versions[version];
    return outcome === 'accepted' ? version : `${version} ${outcome}`;
  });
  return [
    ...row('RFB', `${spoken.join(', ')}; it greets with ${greeting.version}`),
    ...row('types', types.map(securityTypeName).join(', ')),
    ...(subtypes.length === 0 ? [] : row('VeNCrypt', subtypes.map(securityTypeName).join(', '))),
    ...layerLines('X.509 TLS', x509),
    ...certificateLines(x509),
    ...layerLines('anonymous TLS', anonymous),
  ];
}

function layerLines(label: string, layer: LayerObservation | undefined): string[] {
  if (layer === undefined) return [];
  const { cipher, exchange, versions } = layer;
  const told = tlsVersions.map((version) => {
    const { outcome } = versions[version];
    return `${version.replace(/^TLSv1$/, 'TLSv1.0').slice(4)} ${outcome === 'accepted' ? 'yes' : outcome === 'refused' ? 'no' : outcome}`;
  });
  const keys = exchange === undefined ? '' : `, ${exchange.type} ${exchange.bits} bits`;
  return [
    ...row(label, told.join(', ')),
    ...(cipher === undefined ? [] : row('', `${cipher}${keys}`)),
  ];
}

function certificateLines(x509: Observations['x509']): string[] {
  const certificate = x509?.audit.certificate;
  if (certificate === undefined) return [];
  const { subject, subjectAltNames, keyType, notAfter, fingerprint } = certificate;
  return [
    ...row('certificate', `${subject}; ${keyType}, valid until ${notAfter.slice(0, 10)}`),
    ...row('', `for ${subjectAltNames.join(' ') || 'no names'}`),
    // In two lines of sixteen bytes.
    ...row('SHA-256', fingerprint.slice(0, 47)),
    ...row('', fingerprint.slice(48)),
  ];
}

const inks: Readonly<Record<Finding['mark'], Ink | undefined>> = {
  ok: 'green',
  info: 'dim',
  warn: 'cyan',
  bad: 'red',
};

function findingLines({ mark, message, fix }: Finding, colour: boolean): string[] {
  const [first = '', ...more] = wrapped(message, WIDTH - 8);
  const ink = inks[mark];
  const shown = paint([{ text: mark.padEnd(4), ...(ink === undefined ? {} : { ink }) }], colour);
  return [
    `  ${shown}  ${first}`,
    ...more.map((line) => `        ${line}`),
    ...(fix === undefined ? [] : row('', `fix: ${fix}`, 4)),
  ];
}

/** A label, and words beside it in as many lines as they need. */
function row(label: string, text: string, labelWidth: number = LABEL_WIDTH): string[] {
  return wrapped(text, WIDTH - labelWidth - 4).map((line, at) =>
    `  ${(at === 0 ? printable(label) : '').padEnd(labelWidth)}  ${line}`.trimEnd(),
  );
}

/** What peers wrote may have words that are longer than a line. */
const wrapped = (text: string, width: number): string[] =>
  wrapWords(printable(text), width).flatMap((line) => pieces(line, width));

function pieces(line: string, width: number): string[] {
  const points = Array.from(line);
  const count = Math.max(1, Math.ceil(points.length / width));
  return Array.from({ length: count }, (_, at) =>
    points.slice(at * width, (at + 1) * width).join(''),
  );
}
