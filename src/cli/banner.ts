/** What `serve` prints when it is ready: a box with address, fingerprint, password and guarantees; then the commands. */
import { formatAddress, type Address } from '../node/address.ts';
import type { Protection } from '../security/policy.ts';
import {
  paint,
  printable,
  widthOf,
  wrapCommand,
  wrapWords,
  type Span,
  type TerminalStyle,
} from './terminal-text.ts';
import { viewerCommands } from './viewer-commands.ts';

export interface BannerFacts {
  /** What is served, in words. */
  readonly display: string;
  readonly addresses: readonly Address[];
  /** The name that viewers use when an address means every interface. */
  readonly hostName: string;
  /** Strongest first. */
  readonly protections: readonly Protection[];
  readonly tls?: {
    /** SHA-256, with colons. Undefined without a certificate. */
    readonly fingerprint?: string;
    readonly caFile?: string;
    readonly maxVersion: '1.2' | '1.3';
  };
  readonly clientCertificates: 'off' | 'request' | 'require';
  /** Only one that was generated: what a person chose is not shown. */
  readonly generatedPassword?: string;
  /** Something to know beside all that: another port was taken, a first certificate was made. */
  readonly remarks: readonly string[];
}

const LABEL = 13;

export function renderBanner(facts: BannerFacts, style: TerminalStyle): string {
  const inner = style.columns - 4;
  const content = [
    ...promise(facts).flatMap(({ text, ink }) => wrapWords(text, inner).map((t) => [span(t, ink)])),
    [],
    ...labelled('Display', facts.display, inner),
    ...facts.addresses.flatMap((address, i) =>
      labelled(i === 0 ? 'Address' : '', describeAddress(address), inner),
    ),
    ...fingerprint(facts),
    ...password(facts, inner),
    [],
    ...table(facts, inner),
  ];
  const remarks = facts.remarks.flatMap((remark) => wrapWords(remark, style.columns));
  return [
    ...box(content, style),
    ...(remarks.length === 0 ? [] : [...remarks, '']),
    ...howToConnect(facts, style),
    '',
  ].join('\n');
}

const span = (text: string, ink?: Span['ink']): Span =>
  ink === undefined ? { text } : { text, ink };

function promise({ protections }: BannerFacts): Span[] {
  if (protections.some(({ encrypted }) => !encrypted))
    return [span('Some of what is offered is NOT ENCRYPTED: see below.', 'red')];
  if (protections.some(({ serverProven }) => !serverProven))
    return [span('Everything travels inside TLS, but not every way in proves who answers.')];
  return [span('Everything travels inside TLS, from a server that proves who it is.', 'green')];
}

function labelled(label: string, text: string, inner: number, ink?: Span['ink']): Span[][] {
  // The display's name may be another server's.
  return wrapWords(printable(text), inner - LABEL).map((part, i) => [
    span((i === 0 ? label : '').padEnd(LABEL), 'dim'),
    span(part, ink),
  ]);
}

function describeAddress(address: Address): string {
  if (address.kind === 'unix') return formatAddress(address);
  const { host, port } = address;
  const everywhere = host === '0.0.0.0' || host === '::' ? ', every interface' : '';
  return `${formatAddress(address)} (port ${port}${everywhere})`;
}

/** Two lines of sixteen bytes, as certificates are compared by eye. */
function fingerprint({ tls }: BannerFacts): Span[][] {
  if (tls?.fingerprint === undefined) return [];
  const bytes = tls.fingerprint.split(':');
  return [
    [span('Certificate'.padEnd(LABEL), 'dim'), span(`SHA-256 ${bytes.slice(0, 16).join(':')}`)],
    [span(''.padEnd(LABEL)), span(`        ${bytes.slice(16).join(':')}`)],
  ];
}

function password({ generatedPassword }: BannerFacts, inner: number): Span[][] {
  if (generatedPassword === undefined) return [];
  return [
    ...labelled('Password', generatedPassword, inner, 'bold'),
    ...labelled('', 'new at every start; --password-file or --users set your own', inner, 'dim'),
  ];
}

