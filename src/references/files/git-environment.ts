/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Git sets these for its hooks, where they would outvote the folder that is asked about. */
const OF_A_HOOK: readonly string[] = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_COMMON_DIR',
  'GIT_INDEX_FILE',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_NAMESPACE',
  'GIT_PREFIX',
];

/**
 * An environment in which git looks at the folder it is started in, writes nothing and asks nobody: in a partial clone it would
 * fetch what is missing, with the programs that the repository's settings name for that.
 * @see git(1), "Environment Variables"; git-rev-parse(1), `--local-env-vars`
 */
export function quietGit(env: Environment): Environment {
  const kept = Object.entries(env).filter(([name]) => !OF_A_HOOK.includes(name));
  return quietHook(Object.fromEntries(kept));
}

/**
 * The same in which a hook's variables hold: with `git commit --all`, or of some files only, what is committed stands in an index
 * of its own (`GIT_INDEX_FILE`), and the repository's index holds another text.
 */
export function quietHook(env: Environment): Environment {
  return {
    ...env,
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1', // since git 2.44; before it, no protocol is left to fetch by
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_REPLACE_OBJECTS: '1', // what stands in for an object here is not what others get
    LC_ALL: 'C',
  };
}

/**
 * An environment in which filters of files (`filter.NAME.clean`) do nothing: they are programs that a repository's settings name,
 * and comparing a file with a commit would start them. Files then differ rather too often than too seldom.
 * @param settings names of settings below `filter.`
 * @see gitattributes(5), "filter"; git-config(1), `GIT_CONFIG_COUNT`
 */
export function withoutFilters(env: Environment, settings: readonly string[]): Environment {
  const drivers = new Set(settings.map((name) => name.slice(0, name.lastIndexOf('.'))));
  const first = Number(env['GIT_CONFIG_COUNT'] ?? 0) || 0;
  const pairs = [...drivers].flatMap((driver) => [
    [`${driver}.clean`, ''],
    [`${driver}.smudge`, ''],
    [`${driver}.process`, ''],
    [`${driver}.required`, 'false'],
  ]);
  const added = pairs.flatMap(([name, value], index) => [
    [`GIT_CONFIG_KEY_${first + index}`, name],
    [`GIT_CONFIG_VALUE_${first + index}`, value],
  ]);
  return { ...env, ...Object.fromEntries(added), GIT_CONFIG_COUNT: String(first + pairs.length) };
}
