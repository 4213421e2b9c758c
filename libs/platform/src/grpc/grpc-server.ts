import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { AppError } from '@attune/core';
import { Metadata, type sendUnaryData, Server, type ServerUnaryCall, type ServerWritableStream, status } from '@grpc/grpc-js';
import { ReflectionService } from '@grpc/reflection';
import { HealthImplementation } from 'grpc-health-check';
import { correlated } from '../telemetry/correlation.js';
import { inSpan, SpanKind } from '../telemetry/tracing.js';
import { errorName, type Logger } from '../telemetry/logger.js';
import type { Metrics } from '../telemetry/metrics.js';
import type { Caller, Calls } from './calls.js';
import { nameOf } from './door-methods.js';
import { DESCRIPTORS } from './gen/descriptors.js';
import type { GrpcCall, StreamCall, UnaryCall } from './grpc-call.js';
import { grpcError } from './grpc-error.js';
import { checkPeer, type GrpcTls, serverCredentials } from './tls.js';

/** Of one message, either way: data goes by reference. */
const MESSAGE_BYTES = 4 * 1024 * 1024;
/** How long callers may wait for their answers once the process stops. */
const PATIENCE_MS = 5_000;
const SAFE_ID = /^[\w.:-]{1,128}$/;

export interface GrpcServerOptions {
  readonly tls: GrpcTls | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Reflection wants a package definition, of which it reads the descriptors only. */
const FILES = {
  format: 'Protocol Buffer 3 EnumDescriptorProto' as const,
  type: {},
  fileDescriptorProtos: DESCRIPTORS.map((file) => Buffer.from(file, 'base64')),
};

type Wire = ServerUnaryCall<unknown, unknown> | ServerWritableStream<unknown, unknown>;

/** The synchronous door of a process: the services' calls, grpc.health.v1 and reflection. */
export class GrpcServer {
  readonly #server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES,
    'grpc.max_send_message_length': MESSAGE_BYTES,
    'grpc.keepalive_time_ms': 30_000,
  });
  readonly #health: HealthImplementation;
  readonly #names: readonly string[];
  readonly #stopping = new AbortController();

  constructor(
    private readonly calls: Calls,
    private readonly options: GrpcServerOptions,
  ) {
    const services = [...new Set(calls.all.map(({ method }) => nameOf(method).service))];
    this.#names = ['', ...services];
    this.#health = new HealthImplementation(Object.fromEntries(this.#names.map((name) => [name, 'NOT_SERVING' as const])));
    this.#health.addToServer(this.#server);
    for (const service of services) this.#addService(service);
    new ReflectionService({ files: FILES }, { services }).addToServer(this.#server);
  }

  /** Answers the port. @throws AppError dependency_unavailable when the address is taken. */
  async listen(host: string, port: number): Promise<number> {
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`${host}:${port}`, serverCredentials(this.options.tls), (error, actual) => {
        if (error)
          reject(
            new AppError('dependency_unavailable', `the gRPC address ${host}:${port} cannot be bound; set ATTUNE_GRPC_PORT`, {
              cause: error,
            }),
          );
        else resolve(actual);
      });
    });
    this.serving(true);
    return bound;
  }

  serving(serving: boolean): void {
    for (const name of this.#names) this.#health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING');
  }

  /** Streams end at once, for their callers to resume elsewhere; answers that are being made are waited for a moment. */
  async close(): Promise<void> {
    this.serving(false);
    this.#stopping.abort(new AppError('dependency_unavailable', 'this process is stopping; call again'));
    await new Promise<void>((resolve) => {
      const impatient = setTimeout(() => this.#server.forceShutdown(), PATIENCE_MS);
      this.#server.tryShutdown(() => {
        clearTimeout(impatient);
        resolve();
      });
    });
  }

  #addService(service: string): void {
    const mine = this.calls.all.filter(({ method }) => nameOf(method).service === service);
    const definition = Object.fromEntries(mine.map(({ method }) => [nameOf(method).method, method.definition]));
    const answers = mine.map(
      (call) => [nameOf(call.method).method, call.kind === 'unary' ? this.#unary(call) : this.#stream(call)] as const,
    );
    this.#server.addService(definition, Object.fromEntries(answers));
  }

  #unary(call: UnaryCall) {
    return (wire: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>): void => {
      const { caller, failed, done } = this.#open(call, wire);
      Promise.resolve()
        .then(() => this.#followed(call, wire, caller, () => this.calls.perform(call, wire.request, this.#admit(wire, caller))))
        .then(
          (response) => {
            done(status.OK);
            answer(null, response);
          },
          (error: unknown) => answer(failed(error)),
        );
    };
  }

  #stream(call: StreamCall) {
    return (wire: ServerWritableStream<unknown, unknown>): void => {
      const { caller, failed, done } = this.#open(call, wire);
      const signal = AbortSignal.any([caller.signal, this.#stopping.signal]);
      const send = async (): Promise<void> => {
        for await (const message of this.calls.stream(call, wire.request, this.#admit(wire, { ...caller, signal }))) {
          // A reader that does not keep up is waited for: what it has not read yet is not taken from the database either.
          if (!wire.write(message)) await once(wire, 'drain', { signal });
        }
        signal.throwIfAborted();
      };
      this.#followed(call, wire, caller, send).then(
        () => {
          done(status.OK);
          wire.end();
        },
        // Not destroy(): the status is sent by the listener of the library, on a stream that can still write.
        (error: unknown) => wire.emit('error', failed(signal.aborted ? signal.reason : error)),
      );
    };
  }

  /** Everything a call starts knows its id and lies in its span, which goes on with the trace of the caller. */
  #followed<T>(call: GrpcCall, wire: Wire, { requestId }: Caller, work: () => Promise<T>): Promise<T> {
    const { service, method } = nameOf(call.method);
    const traceparent = String(wire.metadata.get('traceparent')[0] ?? '');
    const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method };
    return correlated({ request_id: requestId }, () =>
      inSpan(`${service}/${method}`, { kind: SpanKind.SERVER, traceparent, root: true, attributes }, work),
    );
  }

  /** What accompanies a call from its first to its last moment. */
  #open(call: GrpcCall, wire: Wire) {
    const started = performance.now();
    const name = nameOf(call.method);
    const gone = new AbortController();
    wire.on('cancelled', () => gone.abort(new AppError('deadline_exceeded', 'the caller has gone or the deadline has passed')));
    const given = String(wire.metadata.get('x-request-id')[0] ?? '');
    const requestId = SAFE_ID.test(given) ? given : randomUUID();
    const opening = new Metadata();
    opening.set('x-request-id', requestId);
    wire.sendMetadata(opening);
    const done = (code: status): void => {
      this.options.metrics.grpcHandled.inc({ ...name, code: status[code] });
      this.options.metrics.grpcDuration.observe(name, (performance.now() - started) / 1000);
    };
    const failed = (error: unknown): ReturnType<typeof grpcError> => {
      const told = grpcError(error);
      done(told.code);
      if (told.code === status.INTERNAL)
        this.options.log.error({ request_id: requestId, ...name, error: errorName(error) }, 'a call has failed');
      return told;
    };
    const key = /^Bearer +(\S+)$/i.exec(String(wire.metadata.get('authorization')[0] ?? ''))?.[1];
    return { caller: { key, requestId, signal: gone.signal }, failed, done };
  }

  /** @throws AppError forbidden, validation_failed */
  #admit(wire: Wire, caller: Caller): Caller {
    checkPeer(this.options.tls, wire.getAuthContext().sslPeerCertificate);
    if (!Number.isFinite(Number(wire.getDeadline()))) throw new AppError('validation_failed', 'a call needs a deadline');
    return caller;
  }
}
