import type { InjectionToken, Type } from '@nestjs/common';
import type { GrpcCall } from '../grpc/grpc-call.js';
import type { Stage } from '../stages/stage.js';

/** A deployable is the list of services it runs; a service is the list of what it registers. */
export interface Service {
  readonly name: 'gateway' | 'validator' | 'harmonizer' | 'generator';
  readonly controllers: readonly Type[];
  readonly stages: readonly Stage[];
  /** Calls of the synchronous door. */
  readonly calls: readonly GrpcCall[];
  /** What the leader among the gateways does in each of its passes. */
  readonly leads?: readonly LeaderWork[];
}

/** Made once per process out of its parts; the signal says that the process stops. What it does may be going on elsewhere: a leader that was cut off learns of it late. */
export type LeaderWork = (take: <T>(token: InjectionToken<T>) => T) => (signal: AbortSignal) => Promise<void>;

/** Injection tokens of things that are no classes. */
export const BLOBS = Symbol('blobs');
export const CONFIG = Symbol('config');
export const LOG = Symbol('log');
export const PEPPER = Symbol('pepper');
