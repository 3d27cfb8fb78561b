/** Folders that hold what others wrote, what explains, and what is only there to be tried out. */
const OTHERS = [
  'node_modules|bower_components|jspm_packages|site-packages|dist-packages|vendor|vendored|third[_-]?party|gems|pkg/mod',
  String.raw`\.(?:m2|gradle|cargo|npm|yarn|pnpm-store|nuget|cache|venv|virtualenv|tox|git)|venv|__pycache__`,
  'usr/(?:local/)?(?:share|lib|lib32|lib64|libexec|include)|lib|lib64|opt/(?:java|conda|homebrew)|var/lib|proc|sys',
  'tests?|__tests__|testing|testdata|test[_-]?resources|specs?|__mocks__|mocks?|fixtures?|e2e|cypress',
  'examples?|samples?|demos?|docs?|documentation|man|locales?|i18n|l10n|translations|snippets|tutorials?',
].join('|');
/** Files that are built, counted or tried out. */
const BUILT = String.raw`[.-]min\.[a-z]{1,4}|[.-](?:lock|test|spec|stories|examples?|bundle|chunk)\.[a-z]{1,4}|(?:^|/)test_[^/]{1,80}|_test\.[a-z]{1,4}|(?:^|/)(?:package-lock|npm-shrinkwrap|composer|installed)\.json|[.-][0-9a-f]{8,20}\.[a-z]{1,4}`;
const PROGRAMS =
  '[cm]?[jt]sx?|py|rb|php|java|kts?|scala|groovy|gradle|go|rs|cs|vb|fs|swift|mm?|cc?|hh?|[ch]pp|p[lm]|lua|sh|bash|ps1|psm1|bat|cmd|sql|exs?|erl|clj[cs]?|dart|vue|svelte|json[5c]?|hcl|tf|tpl|j2|erb|jsp|aspx?|cshtml';

/** Programs that are neither a dependency, nor a test, nor made by a tool: what the image is there for. By path. */
export const IN_OWN_PROGRAMS = new RegExp(
  `^(?!(?:.*/)?(?:${OTHERS})/|.*(?:${BUILT})$).*\\.(?:${PROGRAMS})$`,
  'i',
);
