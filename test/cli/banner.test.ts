import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderBanner, type BannerFacts } from '../../src/cli/banner.ts';
import { describeProtection, parseSecurityList } from '../../src/security/policy.ts';

const fingerprint = Array.from({ length: 32 }, (_, i) =>
  (i * 7 + 16).toString(16).slice(-2).padStart(2, '0').toUpperCase(),
).join(':');

const facts = (security: string, more: Partial<BannerFacts> = {}): BannerFacts => ({
  display: 'Sallyport test card, 1280x800',
  addresses: [{ kind: 'tcp', host: '127.0.0.1', port: 5901 }],
  hostName: 'box.example',
  protections: describeProtection(parseSecurityList(security)),
  tls: {
    fingerprint,
    caFile: '/home/ann/.local/share/sallyport/tls/ca-cert.pem',
    maxVersion: '1.2',
  },
  clientCertificates: 'off',
  generatedPassword: 'k7mp3wxa',
  remarks: [],
  ...more,
});

const plain = { unicode: true, colour: false };

describe('banner', () => {
  it('says at 80 columns what is offered, and how to connect', () => {
    assert.equal(renderBanner(facts('X509Plain,X509Vnc'), { columns: 80, ...plain }), SNAPSHOT_80);
  });

  it('says the same at 100 columns', () => {
    assert.equal(renderBanner(facts('X509Vnc'), { columns: 100, ...plain }), SNAPSHOT_100);
  });

  it('keeps every line inside the columns, and both edges straight', () => {
    for (const columns of [72, 80, 100])
      for (const security of ['X509Vnc', 'None', 'X509Plain,X509Vnc,X509None,TLSPlain,VncAuth']) {
        const text = renderBanner(facts(security, { clientCertificates: 'require' }), {
          columns,
          ...plain,
        });
        const box = text.split('\n').filter((line) => /^[│╭╰]/.test(line));
        assert.ok(box.length > 8);
        for (const line of box) assert.equal(line.length, columns, line);
      }
  });

  it('names to TigerVNC what it speaks: no SASL', () => {
    const banner = (security: string): string =>
      renderBanner(facts(security), { columns: 100, ...plain });
    assert.match(banner('X509SASL,X509Vnc'), /vncviewer -SecurityTypes X509Vnc /);
    assert.doesNotMatch(banner('X509SASL'), /-SecurityTypes/);
    assert.match(banner('X509SASL'), /does not speak SASL/);
  });

  it('uses ASCII where the locale cannot show more', () => {
    const text = renderBanner(facts('X509Vnc'), { columns: 80, unicode: false, colour: false });
    assert.match(text, /^[\n\x20-\x7e]+$/);
  });

  it("lets no name steer the terminal: a display's may be another server's", () => {
    const text = renderBanner(
      facts('None', { display: 'lab\u001b]0;owned\u0007\u009b2J\r, 8x8' }),
      {
        columns: 80,
        ...plain,
      },
    );
    assert.doesNotMatch(text.replaceAll('\n', ''), /\p{Cc}/u);
    assert.match(text, /lab\\x1b/);
  });

  it('writes no escape sequence unless colours are wanted', () => {
    assert.ok(!renderBanner(facts('None'), { columns: 80, ...plain }).includes('\u001b'));
    const colourful = renderBanner(facts('None'), { columns: 80, unicode: true, colour: true });
    assert.ok(colourful.includes('\u001b[31mNO'));
  });

  it('warns when something on offer is not encrypted', () => {
    const text = renderBanner(facts('X509Vnc,VncAuth'), { columns: 80, ...plain });
    assert.match(text, /NOT ENCRYPTED/);
    assert.doesNotMatch(renderBanner(facts('X509Vnc'), { columns: 80, ...plain }), /NOT ENCRYPTED/);
  });

  it('names the host where the address means every interface, and brackets IPv6', () => {
    const everywhere = facts('X509Vnc', { addresses: [{ kind: 'tcp', host: '::', port: 5903 }] });
    assert.match(renderBanner(everywhere, { columns: 80, ...plain }), /vnc:\/\/box\.example:5903/);
    const six = facts('X509Vnc', { addresses: [{ kind: 'tcp', host: '::1', port: 5902 }] });
    assert.match(renderBanner(six, { columns: 80, ...plain }), /vnc:\/\/\[::1\]:5902/);
  });

  it('quotes a path that a shell would take apart', () => {
    const tls = { fingerprint, caFile: "/home/ann o'neil/ca cert.pem", maxVersion: '1.2' as const };
    const text = renderBanner(facts('X509Vnc', { tls }), { columns: 100, ...plain });
    assert.match(text, /-X509CA '\/home\/ann o'\\''neil\/ca cert\.pem'/);
  });

  it('does not offer TigerVNC where client certificates are required', () => {
    const text = renderBanner(facts('X509None', { clientCertificates: 'require' }), {
      columns: 80,
      ...plain,
    });
    assert.doesNotMatch(text, /vncviewer -Sec/);
    assert.match(text, /X509None +TLS 1\.2 +by certificate +certificate/);
    assert.match(text, /clientcert/);
  });

  it('gives no network command for a unix socket', () => {
    const text = renderBanner(
      facts('X509Vnc', { addresses: [{ kind: 'unix', path: '/run/vnc' }] }),
      {
        columns: 80,
        ...plain,
      },
    );
    assert.match(text, /unix:\/run\/vnc/);
    assert.doesNotMatch(text, /remmina/);
  });
});

const SNAPSHOT_80 = `╭─ Sallyport ──────────────────────────────────────────────────────────────────╮
│ Everything travels inside TLS, from a server that proves who it is.          │
│                                                                              │
│ Display      Sallyport test card, 1280x800                                   │
│ Address      127.0.0.1:1 (port 5901)                                         │
│ Certificate  SHA-256 10:17:1E:25:2C:33:3A:41:48:4F:56:5D:64:6B:72:79         │
│                      80:87:8E:95:9C:A3:AA:B1:B8:BF:C6:CD:D4:DB:E2:E9         │
│ Password     k7mp3wxa                                                        │
│              new at every start; --password-file or --users set your own     │
│                                                                              │
│ Offered      Encrypted   Server proven    Viewer proven by                   │
│ X509Plain    TLS 1.2     by certificate   user name and password             │
│ X509Vnc      TLS 1.2     by certificate   password                           │
╰──────────────────────────────────────────────────────────────────────────────╯

TigerVNC
  vncviewer -SecurityTypes X509Plain \\
    -X509CA /home/ann/.local/share/sallyport/tls/ca-cert.pem 127.0.0.1:1

virt-viewer, gvncviewer
  mkdir -p ~/.pki/CA && cat /home/ann/.local/share/sallyport/tls/ca-cert.pem \\
    >> ~/.pki/CA/cacert.pem
  remote-viewer vnc://127.0.0.1:5901
  gvncviewer 127.0.0.1:1
  The CA may also be put in /etc/pki/CA/cacert.pem, which is read first.

Remmina
  printf '%s\\n' '[remmina]' protocol=VNC server=127.0.0.1:5901 username=YOU \\
    cacert=/home/ann/.local/share/sallyport/tls/ca-cert.pem \\
    > sallyport.remmina && remmina -c sallyport.remmina
`;

const SNAPSHOT_100 = `╭─ Sallyport ──────────────────────────────────────────────────────────────────────────────────────╮
│ Everything travels inside TLS, from a server that proves who it is.                              │
│                                                                                                  │
│ Display      Sallyport test card, 1280x800                                                       │
│ Address      127.0.0.1:1 (port 5901)                                                             │
│ Certificate  SHA-256 10:17:1E:25:2C:33:3A:41:48:4F:56:5D:64:6B:72:79                             │
│                      80:87:8E:95:9C:A3:AA:B1:B8:BF:C6:CD:D4:DB:E2:E9                             │
│ Password     k7mp3wxa                                                                            │
│              new at every start; --password-file or --users set your own                         │
│                                                                                                  │
│ Offered      Encrypted   Server proven    Viewer proven by                                       │
│ X509Vnc      TLS 1.2     by certificate   password                                               │
╰──────────────────────────────────────────────────────────────────────────────────────────────────╯

TigerVNC
  vncviewer -SecurityTypes X509Vnc -X509CA /home/ann/.local/share/sallyport/tls/ca-cert.pem \\
    127.0.0.1:1

virt-viewer, gvncviewer
  mkdir -p ~/.pki/CA && cat /home/ann/.local/share/sallyport/tls/ca-cert.pem \\
    >> ~/.pki/CA/cacert.pem
  remote-viewer vnc://127.0.0.1:5901
  gvncviewer 127.0.0.1:1
  The CA may also be put in /etc/pki/CA/cacert.pem, which is read first.

Remmina
  printf '%s\\n' '[remmina]' protocol=VNC server=127.0.0.1:5901 \\
    cacert=/home/ann/.local/share/sallyport/tls/ca-cert.pem > sallyport.remmina \\
    && remmina -c sallyport.remmina
`;
