/** How the words of a name are put together: `DROPBOX_SIGN`, `dropbox-sign`, `dropbox.sign`, "Dropbox Sign", `dropboxSign`. */
const JOINTS = ['_', '-', '.', ' ', ''];
/** What goes on with a name that is cut off behind a sign, where the words are written as one: `zoomClientSecret`. */
const NEXT_WORDS = ['api', 'key', 'token', 'secret', 'client', 'access', 'auth', 'app'];
const JOINT = /[_. -]/;
const CUT_OFF = /[a-z0-9][_-]$/;

/** The ways in which settings and programs write a name; small letters, as the case is not looked at. */
export function spellingsOf(name: string): readonly string[] {
  const words = name.split(JOINT).filter((word) => word !== '');
  if (!/^[a-z0-9]/.test(name)) return [name];
  const whole = JOINTS.map((joint) => words.join(joint));
  const ends = CUT_OFF.test(name) ? ['_', '-', ...NEXT_WORDS] : [''];
  const all = whole.flatMap((stem) => ends.map((end) => `${stem}${end}`));
  return [...new Set([name, ...all])].filter((one) => one.length >= 4);
}

/** Source of an expression for all of them. */
export function spellingSource(name: string): string {
  if (!/^[a-z0-9]/.test(name)) return escapeText(name);
  const words = name.split(JOINT).filter((word) => word !== '');
  const stem = words.map(escapeText).join('[_. -]?');
  if (CUT_OFF.test(name)) return `${stem}(?:[_-]|(?=${NEXT_WORDS.join('|')}))`;
  return JOINT.test(name.slice(-1)) ? `${stem}${escapeText(name.slice(-1))}` : stem;
}

/** A text as an expression that matches it and nothing else. */
export function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
