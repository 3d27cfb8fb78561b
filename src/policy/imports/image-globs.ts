import { type ImagePattern, parseImagePattern } from '../../model/image-pattern.ts';

/** What a glob comes to in patterns, and why that is not all of it. */
export interface GlobPatterns {
  readonly patterns: readonly ImagePattern[];
  /** clause that goes on behind the glob */
  readonly remark?: string;
}

/**
 * Patterns for a glob of the policy-controller, in which `*` stands for any text without a slash (tag and digest too) and `**` for
 * any text. It is held against the whole name with its tag, `latest` where there is none, or its digest.
 * @see policy-controller, pkg/apis/glob/glob.go
 */
export function patternsOfGlob(glob: string): GlobPatterns {
  if (glob === '*') return parsed(['docker.io/library/*']);
  if (glob === '*/*') return parsed(['docker.io/*/*']);
  if (glob === '**') return parsed(['**']);
  const path = glob.split('/');
  const last = path.pop() ?? '';
  const above = path.map((part) => (part === '**' ? ['*', '**'] : [part]));
  if (path.some((part) => part !== '**' && part.includes('**')) || path[0]?.includes('**'))
    return { patterns: [], remark: 'is not carried over: ** stands beside other text, or for the host' };
  const [name = '', version] = splitVersion(last);
  const prefix = above.flat();
  const written = (ending: string) => [...prefix, ending].join('/');
  const isStarredHost = path[0]?.includes('*') === true;
  const remark = isStarredHost
    ? 'is carried over with a star for one label of the host: it also stands for several'
    : undefined;
  if (version !== undefined) {
    if (name.includes('**')) return { patterns: [], remark: 'is not carried over: ** stands before a tag' };
    if (version.startsWith('@') && version.includes('*'))
      return { patterns: [], remark: 'is not carried over: no pattern stands for any digest' };
    return parsed([written(`${name}${version.replaceAll(/\*+/g, '*')}`)], remark);
  }
  if (last === '**') return parsed([written('**')], remark);
  if (last.endsWith('**') && !last.slice(0, -2).includes('**')) {
    const start = last.slice(0, -1);
    return parsed([written(start), written(`${start}/**`)], remark);
  }
  if (last.includes('**'))
    return { patterns: [], remark: 'is not carried over: ** stands beside other text' };
  // A star at the end takes the tag in; without one only the image that has no tag, or latest, is called so.
  return parsed([written(last.endsWith('*') ? last : `${last}:latest`)], remark);
}

function splitVersion(last: string): readonly [string, string?] {
  const at = last.search(/[:@]/);
  return at < 0 ? [last] : [last.slice(0, at), last.slice(at)];
}

function parsed(texts: readonly string[], remark?: string): GlobPatterns {
  try {
    return { patterns: texts.map(parseImagePattern), ...(remark === undefined ? {} : { remark }) };
  } catch {
    return { patterns: [], remark: 'is not carried over: no image can have such a name' };
  }
}
