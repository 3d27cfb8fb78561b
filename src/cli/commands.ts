import type { CommandEntry } from './command-line.ts';

/**
 * Every command by its words, in the order of the help. What it takes and does is loaded when it is called, so that the help, the
 * version and `refs` do not wait for rules and signing. A new command is its file and an entry here; CONTRIBUTING.md says what else it
 * brings.
 */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    about: 'Write a policy, an allow-list and a pipeline to begin with, from what this repository shows',
    isLight: true,
    load: async () => (await import('./init/init-command.ts')).initCommand,
  },
  {
    name: 'check [image..]',
    about: 'Judge images: name, signature, contents, configuration',
    takesInput: true,
    load: async () => (await import('./check-command.ts')).checkCommand,
  },
  {
    name: 'admit <image>',
    about: 'Let an image in on a signed verdict alone, without reading it',
    isLight: true,
    load: async () => (await import('./admit-command.ts')).admitCommand,
  },
  {
    name: 'promote <source> <target>',
    about: 'Judge an image and copy it to another repository, the tag last',
    load: async () => (await import('./promote-command.ts')).promoteCommand,
  },
  {
    name: 'inspect <image>',
    about: 'Show what an image is: digest, platforms, configuration, layers, files',
    load: async () => (await import('./inspect-command.ts')).inspectCommand,
  },
  {
    name: 'refs [path..]',
    about: 'List the images that files name, and judge the names; nothing is sent anywhere',
    takesInput: true,
    isLight: true,
    load: async () => (await import('./refs-command.ts')).refsCommand,
  },
  {
    name: 'hook <action>',
    about: 'Let git judge the names in files before it commits or pushes',
    isLight: true,
    load: async () => (await import('./hook-command.ts')).hookCommand,
  },
  {
    name: 'explain <subject>',
    about: 'Say what a rule or check looks for, or which line of the policy decides of an image',
    isLight: true,
    load: async () => (await import('./explain-command.ts')).explainCommand,
  },
  {
    name: 'docker <action>',
    about: 'Make docker pratique check and docker pratique push of this program',
    load: async () => (await import('./docker-command.ts')).dockerCommand,
  },
  {
    name: 'allow <action> [name..]',
    about: 'List, try, look over, extend or import the names that the policy allows',
    takesInput: true,
    isLight: true,
    load: async () => (await import('./allow-command.ts')).allowCommand,
  },
  {
    name: 'export <form>',
    about: 'Say what the policy demands of verdicts in the words of another admission controller',
    isLight: true,
    load: async () => (await import('./export-command.ts')).exportCommand,
  },
  {
    name: 'serve',
    about: 'Answer the admission reviews of a Kubernetes cluster, and the events of a registry',
    load: async () => (await import('./serve-command.ts')).serveCommand,
  },
  {
    name: 'sweep [image..]',
    about: 'Judge many images: of a registry, a list, a cluster',
    takesInput: true,
    load: async () => (await import('./sweep-command.ts')).sweepCommand,
  },
  {
    name: 'worker',
    about: 'Judge images that pratique sweep puts into a queue',
    load: async () => (await import('./worker-command.ts')).workerCommand,
  },
  {
    name: 'trust [action]',
    about: 'Show the trust roots in use and their age, or refresh them',
    load: async () => (await import('./trust-command.ts')).trustCommand,
  },
  {
    name: 'completion <shell>',
    about: 'Print a script that completes commands, options, formats and ids',
    isLight: true,
    load: async () => (await import('./completion/completion-command.ts')).completionCommand(COMMANDS),
  },
  {
    name: 'demo',
    about: 'See the gate at work: three images, three verdicts; no network, no set-up',
    load: async () => (await import('./demo-command.ts')).demoCommand,
  },
];
