import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { PratiqueError } from '../../errors.ts';
import { WORKER_OPTIONS, WORKER_URL } from './worker-options.ts';
import type { YaraEngine } from './yara-engine.ts';
import { CLOCK, type Proof, type ProvenSource, type ThreadSource, type ThreadTask } from './yara-messages.ts';

/** For all files together; a thousand of them take some ten seconds. */
const MOST_SECONDS = 120;

/**
 * Compiles files of rules in a thread, and waits for it: a gate that is made has rules that can be used. What the
 * engine takes for that is given back with the thread.
 * @throws {PratiqueError} `POLICY_INVALID` where it takes too long; `INTERNAL` where the engine cannot be started
 */
export function proveSources(
  { url, module }: YaraEngine,
  sources: readonly ThreadSource[],
): readonly ProvenSource[] {
  const { port1, port2 } = new MessageChannel();
  const clock = new Int32Array(new SharedArrayBuffer(CLOCK.length * Int32Array.BYTES_PER_ELEMENT));
  const texts = sources.map(({ space, text }) => ({ space, text }));
  const workerData = {
    kind: 'prove',
    url,
    module,
    clock,
    sources: texts,
    port: port2,
  } as unknown as ThreadTask;
  const worker = new Worker(WORKER_URL, { ...WORKER_OPTIONS, workerData, transferList: [port2] });
  worker.on('error', () => {}); // told by the missing answer
  worker.unref();
  try {
    const waited = Atomics.wait(clock, CLOCK.done, 0, MOST_SECONDS * 1000);
    const proof = receiveMessageOnPort(port1)?.message as Proof | undefined;
    if (waited === 'timed-out' || proof === undefined) throw tooSlow();
    if ('fault' in proof) throw unusable(proof.fault);
    return proof.proven;
  } finally {
    port1.close();
    void worker.terminate();
  }
}

function tooSlow(): PratiqueError {
  return new PratiqueError('POLICY_INVALID', {
    what: 'the YARA rules of the policy cannot be run',
    why: `compiling them took more than ${MOST_SECONDS} seconds`,
    next: 'use fewer rules, or simpler ones',
  });
}

function unusable(why: string): PratiqueError {
  const what = 'the engine for YARA rules cannot be started';
  return new PratiqueError('INTERNAL', { what, why, next: 'install it again' });
}
