/** How to connect with the usual viewers: exact commands for this server, with its CA. Used by banner.ts. */
import { isAbsolute } from 'node:path';
import { formatAddress } from '../node/address.ts';
import type { Protection } from '../security/policy.ts';
import { shellQuote } from './terminal-text.ts';

export interface ViewerTarget {
  /** A name or address that the certificate has; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly protections: readonly Protection[];
  readonly caFile?: string;
  /** Viewers must bring a certificate. */
  readonly clientCertificates: boolean;
}

export interface ViewerCommands {
  readonly viewer: string;
  /** Each one a command, in pieces: a line may be broken between two of them. */
  readonly commands: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

export function viewerCommands(target: ViewerTarget): ViewerCommands[] {
  const best = target.protections[0];
  if (best === undefined) return [];
  return [tigerVnc(target), gtkVnc(target, best), remmina(target, best)];
}

function tigerVnc({
  host,
  port,
  caFile,
  clientCertificates,
  protections,
}: ViewerTarget): ViewerCommands {
  const viewer = 'TigerVNC';
  if (clientCertificates)
    return {
      viewer,
      commands: [],
      notes: ['cannot bring a client certificate, and one is required'],
    };
  const best = protections.find(({ name }) => !name.endsWith('SASL'));
  if (best === undefined) return { viewer, commands: [], notes: ['does not speak SASL'] };
  const ca = best.layer === 'x509' && caFile !== undefined ? [`-X509CA ${shellQuote(caFile)}`] : [];
  return {
    viewer,
    notes: [],
    commands: [
      [
        'vncviewer',
        `-SecurityTypes ${best.name}`,
        ...ca,
        formatAddress({ kind: 'tcp', host, port }),
      ],
    ],
  };
}

function gtkVnc(
  { host, port, caFile, clientCertificates }: ViewerTarget,
  best: Protection,
): ViewerCommands {
  const trust =
    best.layer === 'x509' && caFile !== undefined
      ? [['mkdir -p ~/.pki/CA', `&& cat ${shellQuote(caFile)}`, '>> ~/.pki/CA/cacert.pem']]
      : [];
  const notes: string[] = [];
  if (trust.length > 0)
    notes.push('The CA may also be put in /etc/pki/CA/cacert.pem, which is read first.');
  if (clientCertificates)
    notes.push(
      'Your certificate: ~/.pki/libvirt/clientcert.pem, its key: ~/.pki/libvirt/private/clientkey.pem',
      '(for gvncviewer both in ~/.pki/gvncviewer instead).',
    );
  return {
    viewer: 'virt-viewer, gvncviewer',
    commands: [
      ...trust,
      ['remote-viewer', `vnc://${bracketed(host)}:${port}`],
      // gvncviewer knows display numbers only.
      ...(port >= 5900 ? [['gvncviewer', `${bracketed(host)}:${port - 5900}`]] : []),
    ],
    notes,
  };
}

function remmina(
  { host, port, caFile, clientCertificates }: ViewerTarget,
  best: Protection,
): ViewerCommands {
  const fields = ['protocol=VNC', `server=${bracketed(host)}:${port}`];
  if (best.viewerProvenBy === 'user name and password') fields.push('username=YOU');
  if (best.layer === 'x509' && caFile !== undefined && isAbsolute(caFile))
    fields.push(`cacert=${caFile}`);
  if (clientCertificates)
    fields.push('clientcert=/path/client-cert.pem', 'clientkey=/path/client-key.pem');
  return {
    viewer: 'Remmina',
    notes: [],
    commands: [
      [
        "printf '%s\\n' '[remmina]'",
        ...fields.map(shellQuote),
        '> sallyport.remmina',
        '&& remmina -c sallyport.remmina',
      ],
    ],
  };
}
