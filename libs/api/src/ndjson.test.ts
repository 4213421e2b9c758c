import fc from 'fast-check';
import { linesOf } from './ndjson.js';

test('lines are read whole however the network cuts them, characters included', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme' })),
      fc.integer({ min: 1, max: 7 }),
      fc.boolean(),
      async (texts, size, lastEnds) => {
        const text = texts.map((value) => JSON.stringify({ value })).join('\n\n') + (lastEnds ? '\n' : '');
        const found: unknown[] = [];
        for await (const line of linesOf(new Response(cut(new TextEncoder().encode(text), size)))) found.push(line);
        expect(found).toEqual(texts.map((value) => ({ value })));
      },
    ),
  );
});

function cut(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size));
      controller.close();
    },
  });
}
