export { Engine, type EngineOptions, type TaskCall } from './engine.js';
export type { TaskInputs, TaskName, TaskProgress } from './protocol.js';
