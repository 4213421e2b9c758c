import { defineStage } from '@attune/platform';

/** Reads a sample of the dataset; leaves what it is (detection) and what its columns look like (sample profile). */
export const inspectStage = defineStage('inspect', 'validator', async (stage) =>
  stage.engine.run(
    'inspect',
    { input: await stage.input(), scratch: stage.scratch, text: stage.claim.options.text },
    { signal: stage.signal, onProgress: stage.progress },
  ),
);
