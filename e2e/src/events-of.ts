/** One server-sent event or comment, as a client reads it. */
export interface Frame {
  readonly event?: string;
  readonly id?: number;
  readonly data?: Record<string, unknown>;
  readonly retry?: number;
  readonly comment?: string;
}

/** The frames of a stream of events, as they come (HTML standard, section 9.2.6). */
export async function* framesOf(answer: Response): AsyncGenerator<Frame> {
  let rest = '';
  for await (const text of answer.body!.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) yield frameOf(block);
  }
}

function frameOf(block: string): Frame {
  const fields = new Map(
    block.split('\n').map((line) => {
      const at = line.indexOf(':');
      return [line.slice(0, at), line.slice(at + 1).trimStart()] as const;
    }),
  );
  const [event, id, data, retry, comment] = ['event', 'id', 'data', 'retry', ''].map((name) => fields.get(name));
  return {
    ...(event === undefined ? {} : { event }),
    ...(id === undefined ? {} : { id: Number(id) }),
    ...(data === undefined ? {} : { data: JSON.parse(data) as Record<string, unknown> }),
    ...(retry === undefined ? {} : { retry: Number(retry) }),
    ...(comment === undefined ? {} : { comment }),
  };
}

export async function allFrames(answer: Response): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of framesOf(answer)) frames.push(frame);
  return frames;
}
