import { eventFrame } from './event-stream.js';

test('an event is one line of data under its type, with an id only where it can be resumed from', () => {
  expect(eventFrame('stage.done', { seq: 4, text: 'a\nb' }, 4)).toBe('event: stage.done\nid: 4\ndata: {"seq":4,"text":"a\\nb"}\n\n');
  expect(eventFrame('job.progress', { progress: 43 })).toBe('event: job.progress\ndata: {"progress":43}\n\n');
});
