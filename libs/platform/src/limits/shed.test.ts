import { setTimeout as pause } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { Metrics } from '../telemetry/metrics.js';
import { LoopLag, shedUnderLag } from './shed.js';

const answered = (method: string, ms: number, limitMs: number): unknown => {
  const told: unknown[] = [];
  const response = { setHeader: () => undefined } as unknown as Response;
  shedUnderLag({ ms }, limitMs, new Metrics())({ method } as Request, response, (error?: unknown) => told.push(error));
  return (told[0] as { code?: string } | undefined)?.code ?? 'served';
};

test('a late event loop serves those who read and refuses those who bring work', () => {
  expect(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => answered(method, 300, 250))).toEqual([
    'served',
    'served',
    'served',
    'overloaded',
    'overloaded',
    'overloaded',
    'overloaded',
  ]);
  expect(answered('POST', 250, 250)).toBe('served');
  expect(answered('POST', 10_000, 0)).toBe('served');
});

test('the lag is that of an event loop that was kept from its work', async () => {
  const lag = new LoopLag(300);
  try {
    // A window may end before the loop is kept from its work, where the machine is busy: it is kept again until one has seen it.
    for (let i = 0; i < 50 && lag.ms <= 100; i++) {
      for (let until = performance.now() + 250; performance.now() < until;);
      await pause(20);
    }
    expect(lag.ms).toBeGreaterThan(100);
  } finally {
    lag.close();
  }
});
