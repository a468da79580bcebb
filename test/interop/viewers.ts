/** The real viewers: how each is started in each mode, and how its dialogs are answered. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { userInfo } from 'node:os';
import { start, type Started } from '../support/child.ts';
import type { XServer } from './x-server.ts';

/** A sub-type or type by the name that viewers use for it. */
export type Mode =
  | 'None'
  | 'VncAuth'
  | 'Plain'
  | 'TLSNone'
  | 'TLSVnc'
  | 'TLSPlain'
  | 'X509None'
  | 'X509Vnc'
  | 'X509Plain'
  | 'X509SASL'
  | 'TLSSASL';

export interface ViewerTarget {
  readonly port: number;
  readonly mode: Mode;
  readonly username: string;
  readonly password: string;
  /** CA that the viewer trusts. */
  readonly ca?: string;
  /** Client certificate and key. */
  readonly cert?: string;
  readonly key?: string;
}

export interface Viewer {
  readonly name: string;
  readonly program: string;
  readonly modes: readonly Mode[];
  readonly clientCertificates: boolean;
  readonly start: (x: XServer, target: ViewerTarget) => Started;
  /** Called now and then until the picture shows: answers what the viewer asks. */
  readonly answer?: (x: XServer, target: ViewerTarget, asked: Set<string>) => Promise<void>;
}

/** TigerVNC's viewer (GnuTLS). It takes credentials from the environment and shows no client certificates. */
export const tigervnc: Viewer = {
  name: 'TigerVNC viewer',
  program: 'xtigervncviewer',
  modes: [
    'None',
    'VncAuth',
    'Plain',
    'TLSNone',
    'TLSVnc',
    'TLSPlain',
    'X509None',
    'X509Vnc',
    'X509Plain',
  ],
  clientCertificates: false,
  start: (x, target) =>
    start(
      'xtigervncviewer',
      [
        '-SecurityTypes',
        target.mode,
        ...(target.ca === undefined ? [] : ['-X509CA', target.ca]),
        ...'-AlertOnFatalError=0 -ReconnectOnError=0 -Shared=1 -RemoteResize=1 -Log *:stderr:30'.split(
          ' ',
        ),
        `127.0.0.1::${target.port}`,
      ],
      { ...x.environment, VNC_USERNAME: target.username, VNC_PASSWORD: target.password },
    ),
};

/** gtk-vnc's viewer (GnuTLS). Keys and trust come from ~/.pki of the passwd entry, whatever HOME says. */
export const gvncviewer: Viewer = {
  name: 'gvncviewer',
  program: 'gvncviewer',
  modes: [
    'None',
    'VncAuth',
    'TLSNone',
    'TLSVnc',
    'TLSPlain',
    'X509None',
    'X509Vnc',
    'X509Plain',
    'X509SASL',
    'TLSSASL',
  ],
  clientCertificates: true,
  start: (x, target) => {
    const pki = join(x.home, 'pki');
    const own = join(pki, 'gvncviewer');
    mkdirSync(join(pki, 'CA'), { recursive: true });
    mkdirSync(join(own, 'private'), { recursive: true });
    if (target.ca !== undefined) copyFileSync(target.ca, join(pki, 'CA/cacert.pem'));
    if (target.cert !== undefined) copyFileSync(target.cert, join(own, 'clientcert.pem'));
    if (target.key !== undefined) copyFileSync(target.key, join(own, 'private/clientkey.pem'));
    const home = join(userInfo().homedir, '.pki');
    mkdirSync(home, { recursive: true });
    // A mount namespace of its own: the person's real ~/.pki is not touched.
    const script =
      'mount --bind "$0" "$1"; [ -d /etc/pki ] && mount --bind "$0" /etc/pki; shift; exec "$@"';
    return start(
      'unshare',
      ['-m', 'sh', '-c', script, pki, home, 'gvncviewer', `127.0.0.1:${target.port - 5900}`],
      x.environment,
    );
  },
  answer: async (x, target, asked) => {
    if (asked.has('credentials')) return;
    const window = await x.xdotool(
      'search',
      '--onlyvisible',
      '--name',
      '^Authentication required$',
    );
    if (window === undefined || window === '') return;
    asked.add('credentials');
    await x.xdotool('windowactivate', '--sync', window.split('\n')[0]!);
    if (/(?:Plain|SASL)$/.test(target.mode)) {
      await x.xdotool('type', '--delay', '20', target.username);
      await x.xdotool('key', 'Tab');
    }
    await x.xdotool('type', '--delay', '20', target.password);
    await x.xdotool('key', 'Return');
  },
};

/** Whether mount namespaces are allowed here; gvncviewer's certificates need one. */
export function canUnshare(): boolean {
  try {
    execFileSync('unshare', ['-m', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
