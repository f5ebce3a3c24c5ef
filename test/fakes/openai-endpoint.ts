/** An endpoint that speaks OpenAI's API over a real socket, and answers as a test tells it to. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface EndpointCall {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  readonly body: any;
}

/** What to answer: an object as JSON, a text as it is, a status, or nothing until the caller has left. */
export type EndpointAnswer = object | string | { readonly status: number } | 'never';

export interface OpenAiEndpoint {
  /** For `baseUrl`. */
  readonly url: string;
  readonly calls: readonly EndpointCall[];
  close(): Promise<void>;
}

export async function openAiEndpoint(
  answer: (call: EndpointCall) => EndpointAnswer | Promise<EndpointAnswer>,
): Promise<OpenAiEndpoint> {
  const calls: EndpointCall[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const call = {
      ...{ path: request.url ?? '', headers: request.headers },
      body: JSON.parse(Buffer.concat(parts).toString('utf8') || 'null'),
    };
    calls.push(call);
    const answered = await answer(call);
    if (answered === 'never') return;
    const status = typeof answered === 'object' && 'status' in answered ? (answered.status as number) : 200;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof answered === 'string' ? answered : JSON.stringify(answered));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The answer of `/v1/embeddings`. */
export function embeddingsOf(vectors: readonly (readonly (number | null)[])[]): object {
  return {
    ...{ object: 'list', model: 'scripted', usage: { prompt_tokens: 1, total_tokens: 1 } },
    data: vectors.map((embedding, index) => ({ object: 'embedding', index, embedding })),
  };
}
