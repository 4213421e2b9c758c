export { Engine, type EngineOptions, type TaskCall } from './engine.js';
export type { ChangesFound, DatasetPosition, TaskInputs, TaskName, TaskProgress } from './protocol.js';
