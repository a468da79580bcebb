/** What the monitor for people says to `info …`: QEMU's layout for `info vnc`, tables for what QEMU has not. */
import { printable } from '../wire/text.ts';
import { isJsonObject, type JsonObject } from './members.ts';

interface Info {
  readonly command: string;
  readonly render: (value: unknown) => string;
}

export const renderInfo: Readonly<Partial<Record<string, Info>>> = {
  vnc: { command: 'query-vnc-servers', render: (value) => list(value).map(vncServer).join('\n') },
  sessions: { command: 'x-query-sessions', render: sessions },
  security: { command: 'x-query-security', render: security },
  status: {
    command: 'query-status',
    render: (value) => `VM status: ${text(object(value), 'status')}`,
  },
  version: {
    command: 'query-version',
    render: (value) => {
      const { qemu, package: name } = object(value);
      const { major, minor, micro } = object(qemu);
      return printable(`${String(major)}.${String(minor)}.${String(micro)} ${String(name)}`);
    },
  },
};

export const infoTopics: readonly string[] = Object.keys(renderInfo);

function vncServer(server: JsonObject): string {
  const lines = [`${text(server, 'id')}:`];
  for (const each of list(server['server']))
    lines.push(`  Server: ${place(each)}`, `    ${auth(each)}`);
  const clients = list(server['clients']);
  if (clients.length === 0) lines.push('  Client: none');
  for (const each of clients) {
    lines.push(
      `  Client: ${place(each)}`,
      `    x509_dname: ${text(each, 'x509_dname') || 'none'}`,
      `    sasl_username: ${text(each, 'sasl_username') || 'none'}`,
    );
  }
  lines.push(`  ${auth(server)}`);
  return lines.join('\n');
}

const place = (each: JsonObject): string =>
  `${text(each, 'host')}:${text(each, 'service')} (${text(each, 'family')}${each['websocket'] === true ? ' (Websocket)' : ''})`;

const auth = (each: JsonObject): string =>
  `Auth: ${text(each, 'auth')} (Sub: ${text(each, 'vencrypt') || 'none'})`;

function sessions(value: unknown): string {
  const rows = list(value).map((session) => {
    const client = text(session, 'host') === '' ? text(session, 'family') : place(session);
    const since = new Date(Number(session['connected-since']) * 1000);
    return [
      text(session, 'id'),
      client,
      session['authenticated'] === true ? text(session, 'name') : '(logging in)',
      text(session, 'security'),
      text(session, 'tls') || (session['authenticated'] === true ? 'NOT ENCRYPTED' : ''),
      rightsOf(object(session['rights'])),
      Number.isNaN(since.valueOf()) ? '' : since.toISOString().slice(0, 19).replace('T', ' '),
      bytes(session['bytes-received']),
      bytes(session['bytes-sent']),
    ];
  });
  if (rows.length === 0) return 'nobody is connected';
  return table([
    ['ID', 'FROM', 'NAME', 'SECURITY', 'TLS', 'RIGHTS', 'SINCE (UTC)', 'IN', 'OUT'],
    ...rows,
  ]);
}

function security(value: unknown): string {
  return table([
    ['TYPE', 'ENCRYPTED', 'SERVER PROVEN'],
    ...list(value).map((type) => [
      text(type, 'name'),
      type['encrypted'] === true ? 'yes' : 'no',
      type['server-proven'] === true ? 'yes' : 'no',
    ]),
  ]);
}

/** `all`, or those that are given. */
function rightsOf(rights: JsonObject): string {
  const given = Object.keys(rights).filter((name) => rights[name] === true);
  if (given.length === 0) return Object.keys(rights).length === 0 ? '' : 'none';
  return given.length === Object.keys(rights).length ? 'all' : given.join(' ');
}

function bytes(value: unknown): string {
  if (typeof value !== 'number') return '';
  if (value < 10_000) return `${value} B`;
  return value < 10_000_000 ? `${Math.round(value / 1000)} kB` : `${Math.round(value / 1e6)} MB`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const object = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

const list = (value: unknown): readonly JsonObject[] =>
  Array.isArray(value) ? value.filter(isJsonObject) : [];

/** Names come from peers. */
const text = (value: JsonObject, name: string): string => {
  const member = value[name];
  return typeof member === 'string' || typeof member === 'number' ? printable(String(member)) : '';
};