function table(facts: BannerFacts, inner: number): Span[][] {
  const widths = [LABEL, 12, 17] as const;
  const row = (cells: readonly Span[]): Span[] =>
    cells.map((cell, i) => span(cell.text.padEnd(widths[i] ?? 0), cell.ink));
  const head = ['Offered', 'Encrypted', 'Server proven', 'Viewer proven by'];
  const rows = facts.protections.map((protection) =>
    row([
      span(protection.name, 'bold'),
      protection.encrypted ? span(tlsVersions(facts, protection)) : span('NO', 'red'),
      protection.serverProven ? span('by certificate') : span('no', 'red'),
      viewerProof(facts, protection),
    ]),
  );
  const widest = inner - LABEL - 12 - 17;
  return [
    row(head.map((text) => span(text, 'dim'))),
    ...rows.flatMap((cells) => {
      const last = cells[cells.length - 1] ?? span('');
      const [first = '', ...more] = wrapWords(last.text, widest);
      const rest = more.map((text) => [span(''.padEnd(inner - widest)), span(text, last.ink)]);
      return [[...cells.slice(0, -1), span(first, last.ink)], ...rest];
    }),
  ];
}

const tlsVersions = ({ tls }: BannerFacts, { layer }: Protection): string =>
  layer === 'x509' && tls?.maxVersion === '1.3' ? 'TLS 1.2-1.3' : 'TLS 1.2';

function viewerProof({ clientCertificates }: BannerFacts, protection: Protection): Span {
  const { layer, viewerProvenBy } = protection;
  const certificate = layer === 'x509' && clientCertificates === 'require';
  if (viewerProvenBy === 'nothing')
    return certificate ? span('certificate') : span('nothing', 'red');
  const proof = viewerProvenBy === 'user name and password' ? viewerProvenBy : 'password';
  return span(certificate ? `certificate and ${proof}` : proof);
}

function box(content: readonly (readonly Span[])[], style: TerminalStyle): string[] {
  const [tl, tr, bl, br, h, v] = style.unicode
    ? ['\u256d', '\u256e', '\u2570', '\u256f', '\u2500', '\u2502']
    : ['+', '+', '+', '+', '-', '|'];
  const inner = style.columns - 4;
  const title = ' Sallyport ';
  const edge = (text: string): string => paint([span(text, 'cyan')], style.colour);
  return [
    edge(`${tl}${h}`) +
      paint([span(title, 'bold')], style.colour) +
      edge(`${h.repeat(style.columns - 3 - title.length)}${tr}`),
    ...content.map(
      (spans) =>
        `${edge(v)} ${paint(spans, style.colour)}${' '.repeat(Math.max(0, inner - widthOf(spans)))} ${edge(v)}`,
    ),
    edge(`${bl}${h.repeat(style.columns - 2)}${br}`),
    '',
  ];
}

/** Outside the box, so that a command can be copied whole. */
function howToConnect(facts: BannerFacts, style: TerminalStyle): string[] {
  const address = facts.addresses.find((each) => each.kind === 'tcp');
  if (address === undefined) return [];
  const everywhere = address.host === '0.0.0.0' || address.host === '::';
  const list = viewerCommands({
    host: everywhere ? facts.hostName : address.host,
    port: address.port,
    protections: facts.protections,
    clientCertificates: facts.clientCertificates === 'require',
    ...(facts.tls?.caFile === undefined ? {} : { caFile: facts.tls.caFile }),
  });
  return list.flatMap(({ viewer, commands, notes }, i) => [
    ...(i === 0 ? [] : ['']),
    paint([span(viewer, 'bold')], style.colour),
    ...commands.flatMap((words) =>
      wrapCommand(words, style.columns - 2).map((line) => `  ${line}`),
    ),
    ...notes
      .flatMap((note) => wrapWords(note, style.columns - 2))
      .map((line) => `  ${paint([span(line, 'dim')], style.colour)}`),
  ]);
}
