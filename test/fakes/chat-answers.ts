/** Answers of `/v1/chat/completions`, and what a test reads of the questions. */
import type { EndpointCall } from './openai-endpoint.ts';

/** @param content - what the model says; an object as JSON */
export function chatOf(
  content: unknown,
  tokens: { input: number; output: number } = { input: 100, output: 20 },
): object {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return {
    ...{ id: 'c1', object: 'chat.completion', created: 1, model: 'scripted' },
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: tokens.input,
      completion_tokens: tokens.output,
      total_tokens: tokens.input + tokens.output,
    },
  };
}

/** A model that calls a tool nobody gave it. */
export function toolCallOf(name: string): object {
  const call = { id: 't1', type: 'function', function: { name, arguments: '{}' } };
  return {
    ...{ id: 'c1', object: 'chat.completion', created: 1, model: 'scripted' },
    choices: [
      { index: 0, message: { role: 'assistant', content: null, tool_calls: [call] }, finish_reason: 'tool_calls' },
    ],
    usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  };
}

export interface AskedOf {
  /** Words of what the shopper did, oldest first. */
  readonly history: readonly string[];
  readonly candidates: readonly { readonly handle: string; readonly words: string }[];
  readonly typed?: string;
}

function promptOf({ body }: EndpointCall): string {
  const prompt = (body.messages as { role: string; content: string | { text: string }[] }[]).findLast(
    ({ role }) => role === 'user',
  )!.content;
  return typeof prompt === 'string' ? prompt : prompt.map((part) => part.text).join('');
}

/** Claims of each set of a writing prompt; empty for other prompts. */
export function setsOf(call: EndpointCall): ReadonlyMap<string, readonly string[]> {
  const sets = [...promptOf(call).matchAll(/^(s\d+):\n((?:- .*\n?)+)/gmu)];
  return new Map(
    sets.map(([, set, claims]) => [
      set!,
      claims!
        .trim()
        .split('\n')
        .map((claim) => claim.slice(2)),
    ]),
  );
}

/** A model that joins what the statements say. @param change - what it makes of a sentence */
export function writes(call: EndpointCall, change: (sentence: string) => string = (sentence) => sentence): object {
  const sentences = [...setsOf(call)].map(([set, claims]) => {
    const text = claims.map((claim) => claim.replace(/[.。]$/u, '')).join(', and ');
    return { set, text: change(`${text}.`) };
  });
  return chatOf({ sentences });
}

/** A ranking prompt as the model reads it. */
export function askedOf(call: EndpointCall): AskedOf {
  const text = promptOf(call);
  const history = [...text.matchAll(/^- [^:：]+: (".*")$/gmu)].map(([, words]) => JSON.parse(words!) as string);
  const candidates = [...text.matchAll(/^(p\d+): (".*")$/gmu)].map(([, handle, words]) => ({
    handle: handle!,
    words: JSON.parse(words!) as string,
  }));
  const typed = /typed:\n<data>\n(".*")\n<\/data>/u.exec(text)?.[1];
  return { history, candidates, ...(typed !== undefined && { typed: JSON.parse(typed) as string }) };
}
