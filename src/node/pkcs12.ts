/**
 * A certificate, its key and its authority in one file under a password (PKCS #12, RFC 7292), as browsers and systems import
 * them. Used by `sallyport cert export`. AES-256-CBC and PBKDF2 with SHA-256, in place of the RC2 and SHA-1 of old tools.
 */
import { createHash, createPrivateKey } from 'node:crypto';
import {
  Attribute,
  AuthenticatedSafe,
  CertBag,
  Certificate,
  PFX,
  PKCS8ShroudedKeyBag,
  PrivateKeyInfo,
  SafeBag,
  SafeContents,
} from 'pkijs';
import type { Secret } from '../core/secret.ts';

const OID_SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const OID_CERT_BAG = '1.2.840.113549.1.12.10.1.3';
const OID_LOCAL_KEY_ID = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x15];
const OID_FRIENDLY_NAME = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x14];
/** The check value needs a round trip for each; the password's own strength has to carry it. */
const MAC_ITERATIONS = 2048;
const KEY_ITERATIONS = 100_000;

export interface Pkcs12Content {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly authorities: readonly string[];
  /** As the importing program lists it. */
  readonly name: string;
}

/** Throws TypeError for a password that is empty or not plain ASCII, which programs encode differently. */
export async function encodePkcs12(content: Pkcs12Content, password: Secret): Promise<Uint8Array> {
  if (!/^[\x20-\x7e]+$/.test(password.reveal()))
    throw new TypeError(
      'a PKCS #12 password must be plain ASCII and not empty: programs read other characters differently',
    );
  const secret = bytesOf(password.reveal());
  const encryption = {
    password: secret,
    contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 },
    hmacHashAlgorithm: 'SHA-256',
    iterationCount: KEY_ITERATIONS,
  };

  const der = derOf(content.cert);
  const id = createHash('sha1').update(der).digest();
  const attributes = [
    attribute(OID_LOCAL_KEY_ID, 0x04, id),
    attribute(OID_FRIENDLY_NAME, 0x1e, bmpString(content.name)),
  ];
  const pkcs8 = createPrivateKey(content.key).export({ type: 'pkcs8', format: 'der' });
  const keyBag = new PKCS8ShroudedKeyBag({ parsedValue: PrivateKeyInfo.fromBER(pkcs8) });
  await keyBag.makeInternalValues(encryption);
  const certificates = [
    certBag(der, attributes),
    ...content.authorities.map((pem) => certBag(derOf(pem))),
  ];
  const safe = new AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        {
          // The key is encrypted already.
          privacyMode: 0,
          value: new SafeContents({
            safeBags: [
              new SafeBag({
                bagId: OID_SHROUDED_KEY_BAG,
                bagValue: keyBag,
                bagAttributes: attributes,
              }),
            ],
          }),
        },
        { privacyMode: 1, value: new SafeContents({ safeBags: certificates }) },
      ],
    },
  });
  await safe.makeInternalValues({ safeContents: [{}, encryption] });
  const pfx = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe: safe } });
  await pfx.makeInternalValues({
    password: secret,
    iterations: MAC_ITERATIONS,
    pbkdf2HashAlgorithm: { name: 'SHA-256' },
    hmacHashAlgorithm: 'SHA-256',
  });
  return new Uint8Array(pfx.toSchema().toBER(false));
}

const certBag = (der: Uint8Array, attributes: Attribute[] = []): SafeBag =>
  new SafeBag({
    bagId: OID_CERT_BAG,
    bagValue: new CertBag({ parsedValue: Certificate.fromBER(der) }),
    ...(attributes.length === 0 ? {} : { bagAttributes: attributes }),
  });

const derOf = (pem: string): Uint8Array =>
  Buffer.from(pem.replace(/-----[^-]*-----|\s/g, ''), 'base64');

function bytesOf(text: string): ArrayBuffer {
  const { buffer } = new TextEncoder().encode(text);
  return buffer as ArrayBuffer;
}

/** UTF-16, high byte first. */
const bmpString = (text: string): Uint8Array => Buffer.from(text.slice(0, 60), 'utf16le').swap16();

/** Written by hand: the package takes values only as objects of another one. */
function attribute(oid: readonly number[], tag: number, value: Uint8Array): Attribute {
  const element = (type: number, content: Uint8Array): Uint8Array => {
    const length = content.length < 0x80 ? [content.length] : [0x81, content.length];
    return Buffer.concat([Buffer.of(type, ...length), content]);
  };
  const values = element(0x31, element(tag, value));
  return Attribute.fromBER(element(0x30, Buffer.concat([element(0x06, Buffer.from(oid)), values])));
}
