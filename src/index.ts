/** Entry point `sallyport`: a viewer for programs, and the types and errors that both ends share. */
export { connect, type ConnectOptions, type ConnectTls } from './node/connect.ts';
export type { KnownServersOptions } from './node/known-servers.ts';
export { decodePng } from './node/png.ts';
export * from './viewer.ts';
