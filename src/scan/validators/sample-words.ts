/** Words of which passwords in documentation are made, alone or together. */
const SAMPLE_WORDS = new RegExp(
  `^(?:${(
    'my your the this is a an some any user admin root test testing pass passwd password passphrase ' +
    'secret token key api apikey auth value here change changeme new old strong super top very long random ' +
    'secure private hidden default sample example demo dummy fake foo bar baz db database login welcome guest ' +
    'invalid wrong bad good real correct empty none null not set un required optional enter insert put string text ' +
    'name hash ed plain encrypted encoded client server service account app application access refresh ' +
    'session id basic bearer public only and or of to in for with'
  )
    .split(' ')
    .join('|')})+$`,
);
const LEET: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't' };

/** Longest text that is tried. */
const MOST_LETTERS = 48;

/** Whether a password is made of words that samples use, read without case, digits for letters, signs, and digits at its end. */
export function isMadeOfSampleWords(password: string): boolean {
  if (password.length > MOST_LETTERS) return false;
  const bare = password.toLowerCase().replace(/[0-9!?.#*_-]{1,40}$/, '');
  const words = bare.replace(/[^a-z$]/g, (sign) => LEET[sign] ?? '');
  return bare === '' || SAMPLE_WORDS.test(words);
}
