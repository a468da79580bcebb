/**
 * What `sallyport serve` was asked for, from whichever spelling: our own options or QEMU's. Built by serve-meaning.ts and
 * qemu-settings.ts.
 */
import type { Address } from '../node/address.ts';
import type { IdentityFileNames } from '../node/credential-layout.ts';
import type { InsecureName, SecurityOffer } from '../security/policy.ts';
import type { QemuExtras } from './qemu-settings.ts';
import type { ServiceSettings } from './service-settings.ts';

export type DisplayChoice =
  | { readonly kind: 'testcard' }
  | {
      readonly kind: 'upstream';
      readonly address: Address;
      readonly username?: string;
      readonly passwordFile?: string;
      readonly caFile?: string;
    }
  | {
      readonly kind: 'recording';
      readonly file: string;
      readonly speed: number;
      readonly loop: boolean;
    }
  | {
      readonly kind: 'qemu';
      readonly command: readonly [string, ...string[]];
      /** Viewers with the right may switch it off and reset it. */
      readonly powerControl: boolean;
    };

export type MonitorChoice =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'stdio' };

export interface VideoEncoderChoice {
  readonly kind: 'ffmpeg';
  /** Undefined: the one in PATH. */
  readonly path?: string;
}

export interface ServeSettings {
  readonly display: DisplayChoice;
  /** Empty: the first display that is free. */
  readonly listen: readonly Address[];
  /** Only when told so: `-vnc none`. */
  readonly listenNowhere?: boolean;
  readonly websocket: readonly Address[];
  readonly websocketOrigins: readonly string[];
  /** Viewers that listen. */
  readonly connect: readonly Address[];
  readonly security?: SecurityOffer;
  readonly allowInsecure: ReadonlySet<InsecureName>;
  readonly tls: {
    readonly dir?: string;
    /** Certificates by file; the first is the one for viewers that ask for no name. */
    readonly identities: readonly IdentityFileNames[];
    readonly keyPasswordFile?: string;
    readonly ca?: string;
    readonly crl?: string;
    readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
    readonly dhGroup: 'ffdhe2048' | 'ffdhe3072';
  };
  readonly verifyClient: 'off' | 'request' | 'require';
  readonly disconnectRevoked: boolean;
  readonly allowNames: readonly string[];
  readonly passwordFile?: string;
  readonly usersFile?: string;
  readonly accessFile?: string;
  readonly proxyProtocolFrom: readonly string[];
  readonly share: 'allow-exclusive' | 'force-shared' | 'ignore';
  /** H.264 by this program, which takes ffmpeg's options. */
  readonly videoEncoder?: VideoEncoderChoice;
  /** Sessions at a time. */
  readonly maxViewers?: number;
  /** From `-vnc` and `-object`. */
  readonly qemu?: QemuExtras;
  readonly name?: string;
  /** Threads. */
  readonly encodeWorkers?: number;
  readonly service: ServiceSettings;
  /** QMP on a unix socket, or on standard input and output. */
  readonly monitor?: MonitorChoice;
  readonly json: boolean;
  readonly verbose: boolean;
}
