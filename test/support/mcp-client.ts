/** A client of the Model Context Protocol, by hand: JSON-RPC 2.0, one message a line, over a child's pipes. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { program } from './sallyport.ts';

type Json = Readonly<Record<string, unknown>>;

export interface McpTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: {
    readonly properties: Readonly<Record<string, { readonly description?: string }>>;
  };
}

export interface McpAnswer {
  readonly isError: boolean;
  /** All texts together. */
  readonly text: string;
  /** The bytes of the first picture. */
  readonly image: Buffer | undefined;
}

export interface McpClient {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  /** Everything that stood on standard output. */
  readonly lines: readonly string[];
  readonly request: (method: string, params?: Json) => Promise<Json>;
  readonly tools: () => Promise<readonly McpTool[]>;
  readonly call: (name: string, args?: Json) => Promise<McpAnswer>;
  /** Ends its standard input. Resolves with the exit code. */
  readonly close: () => Promise<number | null>;
}

/** Starts `sallyport mcp` with these arguments and shakes hands. */
export async function startMcp(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<McpClient> {
  const child = spawn(process.execPath, [program, 'mcp', ...args], {
    env: { PATH: process.env['PATH'], NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const lines: string[] = [];
  const waiting = new Map<number, (message: Json) => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    const message = JSON.parse(line) as Json;
    waiting.get(Number(message['id']))?.(message);
  });
  const send = (message: Json): void =>
    void child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  let nextId = 1;
  const request = async (method: string, params: Json = {}): Promise<Json> => {
    const id = nextId++;
    const answer = new Promise<Json>((resolve) => waiting.set(id, resolve));
    send({ id, method, params });
    const gone = exited.then((code) => assert.fail(`it ended with ${code}: ${stderr}`));
    const message = await Promise.race([answer, gone]);
    assert.equal(message['error'], undefined, JSON.stringify(message['error']));
    return message['result'] as Json;
  };
  const client: McpClient = {
    child,
    stderr: () => stderr,
    lines,
    request,
    tools: async () => (await request('tools/list'))['tools'] as readonly McpTool[],
    call: async (name, args = {}) => {
      const result = await request('tools/call', { name, arguments: args });
      const content = result['content'] as ReadonlyArray<Readonly<Record<string, string>>>;
      const image = content.find(({ type }) => type === 'image');
      if (image !== undefined) assert.equal(image['mimeType'], 'image/png');
      return {
        isError: result['isError'] === true,
        text: content.map((part) => part['text'] ?? '').join('\n'),
        image: image === undefined ? undefined : Buffer.from(image['data'] ?? '', 'base64'),
      };
    },
    close: () => {
      child.stdin.end();
      return exited;
    },
  };
  const hello = await request('initialize', {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  });
  assert.deepEqual((hello['serverInfo'] as Json)['name'], 'sallyport');
  send({ method: 'notifications/initialized' });
  return client;
}
