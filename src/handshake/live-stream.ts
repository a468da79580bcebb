/**
 * The stream that a connection runs over at this moment: TLS replaces it half way, and whoever ends the connection must
 * end the right one. Used by both handshakes, which see TLS only through the acceptor or connector made here.
 */
import { assertInvariant } from '../core/errors.ts';
import type { TlsAcceptor, TlsConnector, TlsUpgrade } from '../security/tls-port.ts';
import type { ByteStream } from '../wire/byte-stream.ts';

export class LiveStream {
  #stream: ByteStream;
  #destroyed = false;

  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** Sends what was written, then ends. */
  end(): void {
    this.#stream.end();
  }

  /** Ends at once. While TLS shakes hands this reaches it through the stream that it took over. */
  destroy(error?: Error): void {
    this.#destroyed = true;
    this.#stream.destroy(error);
  }

  acceptor(tls: TlsAcceptor): TlsAcceptor {
    const { layers, verifyClient } = tls;
    const accept: TlsAcceptor['accept'] = (stream, layer) =>
      this.#replace(stream, tls.accept(stream, layer));
    return { layers, verifyClient, accept };
  }

  connector(tls: TlsConnector): TlsConnector {
    const { layers } = tls;
    const connect: TlsConnector['connect'] = (stream, layer) =>
      this.#replace(stream, tls.connect(stream, layer));
    return { layers, connect };
  }

  async #replace(taken: ByteStream, work: Promise<TlsUpgrade>): Promise<TlsUpgrade> {
    assertInvariant(taken === this.#stream, 'TLS takes over the stream in use');
    const upgrade = await work;
    this.#stream = upgrade.stream;
    // A deadline may have passed just before TLS was ready.
    if (this.#destroyed) upgrade.stream.destroy();
    return upgrade;
  }
}
