/** The options of `sallyport serve`: their words, and the check of each. What they mean together is in serve-meaning.ts. */
import { Command, Option } from 'commander';
import { parseAddress } from '../node/address.ts';
import { WEBSOCKET_PORT } from '../node/serve.ts';
import { parseOrigin } from '../node/websocket-origin.ts';
import { parseSecurityList } from '../security/policy.ts';
import { applyQemuOptions } from './qemu-settings.ts';
import { reads } from './reads.ts';
import { toSettings, withWebSockets, type RawOptions } from './serve-meaning.ts';
import type { ServeSettings } from './serve-settings.ts';
import {
  monitorChoice,
  nameRule,
  network,
  parseWorkers,
  videoEncoderChoice,
} from './serve-values.ts';
import { parseSeconds } from './service-settings.ts';

const EXAMPLES = `
DISPLAY is one of
  testcard            what arrives, and what protects each viewer (default)
  host:1, host::5901  another VNC server, decoded once for all viewers
  vnc://host:5901     the same
  unix:/path          the same, on a unix socket

Security types, strongest first
  X509Plain X509SASL X509Vnc X509None   TLS with a server certificate
  TLSPlain TLSSASL TLSVnc TLSNone       TLS without proof of who answers
  Plain VncAuth None                    no encryption

SIGHUP reads certificates, passwords, users and the access file again, and opens the audit file anew.
SIGINT and SIGTERM end it.

Examples
  $ sallyport serve
  $ sallyport serve --listen '*:1' --users users.txt --security X509Plain
  $ sallyport serve unix:/run/vm1.vnc --tls-dir /etc/pki/qemu
  $ sallyport serve --verify-client require --allow-name 'O=Lab,CN=*' --security X509None --tls-dir pki
  $ sallyport serve -vnc 127.0.0.1:1,password=on,tls-creds=t -object tls-creds-x509,id=t,dir=pki,endpoint=server
  $ sallyport serve --qemu -- qemu-system-x86_64 -m 1024 -cdrom live.iso`;

