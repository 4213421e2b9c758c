/** The values of an NDJSON body, one by one as they arrive; empty lines are skipped. Throws SyntaxError on a line that is no JSON. */
export async function* linesOf(response: Response): AsyncGenerator<unknown> {
  if (response.body === null) return;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + (done ? decoder.decode() : decoder.decode(value, { stream: true }))).split('\n');
      rest = done ? '' : (lines.pop() ?? '');
      for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as unknown;
      if (done) return;
    }
  } finally {
    // Leaving early must free the connection; a body that was read to its end is not changed by this.
    await reader.cancel();
  }
}
