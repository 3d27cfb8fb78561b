import { runAction } from './action/run-action.ts';
import { UNDECIDED } from './cli/exit-code.ts';

/**
 * The way in of a step of GitHub Actions; `action/index.js` is this file with all that it imports. The exit code starts as failing
 * and only `runAction` clears it, so that a crash, or work that never settles, ends as undecided.
 */
async function main(): Promise<void> {
  process.exitCode = UNDECIDED;
  const fail = (thrown: unknown) => {
    process.stderr.write(
      `no verdict was reached: ${thrown instanceof Error ? thrown.stack : String(thrown)}\n`,
    );
    process.exit(UNDECIDED);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  process.stdout.on('error', fail);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));
  const write = (text: string) => void process.stdout.write(text);
  process.exitCode = await runAction({ env: process.env, now: () => new Date(), write });
}

await main();
