/** How `sallyport cert` writes: rows in columns, dates, and what to do with a certificate next. */
import { relative, resolve } from 'node:path';
import { ruleForName } from '../access/name-rules.ts';
import { withColons } from '../node/certificate-description.ts';
import type { IndexEntry } from '../node/certificate-index.ts';
import type { Issued } from '../node/store-layout.ts';
import { printable, shellQuote } from './terminal-text.ts';

export const print = (lines: readonly string[]): void => {
  process.stdout.write(`${lines.join('\n')}\n`);
};

export const printJson = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
};

/** Cells in columns, two spaces apart. What peers wrote in them cannot steer the terminal. */
export function columns(rows: ReadonlyArray<readonly string[]>, indent = ''): string[] {
  const shown = rows.map((row) => row.map(printable));
  const widths: number[] = [];
  for (const row of shown)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, Array.from(cell).length);
  return shown.map((row) =>
    `${indent}${row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - Array.from(cell).length))
      .join('  ')}`.trimEnd(),
  );
}

/** `2029-02-26`; nothing for what a foreign list did not say. */
export const day = (date: string): string => date.slice(0, 10);

/** Whichever is shorter to read: as seen from here, or the whole path. */
export function shownPath(path: string): string {
  const whole = resolve(path);
  const near = relative('', whole);
  return near === '' ? '.' : near.startsWith('..') ? whole : near;
}

/** A pair and its dates, a line each. */
export const pairLines = ({ entry, certFile, keyFile }: Issued): string[] =>
  columns(
    [
      ['certificate', shownPath(certFile)],
      ['key', shownPath(keyFile)],
      [entry.kind === 'server' ? 'covers' : 'name', coverage(entry)],
      ['valid until', day(entry.notAfter)],
      ['serial number', entry.serialNumber],
      ['SHA-256', withColons(entry.fingerprint256)],
    ],
    '  ',
  );

export const coverage = ({ kind, subject, subjectAltNames }: IndexEntry): string =>
  kind === 'server' ? subjectAltNames.map((name) => name.replace(/^\w+:/, '')).join(' ') : subject;

export const allowOption = (entry: IndexEntry): string =>
  `--allow-name ${shellQuote(ruleForName(entry.subject))}`;

/** Where viewers look for the authority. */
export const trustLines = (caFile: string): string[] => {
  const file = shellQuote(shownPath(caFile));
  return [
    'Give the authority to viewers (it is no secret)',
    ...columns(
      [
        ['TigerVNC', `vncviewer -X509CA ${file} HOST`],
        ['', 'for good: ~/.vnc/x509_ca.pem, in newer versions ~/.config/tigervnc/x509_ca.pem'],
        ['virt-viewer, gtk-vnc', 'append it to ~/.pki/CA/cacert.pem'],
        ['Remmina', 'the field "CA certificate file" of the connection'],
      ],
      '  ',
    ),
  ];
};

/** Where viewers look for a certificate of their own. */
export const clientLines = (): string[] => [
  'Put the pair where the viewer looks for it',
  ...columns(
    [
      ['virt-viewer', '~/.pki/libvirt/clientcert.pem, ~/.pki/libvirt/private/clientkey.pem'],
      ['gvncviewer', 'both in ~/.pki/gvncviewer, under the same names'],
      ['Remmina', 'the fields "Client certificate" and "Client certificate key"'],
      ['browsers', '"sallyport cert export" makes a file that they import'],
      ['TigerVNC', 'cannot show a certificate'],
    ],
    '  ',
  ),
];
