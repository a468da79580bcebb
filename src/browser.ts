/** Entry point `sallyport` in browsers: the same viewer for programs, over WebSockets. */
export { connect, type ConnectOptions } from './browser/connect.ts';
export * from './viewer.ts';
