import { z } from 'zod';
import { LineageBody } from './lineage.api.js';
import { ManifestBody } from './manifest.api.js';
import { QualityBody } from './quality.api.js';

/** A JSON artifact, by its kind: these three are contracts; the others tell what a stage has found out, one thing or a list, and may change with it. */
export const ArtifactDocument = z.union([ManifestBody, QualityBody, LineageBody, z.looseObject({}), z.array(z.looseObject({}))]);
