/** The options that mend what the doctor finds, for the servers that people run. */
import type { RemedyName } from './findings.ts';

export interface Remedy {
  readonly title: string;
  readonly servers: ReadonlyArray<readonly [server: string, options: string]>;
}

const UNKNOWN = 'no option is known; put "sallyport serve" in front of it';

export const remedies: Readonly<Record<RemedyName, Remedy>> = {
  'verified-tls': {
    title: 'Offer TLS with a certificate, and nothing else',
    servers: [
      [
        'QEMU',
        '-object tls-creds-x509,id=t,dir=DIR,endpoint=server,verify-peer=off -vnc :0,tls-creds=t,password=on',
      ],
      ['Xvnc', '-SecurityTypes X509Vnc,X509Plain -X509Cert FILE -X509Key FILE'],
      ['x11vnc', '-ssl FILE -vencrypt nodh:only -rfbauth FILE'],
      [
        'Sallyport',
        'serve --security X509Plain,X509Vnc (the default where there are users and a password)',
      ],
    ],
  },
  login: {
    title: 'Ask who it is',
    servers: [
      ['QEMU', '-vnc :0,password=on, or verify-peer=on in tls-creds-x509 for client certificates'],
      ['Xvnc', '-SecurityTypes X509Vnc -PasswordFile FILE, or X509Plain -PlainUsers NAMES'],
      ['x11vnc', '-rfbauth FILE'],
      ['Sallyport', 'serve --users FILE, --password-file FILE, or --verify-client require'],
    ],
  },
  'tls-versions': {
    title: 'Refuse TLS older than 1.2',
    servers: [
      ['QEMU', 'priority=NORMAL:-VERS-TLS1.0:-VERS-TLS1.1 in the tls-creds object'],
      ['Xvnc', '-GnuTLSPriority NORMAL:-VERS-TLS1.0:-VERS-TLS1.1'],
      ['x11vnc', UNKNOWN],
      ['Sallyport', 'does so always'],
    ],
  },
  'clear-bytes': {
    title: 'Keep clear bytes out of TLS',
    servers: [
      [
        'QEMU',
        'has this fault, and no option against it: let it listen on a unix socket, and serve that',
      ],
      ['Sallyport', 'serve unix:/path/to/vnc.sock'],
    ],
  },
  certificate: {
    title: 'Give it a good certificate',
    servers: [
      [
        'QEMU',
        '"sallyport cert renew server" makes the files of dir=DIR; then QMP display-reload, or restart',
      ],
      ['Xvnc', '-X509Cert FILE -X509Key FILE; restart'],
      ['x11vnc', '-ssl FILE with the certificate and the key in one; restart'],
      ['Sallyport', 'cert renew server; the running server takes it up'],
    ],
  },
};
