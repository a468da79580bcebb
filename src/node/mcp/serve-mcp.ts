/**
 * A display as a server of the Model Context Protocol on standard input and output, by the protocol's own library: an
 * optional dependency. Used by `sallyport mcp`.
 */
import type { McpServer } from '@modelcontextprotocol/server';
import { errorCode } from '../error-code.ts';
import { inputTools } from './input-tools.ts';
import { ScreenView, type ScreenViewOptions } from './screen-view.ts';
import { faultWords, text, type Tool } from './tool.ts';
import { viewTools } from './view-tools.ts';

export interface McpOptions extends ScreenViewOptions {
  /** Whether there are tools that act. */
  readonly control: boolean;
  /** Of this program. */
  readonly version: string;
}

interface Library {
  readonly main: typeof import('@modelcontextprotocol/server');
  readonly stdio: typeof import('@modelcontextprotocol/server/stdio');
}

/** Rejects with an Error that says what to install. */
export async function loadMcpLibrary(): Promise<Library> {
  try {
    return {
      main: await import('@modelcontextprotocol/server'),
      stdio: await import('@modelcontextprotocol/server/stdio'),
    };
  } catch (cause) {
    if (errorCode(cause) !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new Error(
      'this needs the package @modelcontextprotocol/server, which is not installed here',
      {
        cause,
      },
    );
  }
}

const LOOKING = 'You see one display of a computer, by pictures of its screen.';
const ACTING =
  'You see one display of a computer, by pictures of its screen, and act on it with its mouse and keyboard. Take a screenshot first. Do one step at a time, and look at what it did before the next.';

/** Connects first; rejects when that fails. Resolves once standard input has ended. */
export async function serveMcp(library: Library, options: McpOptions): Promise<void> {
  const screen = new ScreenView(options);
  try {
    await screen.client();
    const transport = new library.stdio.StdioServerTransport();
    library.stdio.serveStdio(() => createServer(library, screen, options), {
      transport,
      onerror: (error) => options.log(`protocol: ${error.message}`),
    });
    await new Promise<void>((resolve) => {
      const { onclose } = transport;
      transport.onclose = () => {
        onclose?.();
        resolve();
      };
    });
  } finally {
    await screen.close();
  }
}

function createServer({ main }: Library, screen: ScreenView, options: McpOptions): McpServer {
  const { control, version } = options;
  const server = new main.McpServer(
    { name: 'sallyport', title: 'A display over VNC', version },
    { instructions: control ? ACTING : LOOKING },
  );
  const register = (tool: Tool, readOnlyHint: boolean): void => {
    const { name, title, description, properties, required = [] } = tool;
    const schema = { type: 'object', properties, required, additionalProperties: false };
    server.registerTool(
      name,
      {
        title,
        description,
        inputSchema: main.fromJsonSchema(schema as Parameters<typeof main.fromJsonSchema>[0]),
        annotations: { readOnlyHint, openWorldHint: !readOnlyHint },
      },
      async (args, { mcpReq: { signal } }) => {
        try {
          return { content: await tool.run(screen, args as never, signal) };
        } catch (error) {
          return { content: [text(faultWords(error, tool))], isError: true };
        }
      },
    );
  };
  for (const tool of viewTools) register(tool, true);
  if (control) for (const tool of inputTools) register(tool, false);
  return server;
}
