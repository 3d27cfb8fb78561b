import { renderInspection } from '../report/inspect.ts';
import type { Command } from './command-line.ts';
import { one, policyOption, reachOptions } from './common-options.ts';
import { ADMITTED, type ExitCode } from './exit-code.ts';
import { withOpenedImage } from './opened-image.ts';

/** `pratique inspect IMAGE`: what the image is, judged by nobody. */
export const inspectCommand: Command = {
  options: (parser) =>
    reachOptions(policyOption(parser))
      .positional('image', { type: 'string', describe: 'As for check' })
      .option('files', {
        type: 'boolean',
        describe: 'Also the merged filesystem, as a container would see it',
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        choices: ['text', 'json'],
        describe: 'text or json',
      })
      .example('$0 inspect nginx:1.27 --platform linux/amd64 --files -o json', 'every file with its sha256'),
  run: (options, terminal) =>
    withOpenedImage<ExitCode>(options, terminal, async ({ policy, platforms, source, custom, findBase }) => {
      const files = options['files'] === true;
      const { inspectImage } = await import('../inspect-image.ts'); // as the gate in check
      const inspection = await inspectImage(source, {
        platforms,
        files,
        limits: policy.limits,
        ...(custom && { custom }),
        ...(policy.bases.length > 0 && { findBase }),
      });
      const format = one(options, 'output') === 'json' ? 'json' : 'text';
      terminal.out.write(renderInspection(inspection, { format, width: terminal.out.columns }));
      return ADMITTED;
    }),
};