/** The command. `run` gets the settings once they make sense together. */
export function serveCommand(
  afterDashes: readonly string[] | undefined,
  run: (settings: ServeSettings) => Promise<void>,
): Command {
  return new Command('serve')
    .description('serve a display to any VNC viewer, inside TLS')
    .usage('[DISPLAY] [options] [--qemu -- COMMAND...]')
    .argument('[DISPLAY]', 'what to serve')
    .allowExcessArguments(false)
    .optionsGroup('Where and how:')
    .addOption(
      new Option(
        '-l, --listen <ADDR>',
        'where viewers connect, more than once if wanted: `:1` is loopback, `*:1` every interface, `:1-9` the first free of these, `unix:/path`, `fd` what systemd hands over',
      )
        .argParser(collect((text) => (text === 'fd' ? text : parseAddress(text, 'listen'))))
        .default([], 'the first free of :1 to :20'),
    )
    .addOption(
      new Option(
        '--websocket <ADDR>',
        'where browsers connect: `:1` is port 5701 here; wss with any X509 type, else clear',
      )
        .argParser(collect((text) => parseAddress(text, 'listen', WEBSOCKET_PORT)))
        .default([], 'nowhere'),
    )
    .addOption(
      new Option('--websocket-origin <ORIGIN>', 'pages that may connect: `https://console.example`')
        .argParser(collect(parseOrigin))
        .default([], 'those of the same origin'),
    )
    .addOption(
      new Option('--connect <ADDR>', 'dial a viewer that listens, and again when it has gone')
        .argParser(collect((text) => parseAddress(text, 'connect')))
        .default([], 'none'),
    )
    .option(
      '-s, --security <LIST>',
      'security types to offer, with commas',
      reads(parseSecurityList),
    )
    .optionsGroup('TLS:')
    .option(
      '--tls-dir <DIR>',
      "directory with server-cert.pem, server-key.pem, ca-cert.pem, ca-crl.pem; or in Kubernetes's or Let's Encrypt's layout",
    )
    .addOption(
      new Option(
        '--tls-cert <FILE>',
        'server certificate, with the intermediate ones; again for other kinds of key, or other names',
      )
        .argParser(collect((text) => text))
        .default([], 'none'),
    )
    .addOption(
      new Option('--tls-key <FILE>', 'its key; the keys in the order of the certificates')
        .argParser(collect((text) => text))
        .default([], 'none'),
    )
    .option('--tls-key-password-file <FILE>', 'file with the password of encrypted keys')
    .option('--tls-ca <FILE>', 'authority that signs client certificates')
    .option('--tls-crl <FILE>', 'its revocation list')
    .addOption(
      new Option('--tls-max <VERSION>', 'highest TLS version; TigerVNC before 1.13 hangs on 1.3')
        .choices(['1.2', '1.3'])
        .default('1.2'),
    )
    .addOption(
      new Option('--dh-group <GROUP>', 'Diffie-Hellman group of the TLS* types')
        .choices(['ffdhe2048', 'ffdhe3072'])
        .default('ffdhe2048'),
    )
    .optionsGroup('Who may enter:')
    .addOption(
      new Option('--verify-client <MODE>', 'whether viewers must bring a certificate')
        .choices(['off', 'request', 'require'])
        .default('off'),
    )
    .option(
      '--no-disconnect-revoked',
      'leave sessions alone whose certificate a new revocation list names',
    )
    .addOption(
      new Option(
        '--allow-name <RULE>',
        'whose certificate may enter, first match decides; `*` in names',
      )
        .argParser(collect(nameRule))
        .default([], 'everyone that the CA signed'),
    )
    .option('--password-file <FILE>', 'file with the password of the *Vnc types, 1 to 8 bytes')
    .option('--users <FILE>', 'file with the users of the *Plain types')
    .option(
      '--access <FILE>',
      'users, passwords and rules in one file, read again when it changes; in place of the three above',
    )
    .addOption(
      new Option(
        '--proxy-protocol-from <CIDR>',
        'network of proxies that say whom they bring, more than once if wanted',
      )
        .argParser(collect(network))
        .default([], 'none'),
    )
    .optionsGroup('The display:')
    .addOption(
      new Option('--share <POLICY>', 'what becomes of viewers when one wants the display alone')
        .choices(['allow-exclusive', 'force-shared', 'ignore'])
        .default('ignore'),
    )
    .option('--name <NAME>', 'desktop name that viewers show')
    .option(
      '--encode-workers <N>',
      'threads that encode large updates; 0: none (default: one for each core but one)',
      reads(parseWorkers),
    )
    .option(
      '--video-encoder <PROGRAM>',
      'send what moves like a film as H.264 to viewers that know it: `ffmpeg`, or `ffmpeg:/path`',
      reads(videoEncoderChoice),
    )
    .option('--upstream-user <NAME>', 'user name at the VNC server that is served')
    .option('--upstream-password-file <FILE>', 'password there')
    .option(
      '--upstream-ca <FILE>',
      'authority to verify it by; off this machine it must be verified',
    )
    .option('--qemu', 'serve a guest: the QEMU command stands behind `--`')
    .option(
      '--power-control',
      'let viewers that have the right shut the guest of --qemu down, and reset it',
    )
    .optionsGroup(
      "In QEMU's words, in place of --listen, --security, --tls-dir and their like (docs/from-qemu.md):",
    )
    .addOption(
      new Option('--vnc <DISPLAY>', "as QEMU's: `-vnc :1,password=on,tls-creds=tls0`")
        .argParser(collect((text) => text))
        .default([], 'none'),
    )
    .addOption(
      new Option('--object <OBJECT>', "as QEMU's: credentials, secrets and lists that -vnc names")
        .argParser(collect((text) => text))
        .default([], 'none'),
    )
    .optionsGroup('Weak types, by name:')
    .option('--insecure-none', 'offer None off this machine: anyone who can connect gets in')
    .option('--insecure-vnc-auth', 'offer VncAuth off this machine: no encryption')
    .option('--insecure-plain', 'offer Plain: passwords in clear text; this machine only')
    .optionsGroup('As a service:')
    .option('--audit <FILE>', 'append who was here and what they did, as JSON lines; `-` is stdout')
    .addOption(
      new Option(
        '--drain <SECONDS>',
        'after SIGTERM, how long viewers may stay; nobody new comes in',
      )
        .argParser(reads(parseSeconds))
        .default(0, '0, close at once'),
    )
    .option('--pid-file <FILE>', 'file that holds the process id as long as it serves')
    .optionsGroup('Control:')
    .option(
      '--monitor <WHERE>',
      'monitor that speaks QMP, to change things while it runs: `unix:/path` or `stdio`',
      reads(monitorChoice),
    )
    .optionsGroup('Output:')
    .option('--json', 'events as JSON lines on stdout, log as JSON lines on stderr')
    .option('--verbose', 'log more, and show where errors come from')
    .addHelpText('after', EXAMPLES)
    .action((display: string | undefined, raw: RawOptions, command: Command) =>
      run(
        withWebSockets(
          applyQemuOptions(
            toSettings(display, raw, afterDashes),
            raw.vnc,
            raw.object,
            QEMU_SAYS.filter((option) => command.getOptionValueSource(attribute(option)) === 'cli'),
          ),
        ),
      ),
    );
}

/** What `-vnc` decides. */
const QEMU_SAYS: readonly string[] = [
  '--listen',
  '--websocket',
  '--connect',
  '--security',
  '--share',
  '--power-control',
  '--tls-dir',
  '--tls-cert',
  '--tls-key',
  '--tls-ca',
  '--tls-crl',
  '--verify-client',
  '--allow-name',
  '--password-file',
  '--users',
  '--access',
];

/** Commander's name for the value of `--tls-dir`: `tlsDir`. */
const attribute = (option: string): string => new Option(option).attributeName();

const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[]): T[] => [...before, reads(parse)(text)];
